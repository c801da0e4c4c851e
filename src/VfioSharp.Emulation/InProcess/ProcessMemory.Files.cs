using System.Runtime.InteropServices;
using VfioSharp.Backends;
using VfioSharp.Mmio;
using VfioSharp.Native;

namespace VfioSharp.Emulation.InProcess;

// Files and memory of this process: the kernel moves the bytes.
internal sealed unsafe partial class ProcessMemory
{
    /// <summary>Writes memory for the function with what a file holds; as <see cref="FunctionHost.WriteMemoryFromFile"/>.</summary>
    public Errno WriteFromFile(SafeHandle file, long fileOffset, ReadOnlySpan<MemorySegment> segments) =>
        Move(file, fileOffset, segments, DmaAccess.Write);

    /// <summary>Reads memory for the function into a file; as <see cref="FunctionHost.ReadMemoryIntoFile"/>.</summary>
    public Errno ReadIntoFile(SafeHandle file, long fileOffset, ReadOnlySpan<MemorySegment> segments) =>
        Move(file, fileOffset, segments, DmaAccess.Read);

    /// <summary>Writes memory for the function with bytes at addresses of this process; as <see cref="FunctionHost.TryWriteMemoryFrom"/>.</summary>
    public bool TryWriteFrom(byte* source, ReadOnlySpan<MemorySegment> segments) => TryCopy(source, segments, DmaAccess.Write);

    /// <summary>Reads memory for the function into addresses of this process; as <see cref="FunctionHost.TryReadMemoryInto"/>.</summary>
    public bool TryReadInto(byte* destination, ReadOnlySpan<MemorySegment> segments) => TryCopy(destination, segments, DmaAccess.Read);

    private bool TryCopy(byte* own, ReadOnlySpan<MemorySegment> segments, DmaAccess access)
    {
        lock (_gate)
        {
            foreach (var segment in segments)
            {
                for (var done = 0; done < segment.LengthInBytes;)
                {
                    var iova = unchecked(segment.Iova + (ulong)done);
                    if (!TryFind(iova, access, segment.LengthInBytes - done, out var address, out var length)
                        || !(access == DmaAccess.Write ? GuardedCopy.TryCopy(address, own, length) : GuardedCopy.TryCopy(own, address, length)))
                    {
                        return false;
                    }

                    own += length;
                    done += length;
                }
            }

            return true;
        }
    }

    private Errno Move(SafeHandle file, long fileOffset, ReadOnlySpan<MemorySegment> segments, DmaAccess access)
    {
        using var held = new HeldFile(file);
        var room = Math.Min(segments.Length + 1, GatheredVectors.MostOnStack);
        var vectors = stackalloc Libc.IoVector[room];
        var gathered = new GatheredVectors(vectors, room, in held, fileOffset, access == DmaAccess.Write);
        lock (_gate)
        {
            foreach (var segment in segments)
            {
                for (var done = 0; done < segment.LengthInBytes;)
                {
                    var iova = unchecked(segment.Iova + (ulong)done);
                    if (!TryFind(iova, access, segment.LengthInBytes - done, out var address, out var length))
                        return Errno.EFAULT;
                    if (gathered.Add(address, length) is not Errno.None and var errno)
                        return errno;
                    done += length;
                }
            }

            return gathered.Move();
        }
    }
}
