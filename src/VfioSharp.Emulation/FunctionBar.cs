namespace VfioSharp.Emulation;

/// <summary>A memory BAR of a function (PCI Express Base 7.5.1.2.1). Immutable.</summary>
public sealed record FunctionBar
{
    /// <summary>Describes a BAR.</summary>
    /// <param name="index">Its number, 0 to 5; a 64-bit BAR takes the next number too, so that it cannot be 5.</param>
    /// <param name="lengthInBytes">Its length: a power of two from 16 on; a 32-bit BAR ends at 2 GiB, a 64-bit one at 2^63.</param>
    /// <param name="is64Bit">Whether its address has 64 bit.</param>
    /// <param name="isPrefetchable">Whether reads have no side effects and stores may be merged.</param>
    /// <exception cref="ArgumentOutOfRangeException">The number or the length is none that a BAR can have.</exception>
    public FunctionBar(int index, ulong lengthInBytes, bool is64Bit = true, bool isPrefetchable = false)
    {
        if (index is < 0 or > 5 || (is64Bit && index == 5))
            throw new ArgumentOutOfRangeException(nameof(index), index, "A function has the BARs 0 to 5; the last cannot be one of 64 bit.");
        if (lengthInBytes < 16 || (lengthInBytes & (lengthInBytes - 1)) != 0 || lengthInBytes > (is64Bit ? 1ul << 63 : 1ul << 31))
        {
            throw new ArgumentOutOfRangeException(
                nameof(lengthInBytes), lengthInBytes, "The length of a BAR is a power of two: 16 bytes at least, 2 GiB at most with 32 bit, 2^63 with 64.");
        }

        Index = index;
        LengthInBytes = lengthInBytes;
        Is64Bit = is64Bit;
        IsPrefetchable = isPrefetchable;
    }

    /// <summary>The BAR's number.</summary>
    public int Index { get; }

    /// <summary>The length.</summary>
    public ulong LengthInBytes { get; }

    /// <summary>Whether its address has 64 bit.</summary>
    public bool Is64Bit { get; }

    /// <summary>Whether reads have no side effects and stores may be merged.</summary>
    public bool IsPrefetchable { get; }

    /// <summary>The type bits of the register (PCI Express Base 7.5.1.2.1, bits 3:0).</summary>
    internal uint TypeBits => (Is64Bit ? 4u : 0) | (IsPrefetchable ? 8u : 0);
}
