using System.Runtime.InteropServices;
using VfioSharp.Mmio;
using VfioSharp.Native;

namespace VfioSharp.Emulation.VfioUser;

// Files and the client's memory: where that is mapped, the kernel moves the bytes; elsewhere they go through a buffer.
internal sealed partial class ConnectionHost
{
    /// <inheritdoc/>
    public override Errno WriteMemoryFromFile(SafeHandle file, long fileOffset, ReadOnlySpan<MemorySegment> segments) =>
        Move(file, fileOffset, segments, MappingAccess.Write);

    /// <inheritdoc/>
    public override Errno ReadMemoryIntoFile(SafeHandle file, long fileOffset, ReadOnlySpan<MemorySegment> segments) =>
        Move(file, fileOffset, segments, MappingAccess.Read);

    /// <inheritdoc/>
    internal override unsafe bool TryWriteMemoryFrom(byte* source, ReadOnlySpan<MemorySegment> segments) =>
        TryCopy(source, segments, MappingAccess.Write);

    /// <inheritdoc/>
    internal override unsafe bool TryReadMemoryInto(byte* destination, ReadOnlySpan<MemorySegment> segments) =>
        TryCopy(destination, segments, MappingAccess.Read);

    private unsafe bool TryCopy(byte* own, ReadOnlySpan<MemorySegment> segments, MappingAccess access)
    {
        CheckThread();
        foreach (var segment in segments)
        {
            for (var done = 0; done < segment.LengthInBytes;)
            {
                var iova = segment.Iova + (ulong)done;
                if (FindFor(iova, segment.LengthInBytes - done, access, out var length) is not { } map)
                    return false;
                var address = map.FindAddress(iova, length);
                if (address == null)
                    return false;
                if (access == MappingAccess.Write)
                    log.Mark(iova, length);
                if (!(access == MappingAccess.Write ? GuardedCopy.TryCopy(address, own, length) : GuardedCopy.TryCopy(own, address, length)))
                    return false;
                own += length;
                done += length;
            }
        }

        return true;
    }

    private unsafe Errno Move(SafeHandle file, long fileOffset, ReadOnlySpan<MemorySegment> segments, MappingAccess access)
    {
        CheckThread();
        using var held = new HeldFile(file);
        var room = Math.Min(segments.Length + 1, GatheredVectors.MostOnStack);
        var vectors = stackalloc Libc.IoVector[room];
        var gathered = new GatheredVectors(vectors, room, in held, fileOffset, access == MappingAccess.Write);
        foreach (var segment in segments)
        {
            for (var done = 0; done < segment.LengthInBytes;)
            {
                var iova = segment.Iova + (ulong)done;
                if (FindFor(iova, segment.LengthInBytes - done, access, out var length) is not { } map)
                    return Errno.EFAULT;
                if (access == MappingAccess.Write)
                    log.Mark(iova, length);
                var address = map.FindAddress(iova, length);
                var errno = address != null ? gathered.Add(address, length) : MoveByBuffer(file, ref gathered, new MemorySegment(iova, length), access);
                if (errno != Errno.None)
                    return errno;
                done += length;
            }
        }

        return gathered.Move();
    }

    // What is gathered goes first: while one waits for the client, memory comes and goes.
    private Errno MoveByBuffer(SafeHandle file, ref GatheredVectors gathered, MemorySegment segment, MappingAccess access)
    {
        if (gathered.Move() is not Errno.None and var failure)
            return failure;
        var one = MemoryMarshal.CreateReadOnlySpan(ref segment, 1);
        var errno = access == MappingAccess.Write
            ? base.WriteMemoryFromFile(file, gathered.FileOffset, one) : base.ReadMemoryIntoFile(file, gathered.FileOffset, one);
        gathered.Skip(segment.LengthInBytes);
        return errno;
    }
}
