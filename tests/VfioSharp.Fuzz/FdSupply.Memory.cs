using VfioSharp.Native;

namespace VfioSharp.Fuzz;

// The memory of the conversation, as who made it sees it: an address means the byte of the file that its low bits say, so that the same byte is met
// where the memory is mapped and where it is reached by messages.
internal sealed unsafe partial class FdSupply
{
    /// <summary>How long <see cref="FdKind.Memory"/> is when a conversation begins; a power of two.</summary>
    public const int MemoryLengthInBytes = 1 << 20;

    private long _memoryLengthInBytes;

    /// <summary>Where an address lies in the memory.</summary>
    public static long PlaceOf(ulong address) => (long)(address & (MemoryLengthInBytes - 1));

    /// <summary>Makes <see cref="FdKind.Memory"/> shorter or longer under whoever has mapped it.</summary>
    public void SetMemoryLength(long lengthInBytes)
    {
        Check(Libc.ftruncate(this[FdKind.Memory], lengthInBytes) == 0, "resize a memfd");
        _memoryLengthInBytes = lengthInBytes;
    }

    /// <summary>Reads it; zeros from its end on.</summary>
    public byte[] ReadMemory(ulong address, int lengthInBytes)
    {
        var bytes = new byte[lengthInBytes];
        fixed (byte* start = bytes)
            Check(Libc.pread(this[FdKind.Memory], start, (nuint)lengthInBytes, PlaceOf(address)) >= 0, "read a memfd");
        return bytes;
    }

    /// <summary>Writes it, up to its end.</summary>
    public void WriteMemory(ulong address, ReadOnlySpan<byte> bytes)
    {
        var room = Math.Max(0, Math.Min(bytes.Length, _memoryLengthInBytes - PlaceOf(address)));
        fixed (byte* start = bytes)
            Check(Libc.pwrite(this[FdKind.Memory], start, (nuint)room, PlaceOf(address)) >= 0, "write a memfd");
    }
}
