using System.Buffers;
using System.Runtime.InteropServices;
using VfioSharp.Native;

namespace VfioSharp.Emulation;

// Bytes between a file and the host's memory. A host whose memory is mapped here lets the kernel move them, which answers EFAULT where a load would raise a
// signal; what is below serves every other.
public abstract partial class FunctionHost
{
    private const int BounceInBytes = 1 << 16;

    /// <summary>
    /// Writes the host's memory with bytes that lie in this process's addresses, of which any may vanish: a mapped file that somebody cuts short.
    /// </summary>
    /// <param name="source">The first of them.</param>
    /// <param name="segments">Where the bytes go, in order.</param>
    /// <returns>False where this host's memory is not mapped here, or a byte on either side is not there; some may have been written then.</returns>
    internal virtual unsafe bool TryWriteMemoryFrom(byte* source, ReadOnlySpan<MemorySegment> segments) => false;

    /// <summary>Reads the host's memory into addresses of this process, of which any may vanish: a mapped file that somebody cuts short.</summary>
    /// <param name="destination">The first of them.</param>
    /// <param name="segments">Where the bytes are, in order.</param>
    /// <returns>False where this host's memory is not mapped here, or a byte on either side is not there; some may have been read then.</returns>
    internal virtual unsafe bool TryReadMemoryInto(byte* destination, ReadOnlySpan<MemorySegment> segments) => false;

    /// <summary>Writes the host's memory with what a file holds.</summary>
    /// <param name="file">A file that can be read at an offset; it stays the caller's.</param>
    /// <param name="fileOffset">The first byte in the file, not negative.</param>
    /// <param name="segments">Where the bytes go, in order. Their lengths together are how many there are.</param>
    /// <returns>
    /// <see cref="Errno.None"/>; EFAULT where any of the memory is not mapped for the device to write; ENODATA where the file ends before; otherwise what
    /// pread(2) answers. Any part of the memory may have been written then.
    /// </returns>
    public virtual unsafe Errno WriteMemoryFromFile(SafeHandle file, long fileOffset, ReadOnlySpan<MemorySegment> segments)
    {
        using var held = new HeldFile(file);
        var bounce = ArrayPool<byte>.Shared.Rent(BounceInBytes);
        try
        {
            foreach (var segment in segments)
            {
                for (var done = 0; done < segment.LengthInBytes;)
                {
                    var piece = bounce.AsSpan(0, Math.Min(bounce.Length, segment.LengthInBytes - done));
                    fixed (byte* bytes = piece)
                    {
                        if (FileTransfer.Read(held.Number, bytes, piece.Length, fileOffset) is not Errno.None and var errno)
                            return errno;
                    }

                    if (!WriteMemory(segment.Iova + (ulong)done, piece))
                        return Errno.EFAULT;
                    done += piece.Length;
                    fileOffset += piece.Length;
                }
            }

            return Errno.None;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(bounce);
        }
    }

    /// <summary>Reads the host's memory into a file.</summary>
    /// <param name="file">A file that can be written at an offset; it stays the caller's.</param>
    /// <param name="fileOffset">The first byte in the file, not negative.</param>
    /// <param name="segments">Where the bytes are, in order. Their lengths together are how many there are.</param>
    /// <returns>
    /// <see cref="Errno.None"/>; EFAULT where any of the memory is not mapped for the device to read; otherwise what pwrite(2) answers. Any
    /// part of the file's range may have been written then.
    /// </returns>
    public virtual unsafe Errno ReadMemoryIntoFile(SafeHandle file, long fileOffset, ReadOnlySpan<MemorySegment> segments)
    {
        using var held = new HeldFile(file);
        var bounce = ArrayPool<byte>.Shared.Rent(BounceInBytes);
        try
        {
            foreach (var segment in segments)
            {
                for (var done = 0; done < segment.LengthInBytes;)
                {
                    var piece = bounce.AsSpan(0, Math.Min(bounce.Length, segment.LengthInBytes - done));
                    if (!ReadMemory(segment.Iova + (ulong)done, piece))
                        return Errno.EFAULT;
                    fixed (byte* bytes = piece)
                    {
                        if (FileTransfer.Write(held.Number, bytes, piece.Length, fileOffset) is not Errno.None and var errno)
                            return errno;
                    }

                    done += piece.Length;
                    fileOffset += piece.Length;
                }
            }

            return Errno.None;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(bounce);
        }
    }
}
