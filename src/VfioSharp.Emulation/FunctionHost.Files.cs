using System.Buffers;
using System.Runtime.InteropServices;
using VfioSharp.Native;

namespace VfioSharp.Emulation;

// Bytes between a file and the host's memory. A host whose memory is mapped here lets the kernel move them, which answers EFAULT where a load would raise a
// signal; what is below serves every other.
public abstract partial class FunctionHost
{
    private const int BounceInBytes = 1 << 16;

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
