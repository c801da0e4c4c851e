namespace VfioSharp.Mmio;

/// <summary>
/// IBM Z's memory I/O instructions, which reach a mapped BAR from user space (PCILGI, PCISTGI, PCISTBI and PCIWB; see arch/s390/pci/pci_insn.c).
/// Each method is one instruction, executed once and not checked or retried here. All members may be used from any thread at the same time.
/// </summary>
/// <remarks>
/// A register value is what lies in the general register: big-endian and right-justified, so that the byte at the lowest address is the
/// most significant of the value's width. A device's registers are little-endian: whoever calls swaps.
/// </remarks>
public abstract class MioInstructions
{
    /// <summary>PCILGI: loads a register of the device.</summary>
    /// <param name="address">Where it is mapped.</param>
    /// <param name="widthInBytes">1, 2, 4 or 8.</param>
    /// <param name="value">The register value; not defined where the load was not made.</param>
    /// <returns>The condition code with its status byte, or the signal that the instruction raised.</returns>
    public abstract AccessOutcome Load(nuint address, int widthInBytes, out ulong value);

    /// <summary>PCISTGI: stores to a register of the device.</summary>
    /// <param name="address">Where it is mapped.</param>
    /// <param name="widthInBytes">1, 2, 4 or 8.</param>
    /// <param name="value">The register value.</param>
    /// <returns>The condition code with its status byte, or the signal that the instruction raised.</returns>
    public abstract AccessOutcome Store(nuint address, int widthInBytes, ulong value);

    /// <summary>PCISTBI: stores a block by one access.</summary>
    /// <param name="address">Where it is mapped; a multiple of 8, and the block lies within one page of 4 KiB.</param>
    /// <param name="source">The bytes in memory order: at least 16, a multiple of 8, no more than the function takes; its first byte is 8-aligned.</param>
    /// <returns>The condition code with its status byte, or the signal that the instruction raised.</returns>
    public abstract AccessOutcome StoreBlock(nuint address, ReadOnlySpan<byte> source);

    /// <summary>PCIWB: makes the stores before it, which the machine may have combined, go out.</summary>
    public abstract void WriteBarrier();
}
