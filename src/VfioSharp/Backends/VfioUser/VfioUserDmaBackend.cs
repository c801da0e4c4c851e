using System.Runtime.InteropServices;
using VfioSharp.Backends.VfioUser.Wire;
using VfioSharp.Dma;

namespace VfioSharp.Backends.VfioUser;

/// <summary>
/// The I/O address space of a function that another process serves: the server is told what is mapped (docs/interop/vfio-user.rst,
/// "VFIO_USER_DMA_MAP", "VFIO_USER_DMA_UNMAP"). Where a file backs the memory the server gets it and reaches the memory by itself; otherwise, or where the server takes
/// no descriptors, it asks for each access by a message. It belongs to one connection and cannot be shared with another's device.
/// </summary>
/// <remarks>
/// When the connection has ended, unmapping succeeds: nothing is served any more, and what a server still has mapped is the file, whose pages outlive
/// the mapping here.
/// </remarks>
internal sealed class VfioUserDmaBackend(VfioUserConnection connection) : DmaBackend
{
    private static readonly IovaRange[] Everything = [new IovaRange(new Iova(0), new Iova(ulong.MaxValue))];

    /// <inheritdoc/>
    public override ulong GetPageSizes() => connection.PageSizes;

    /// <inheritdoc/>
    public override IReadOnlyList<IovaRange> GetRanges() => Everything;

    /// <inheritdoc/>
    public override uint? GetAvailableMappings() =>
        (uint)Math.Min(uint.MaxValue, connection.MostDmaMappings - Math.Min(connection.MostDmaMappings, (ulong)connection.Memory.Count));

    /// <inheritdoc/>
    public override void Map(Iova iova, nuint address, ulong lengthInBytes, DmaAccess access, SafeHandle? file, ulong fileOffset)
    {
        var operation = $"map {ByteText.Size(lengthInBytes)} for DMA at IOVA {iova}";
        if ((ulong)connection.Memory.Count >= connection.MostDmaMappings)
            throw new VfioException(
                operation, connection.Device, Errno.ENOSPC, $"the server takes {connection.MostDmaMappings} mappings (max_dma_maps), and has them.");
        // Before the server knows of it: it may ask for the memory before it has replied.
        var range = new DmaRange(iova.Value, iova.Value + (lengthInBytes - 1), address, access);
        if (!connection.Memory.TryAdd(range))
            throw new VfioException(operation, connection.Device, Errno.EEXIST, "the IOVAs, or some of them, are mapped already.");
        var isMapped = false;
        try
        {
            var errno = SendMap(operation, range, file, fileOffset);
            if (errno != Errno.None)
                throw new VfioException(operation, connection.Device, errno, Advise(errno));
            isMapped = true;
        }
        finally
        {
            if (!isMapped)
                connection.Memory.Remove(range);
        }

        if (connection.Memory.Count == 1)
            connection.TakeCommandsAtOnce(true);
    }

    /// <inheritdoc/>
    public override ulong Unmap(Iova iova, ulong lengthInBytes)
    {
        var end = iova.Value + (lengthInBytes - 1);
        var ranges = connection.Memory.Find(iova.Value, end);
        foreach (var range in ranges)
        {
            if (range.Start < iova.Value || range.End > end)
                throw new VfioException($"unmap the IOVAs {iova}-{new Iova(end)}", connection.Device, Errno.EINVAL, "the range would cut a mapping in two.");
        }

        return Unmap(ranges);
    }

    /// <inheritdoc/>
    public override ulong UnmapAll() => Unmap(connection.Memory.Find(0, ulong.MaxValue));

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        // The connection ends before the address space does, and with it what the server could ask for.
        foreach (var range in connection.Memory.Find(0, ulong.MaxValue))
            connection.Memory.Remove(range);
    }

    // One by one, as they were mapped: servers know no other ranges (libvfio-user, lib/dma.c, dma_controller_remove_region).
    private ulong Unmap(DmaRange[] ranges)
    {
        ulong unmapped = 0;
        foreach (var range in ranges)
        {
            SendUnmap(range);
            connection.Memory.Remove(range);
            unmapped += range.LengthInBytes;
        }

        if (connection.Memory.Count == 0)
            connection.TakeCommandsAtOnce(false);
        return unmapped;
    }

    private Errno SendMap(string operation, DmaRange range, SafeHandle? file, ulong fileOffset)
    {
        var request = new DmaMapMessage
        {
            ArgumentSize = DmaMapMessage.SizeInBytes,
            Flags = ((range.Access & DmaAccess.Read) != 0 ? DmaMapMessage.FlagRead : 0) | ((range.Access & DmaAccess.Write) != 0 ? DmaMapMessage.FlagWrite : 0),
            Address = range.Start,
            Size = range.LengthInBytes,
        };
        if (file is null || connection.MostFdsToServer == 0)
            return Ask(operation, VfioUserCommand.DmaMap, request, [], (0, DmaMapMessage.SizeInBytes));
        request.Offset = fileOffset;
        var isHeld = false;
        try
        {
            file.DangerousAddRef(ref isHeld);
            return Ask(operation, VfioUserCommand.DmaMap, request, [(int)file.DangerousGetHandle()], (0, DmaMapMessage.SizeInBytes));
        }
        finally
        {
            if (isHeld)
                file.DangerousRelease();
        }
    }

    private void SendUnmap(DmaRange range)
    {
        if (connection.End is not null)
            return;
        var operation = $"unmap the IOVAs {new Iova(range.Start)}-{new Iova(range.End)}";
        var request = new DmaUnmapMessage { ArgumentSize = DmaUnmapMessage.SizeInBytes, Address = range.Start, Size = range.LengthInBytes };
        try
        {
            var errno = Ask(operation, VfioUserCommand.DmaUnmap, request, [], (0, DmaUnmapMessage.SizeInBytes));
            if (errno != Errno.None)
                throw new VfioException(operation, connection.Device, errno, "the server holds on to the memory.");
        }
        catch (VfioUserException)
        {
            // It ended over this: see the remarks above.
        }
    }

    private Errno Ask<T>(string operation, VfioUserCommand command, T request, ReadOnlySpan<int> fds, (int Least, int Most) replyLengths)
        where T : unmanaged =>
        connection.Ask(operation, command, MemoryMarshal.AsBytes(MemoryMarshal.CreateReadOnlySpan(ref request, 1)), fds, replyLengths, out _);

    private static string? Advise(Errno errno) => errno switch
    {
        Errno.EEXIST => "the server has something mapped there that this program did not map.",
        Errno.ENOSPC => "the server takes no more mappings.",
        Errno.EINVAL => "the server takes neither this memory nor this range.",
        _ => null,
    };
}
