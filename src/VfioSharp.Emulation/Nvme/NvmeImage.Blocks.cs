using VfioSharp.Nvme.Specification;

namespace VfioSharp.Emulation.Nvme;

// What commands do with the blocks. Ranges lie within the image; the status is the one that the driver is told.
public sealed partial class NvmeImage
{
    private static readonly byte[] Zeroes = new byte[1 << 16];

    /// <summary>Moves blocks into the driver's memory.</summary>
    internal NvmeStatus Read(FunctionHost host, long offset, ReadOnlySpan<MemorySegment> segments) => OfRead(_file.Read(host, offset, segments));

    /// <summary>Reads blocks.</summary>
    internal NvmeStatus Read(long offset, Span<byte> destination) => OfRead(_file.Read(offset, destination));

    /// <summary>Moves blocks out of the driver's memory.</summary>
    internal NvmeStatus Write(FunctionHost host, long offset, ReadOnlySpan<MemorySegment> segments) =>
        IsReadOnly ? StatusCode.NamespaceWriteProtected : OfWrite(_file.Write(host, offset, segments));

    /// <summary>Waits until everything that was written is on the disk.</summary>
    internal NvmeStatus Flush()
    {
        if (IsReadOnly)
            return NvmeStatus.Success;
        // The kernel tells of pages that it could not write once, and forgets them: a second try would succeed without them.
        if (!_hasLostWrites && _file.Synchronize() != Errno.None)
            Volatile.Write(ref _hasLostWrites, true);
        return _hasLostWrites ? NvmeStatus.Final(StatusCode.WriteFault) : NvmeStatus.Success;
    }

    /// <summary>
    /// Makes holes of blocks, where the file system knows such; elsewhere they stay as they are, since deallocation is a wish (NVM Command Set
    /// 1.0, 3.2.3.2).
    /// </summary>
    internal NvmeStatus Deallocate(long offset, long lengthInBytes)
    {
        if (IsReadOnly)
            return StatusCode.NamespaceWriteProtected;
        var errno = _file.PunchHole(offset, lengthInBytes);
        return errno is Errno.EOPNOTSUPP or Errno.ENOSYS ? NvmeStatus.Success : OfWrite(errno);
    }

    /// <summary>Makes zeroes of blocks.</summary>
    /// <param name="offset">The first byte.</param>
    /// <param name="lengthInBytes">How many.</param>
    /// <param name="deallocates">Whether they may become holes.</param>
    internal NvmeStatus WriteZeroes(long offset, long lengthInBytes, bool deallocates)
    {
        if (IsReadOnly)
            return StatusCode.NamespaceWriteProtected;
        var errno = deallocates ? _file.PunchHole(offset, lengthInBytes) : _file.ZeroRange(offset, lengthInBytes);
        if (errno is not (Errno.EOPNOTSUPP or Errno.ENOSYS))
            return OfWrite(errno);
        errno = Errno.None;
        for (var done = 0L; done < lengthInBytes && errno == Errno.None; done += Zeroes.Length)
            errno = _file.Write(offset + done, Zeroes.AsSpan(0, (int)Math.Min(Zeroes.Length, lengthInBytes - done)));
        return OfWrite(errno);
    }

    /// <summary>Forgets everything, for a Format NVM (NVMe Base 2.0, 5.14): all blocks are zeroes, of another length perhaps.</summary>
    /// <param name="blockSizeInBytes">How long they are from now on.</param>
    /// <returns>The status; where it is no success the blocks are as long as before, and what is in them cannot be said.</returns>
    internal NvmeStatus Format(int blockSizeInBytes)
    {
        NvmeImageOptions.CheckBlockSize(blockSizeInBytes);
        if (SizeInBytes < blockSizeInBytes)
            return NvmeStatus.Final(StatusCode.InvalidFormat);
        var status = WriteZeroes(0, SizeInBytes, deallocates: true);
        if (status.IsSuccess)
            status = Flush();
        if (status.IsSuccess)
            Volatile.Write(ref _blockSizeInBytes, blockSizeInBytes);
        return status;
    }

    private static NvmeStatus OfRead(Errno errno) => errno switch
    {
        Errno.None => NvmeStatus.Success,
        Errno.EFAULT => StatusCode.DataTransferError,
        Errno.ENOMEM => StatusCode.InternalError,
        _ => StatusCode.UnrecoveredReadError,
    };

    private static NvmeStatus OfWrite(Errno errno) => errno switch
    {
        Errno.None => NvmeStatus.Success,
        Errno.EFAULT => StatusCode.DataTransferError,
        Errno.ENOMEM => StatusCode.InternalError,
        // The disk behind the file is full, as that of a namespace which is provisioned thinly.
        Errno.ENOSPC or Errno.EDQUOT => StatusCode.CapacityExceeded,
        Errno.EROFS => StatusCode.NamespaceWriteProtected,
        _ => StatusCode.WriteFault,
    };
}
