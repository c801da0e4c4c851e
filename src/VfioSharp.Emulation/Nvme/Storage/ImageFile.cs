using VfioSharp.Native;

namespace VfioSharp.Emulation.Nvme.Storage;

/// <summary>
/// What an image asks of its file, one system call each. A file that is shorter than an image, since somebody cut it, ends the call with ENODATA:
/// nothing of it is touched without a guard, so that nothing raises a signal. Owns the descriptor and the mapping. Calls are made one at a time.
/// </summary>
/// <param name="file">The file.</param>
/// <param name="mapped">The file's memory, where the image is all of a file that lies in memory; otherwise null.</param>
/// <param name="partOffset">Where in the file offset 0 is, where the image is a part of it; null where it is all of it.</param>
internal unsafe class ImageFile(FileDescriptor file, MappedImage? mapped = null, long? partOffset = null) : IDisposable
{
    private const int SectorInBytes = 512;

    private readonly long _start = partOffset ?? 0;

    /// <summary>Moves blocks into the driver's memory.</summary>
    /// <returns>As <see cref="FunctionHost.WriteMemoryFromFile"/>.</returns>
    public virtual Errno Read(FunctionHost host, long offset, ReadOnlySpan<MemorySegment> segments)
    {
        // Whatever keeps the short way from being gone, the kernel has a name for.
        return mapped is not null && mapped.TryFindForRead(offset, Sum(segments), out var address) && host.TryWriteMemoryFrom(address, segments)
            ? Errno.None
            : host.WriteMemoryFromFile(file, _start + offset, segments);
    }

    /// <summary>Moves blocks out of the driver's memory.</summary>
    /// <returns>As <see cref="FunctionHost.ReadMemoryIntoFile"/>.</returns>
    public virtual Errno Write(FunctionHost host, long offset, ReadOnlySpan<MemorySegment> segments)
    {
        if (mapped is null)
            return host.ReadMemoryIntoFile(file, _start + offset, segments);
        var length = Sum(segments);
        if (mapped.TryFindForWrite(offset, length, out var address) && host.TryReadMemoryInto(address, segments))
            return Errno.None;
        mapped.Forget(offset, length);
        return host.ReadMemoryIntoFile(file, _start + offset, segments);
    }

    /// <summary>Reads bytes.</summary>
    public virtual Errno Read(long offset, Span<byte> destination)
    {
        using var held = new HeldFile(file);
        fixed (byte* bytes = destination)
            return FileTransfer.Read(held.Number, bytes, destination.Length, _start + offset);
    }

    /// <summary>Writes bytes.</summary>
    public virtual Errno Write(long offset, ReadOnlySpan<byte> source)
    {
        mapped?.Forget(offset, source.Length);
        using var held = new HeldFile(file);
        fixed (byte* bytes = source)
            return FileTransfer.Write(held.Number, bytes, source.Length, _start + offset);
    }

    /// <summary>Waits until what was written is on the disk.</summary>
    public virtual Errno Synchronize()
    {
        while (Libc.fdatasync(file) != 0)
        {
            if (Libc.LastErrno is not Errno.EINTR and var errno)
                return errno;
        }

        return Errno.None;
    }

    /// <summary>Makes a hole of a range, which then reads as zeroes.</summary>
    /// <returns>EOPNOTSUPP where the file system knows no holes.</returns>
    public virtual Errno PunchHole(long offset, long lengthInBytes) =>
        Allocate(Libc.FALLOC_FL_PUNCH_HOLE | Libc.FALLOC_FL_KEEP_SIZE, offset, lengthInBytes);

    /// <summary>Makes zeroes of a range, which keeps its room.</summary>
    /// <returns>EOPNOTSUPP where the file system cannot do that but by writing them.</returns>
    public virtual Errno ZeroRange(long offset, long lengthInBytes) =>
        Allocate(Libc.FALLOC_FL_ZERO_RANGE | Libc.FALLOC_FL_KEEP_SIZE, offset, lengthInBytes);

    /// <summary>Opens a part of the file, which keeps the file open, and locked, for itself.</summary>
    /// <exception cref="VfioException">No descriptor is left.</exception>
    public ImageFile OpenPart(long offset)
    {
        var copy = new FileDescriptor(Libc.fcntl(file, Libc.F_DUPFD_CLOEXEC, 0));
        if (!copy.IsInvalid)
            return new ImageFile(copy, mapped: null, _start + offset);
        var errno = Libc.LastErrno;
        copy.Dispose();
        throw new VfioException("divide an image", null, errno, EventFd.DescriptorAdvice(errno));
    }

    /// <summary>How much room the file takes; null where the kernel does not say, as it does not of a part.</summary>
    public long? GetAllocatedInBytes()
    {
        if (partOffset is not null)
            return null;
        Libc.FileStatus status;
        return Libc.statx(file, "", Libc.AT_EMPTY_PATH, Libc.STATX_BASIC_STATS, &status) == 0 ? (long)(status.BlockCount * SectorInBytes) : null;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Closes the file.</summary>
    protected virtual void Dispose(bool disposing)
    {
        mapped?.Dispose();
        file.Dispose();
    }

    private static long Sum(ReadOnlySpan<MemorySegment> segments)
    {
        var sum = 0L;
        foreach (var segment in segments)
            sum += segment.LengthInBytes;
        return sum;
    }

    private Errno Allocate(int mode, long offset, long lengthInBytes)
    {
        mapped?.Forget(offset, lengthInBytes);
        while (Libc.fallocate(file, mode, _start + offset, lengthInBytes) != 0)
        {
            if (Libc.LastErrno is not Errno.EINTR and var errno)
                return errno;
        }

        return Errno.None;
    }
}
