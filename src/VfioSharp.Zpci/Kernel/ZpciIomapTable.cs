using VfioSharp.Emulation;
using VfioSharp.Zpci.Machine;

namespace VfioSharp.Zpci.Kernel;

/// <summary>
/// zpci_iomap (arch/s390/pci/pci.c, arch/s390/include/asm/pci_io.h): without MIO the kernel's "addresses" of PCI memory are cookies, bit 62
/// with the number of an entry of this table in bits 48 to 61 and the offset in the low 48 bits; that is why a BAR has 256 TiB at most.
/// </summary>
internal sealed class ZpciIomapTable
{
    /// <summary>ZPCI_IOMAP_ADDR_BASE.</summary>
    public const ulong AddressBase = 1ul << 62;

    private const int Shift = 48;
    private const ulong OffsetMask = (1ul << Shift) - 1;
    private const int MostEntries = 1 << (62 - Shift);

    private readonly List<(ZpciFunction Function, int Bar)> _entries = [];

    /// <summary>ZPCI_ADDR(zpci_alloc_iomap()): takes an entry for a BAR.</summary>
    /// <returns>The cookie of the BAR's first byte.</returns>
    /// <exception cref="ArgumentException">The BAR is larger than a cookie can say, or there is no entry left.</exception>
    public ulong Allocate(ZpciFunction function, FunctionBar bar)
    {
        if (bar.LengthInBytes > OffsetMask + 1)
            throw new ArgumentException($"BAR {bar.Index} is larger than the 256 TiB that Linux can address on s390.", nameof(bar));
        if (_entries.Count == MostEntries)
            throw new ArgumentException("The kernel has no entry left for another BAR.", nameof(bar));
        _entries.Add((function, bar.Index));
        return AddressBase | (ulong)(_entries.Count - 1) << Shift;
    }

    /// <summary>ZPCI_IDX() and ZPCI_OFFSET(): what a cookie stands for.</summary>
    /// <returns>The function, the BAR and the offset in it; null for an entry that is not used.</returns>
    public (ZpciFunction Function, int Bar, ulong Offset)? Find(ulong cookie)
    {
        var index = (int)(cookie >> Shift & (MostEntries - 1));
        return index < _entries.Count ? (_entries[index].Function, _entries[index].Bar, cookie & OffsetMask) : null;
    }
}
