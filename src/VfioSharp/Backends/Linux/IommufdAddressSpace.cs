using System.Runtime.InteropServices;
using VfioSharp.Backends.Linux.Uapi;
using VfioSharp.Dma;
using VfioSharp.Native;

namespace VfioSharp.Backends.Linux;

/// <summary>An I/O address space of iommufd (an IOAS on its own /dev/iommu context), which devices opened by their character device share.</summary>
internal sealed class IommufdAddressSpace : DmaBackend
{
    /// <summary>The control file of iommufd.</summary>
    public const string ControlPath = "/dev/iommu";

    private const int MostRanges = 4096;

    private readonly uint _id;

    private IommufdAddressSpace(FileDescriptor file, uint id)
    {
        File = file;
        _id = id;
    }

    /// <summary>The iommufd context, to which devices are bound; this object's own.</summary>
    public FileDescriptor File { get; }

    /// <summary>The id of the address space in its context.</summary>
    public uint Id => _id;

    /// <summary>Opens a context with one empty address space.</summary>
    /// <exception cref="VfioException">iommufd is not there, or may not be opened.</exception>
    public static unsafe IommufdAddressSpace Open()
    {
        var file = Libc.open(ControlPath, Libc.O_RDWR | Libc.O_CLOEXEC);
        try
        {
            if (file.IsInvalid)
                throw OpenDiagnosis.ExplainFile(ControlPath, null, Libc.LastErrno);
            var request = new IommuIoasAlloc { Size = (uint)sizeof(IommuIoasAlloc) };
            if (Libc.ioctl(file, IommufdIoctl.IoasAlloc, &request) < 0)
                throw new VfioException("create an I/O address space", null, Libc.LastErrno);
            return new IommufdAddressSpace(file, request.IoasId);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    /// <remarks>
    /// iommufd tells the alignment that it wants, not which page sizes the tables know; an alignment below the host's page still pins
    /// whole pages, so that the host's page size is the smallest that makes sense.
    /// </remarks>
    public override ulong GetPageSizes()
    {
        AskForRanges([], out var alignment);
        return Math.Max(alignment, (ulong)Environment.SystemPageSize);
    }

    /// <inheritdoc/>
    public override IReadOnlyList<IovaRange> GetRanges()
    {
        var room = 16;
        while (room <= MostRanges)
        {
            var ranges = new IommuIovaRange[room];
            var count = AskForRanges(ranges, out _);
            if (count <= room)
            {
                return [.. ranges.Take(count).Where(range => range.Start <= range.Last)
                    .Select(range => new IovaRange(new Iova(range.Start), new Iova(range.Last)))];
            }

            room = count;
        }

        throw new VfioException("believe how many ranges of IOVAs there are", null, Errno.EOVERFLOW);
    }

    /// <inheritdoc/>
    public override uint? GetAvailableMappings() => null;

    /// <inheritdoc/>
    public override unsafe void Map(Iova iova, nuint address, ulong lengthInBytes, DmaAccess access, SafeHandle? file, ulong fileOffset)
    {
        var request = new IommuIoasMap
        {
            Size = (uint)sizeof(IommuIoasMap),
            Flags = IommuIoasMap.FlagFixedIova
                | ((access & DmaAccess.Read) != 0 ? IommuIoasMap.FlagReadable : 0)
                | ((access & DmaAccess.Write) != 0 ? IommuIoasMap.FlagWriteable : 0),
            IoasId = _id,
            UserAddress = address,
            Length = lengthInBytes,
            Iova = iova.Value,
        };
        if (Libc.ioctl(File, IommufdIoctl.IoasMap, &request) < 0)
            throw DmaFailure.OfMap(iova, lengthInBytes, Libc.LastErrno);
    }

    /// <inheritdoc/>
    public override ulong Unmap(Iova iova, ulong lengthInBytes) =>
        TryUnmap(iova.Value, lengthInBytes, out var unmapped) is var errno && errno is Errno.None or Errno.ENOENT
            ? unmapped
            : throw DmaFailure.OfUnmap(iova, lengthInBytes, errno);

    /// <inheritdoc/>
    public override ulong UnmapAll() =>
        TryUnmap(0, ulong.MaxValue, out var unmapped) is var errno && errno is Errno.None or Errno.ENOENT
            ? unmapped
            : throw DmaFailure.OfUnmapAll(errno);

    /// <inheritdoc/>
    protected override void Dispose(bool disposing) => File.Dispose();

    // ENOENT is how iommufd says that nothing was mapped in the range.
    private unsafe Errno TryUnmap(ulong iova, ulong lengthInBytes, out ulong unmapped)
    {
        var request = new IommuIoasUnmap { Size = (uint)sizeof(IommuIoasUnmap), IoasId = _id, Iova = iova, Length = lengthInBytes };
        var errno = Libc.ioctl(File, IommufdIoctl.IoasUnmap, &request) < 0 ? Libc.LastErrno : Errno.None;
        unmapped = errno == Errno.None ? request.Length : 0;
        return errno;
    }

    private unsafe int AskForRanges(Span<IommuIovaRange> ranges, out ulong alignment)
    {
        const Errno messageTooLong = (Errno)90;

        fixed (IommuIovaRange* destination = ranges)
        {
            var request = new IommuIoasIovaRanges
            {
                Size = (uint)sizeof(IommuIoasIovaRanges),
                IoasId = _id,
                Count = (uint)ranges.Length,
                RangesAddress = (ulong)destination,
            };
            var errno = Libc.ioctl(File, IommufdIoctl.IoasIovaRanges, &request) < 0 ? Libc.LastErrno : Errno.None;
            // EMSGSIZE: there are more than fit, and the count says how many.
            if (errno is not (Errno.None or messageTooLong) || request.Count > MostRanges)
                throw new VfioException("ask which IOVAs can be mapped", null, errno);
            alignment = request.Alignment;
            return (int)request.Count;
        }
    }
}
