using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using VfioSharp.Nvme.Specification;
using VfioSharp.Regions;

namespace VfioSharp.Nvme;

/// <summary>A part of the controller memory buffer, which holds a submission queue. It is device memory: reached through a window, and never read.</summary>
internal sealed class ControllerMemory(RegionWindow window, ulong offset, int lengthInBytes, ulong address)
{
    /// <summary>Where it begins in the buffer.</summary>
    public ulong Offset => offset;

    /// <summary>How long it is.</summary>
    public int LengthInBytes => lengthInBytes;

    /// <summary>The first byte as the controller addresses it, for PRP1 of Create I/O Submission Queue.</summary>
    public ulong Address => address;

    /// <summary>Writes an entry of a queue, in stores of 8 bytes.</summary>
    /// <param name="entryOffset">Where the entry lies in this part.</param>
    /// <param name="entry">The entry.</param>
    public void Write(uint entryOffset, in SubmissionEntry entry)
    {
        ref var copy = ref Unsafe.AsRef(in entry);
        var bytes = MemoryMarshal.AsBytes(MemoryMarshal.CreateSpan(ref copy, 1));
        window.WriteBlock(offset + entryOffset, bytes, sizeof(ulong));
    }

    /// <summary>Makes what was written go out before a doorbell does, where the machine holds stores to device memory back.</summary>
    public void Flush() => window.FlushWrites();
}
