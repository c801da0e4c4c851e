namespace VfioSharp.Mmio;

/// <summary>The status byte of a PCI instruction that ended with condition code 1 (arch/s390/include/asm/pci_insn.h, ZPCI_PCI_ST_*).</summary>
internal static class MioStatus
{
    /// <summary>Says what a status means.</summary>
    /// <param name="status">The status byte.</param>
    /// <returns>A few words.</returns>
    public static string Describe(byte status) => status switch
    {
        4 => "the function is not enabled",
        8 => "the function is in error state",
        12 => "the function is blocked",
        16 => "insufficient resources",
        20 => "there is no such address space",
        24 => "already enabled, or deregistered",
        28 => "the DMA address space is not enabled",
        36 => "the second operand lies in no address space",
        40 => "the function is not available",
        44 => "already in the requested state",
        _ => "of no known meaning",
    };
}
