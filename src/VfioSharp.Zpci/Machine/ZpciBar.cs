namespace VfioSharp.Zpci.Machine;

/// <summary>A BAR of a plugged function as Linux has it: struct resource. Immutable.</summary>
/// <param name="Index">The BAR's number.</param>
/// <param name="Start">
/// The resource's start: the MIO address where Linux uses MIO for the function, else a cookie, bit 62 with the number of an entry of the
/// kernel's table in bits 48 to 61 (arch/s390/include/asm/pci_io.h, ZPCI_IOMAP_ADDR_BASE).
/// </param>
/// <param name="LengthInBytes">The length.</param>
/// <param name="Flags">IORESOURCE_*.</param>
/// <param name="MioAddress">mio_wt: the address for the MIO instructions; 0 where the machine reports none.</param>
public sealed record ZpciBar(int Index, ulong Start, ulong LengthInBytes, ulong Flags, ulong MioAddress)
{
    /// <summary>The last byte.</summary>
    public ulong End => Start + LengthInBytes - 1;
}
