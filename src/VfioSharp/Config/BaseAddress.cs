namespace VfioSharp.Config;

/// <summary>What a base address register decodes (PCI Express Base 7.5.1.2.1).</summary>
public enum BaseAddressKind
{
    /// <summary>Memory with a 32-bit address.</summary>
    Memory32,
    /// <summary>Memory with a 64-bit address, which takes two registers.</summary>
    Memory64,
    /// <summary>I/O ports.</summary>
    Io,
    /// <summary>An encoding of memory that is reserved.</summary>
    Reserved,
}

/// <summary>A base address register, decoded. Immutable.</summary>
/// <param name="Index">The BAR's number, which is its region's.</param>
/// <param name="Kind">What it decodes.</param>
/// <param name="IsPrefetchable">Whether reads have no side effects and writes may be merged.</param>
/// <param name="Address">The address on the bus; under VFIO a virtual one, which has no meaning for the program.</param>
public readonly record struct BaseAddress(int Index, BaseAddressKind Kind, bool IsPrefetchable, ulong Address)
{
    private const uint IoBit = 1;
    private const uint PrefetchableBit = 8;
    private const uint IoAddressMask = ~3u;
    private const uint MemoryAddressMask = ~15u;

    internal static IReadOnlyList<BaseAddress> Decode(ReadOnlySpan<uint> registers)
    {
        var decoded = new List<BaseAddress>();
        for (var index = 0; index < registers.Length; index++)
        {
            var register = registers[index];
            if (register == 0)
                continue;
            if ((register & IoBit) != 0)
            {
                decoded.Add(new BaseAddress(index, BaseAddressKind.Io, false, register & IoAddressMask));
                continue;
            }

            var first = index;
            ulong address = register & MemoryAddressMask;
            var kind = KindOf(register);
            // In the last register there is no room for an upper half: what claims to have one is broken.
            if (kind == BaseAddressKind.Memory64 && index == registers.Length - 1)
                kind = BaseAddressKind.Reserved;
            if (kind == BaseAddressKind.Memory64)
                address |= (ulong)registers[++index] << 32;
            decoded.Add(new BaseAddress(first, kind, (register & PrefetchableBit) != 0, address));
        }

        return decoded;
    }

    // Bits 2:1; 1 is memory below 1 MiB, which conventional PCI had.
    private static BaseAddressKind KindOf(uint register) => ((register >> 1) & 3) switch
    {
        0 or 1 => BaseAddressKind.Memory32,
        2 => BaseAddressKind.Memory64,
        _ => BaseAddressKind.Reserved,
    };
}
