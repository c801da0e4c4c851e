namespace VfioSharp.Mmio;

/// <summary>
/// IBM Z's two system calls that reach a mapped BAR: s390_pci_mmio_read and s390_pci_mmio_write (arch/s390/pci/pci_mmio.c). Each method
/// is one call, made once and not split, checked or retried here; the caller keeps to the kernel's rules. All members may be used from any
/// thread at the same time.
/// </summary>
public abstract class MmioSyscalls
{
    /// <summary>Reads device memory.</summary>
    /// <param name="address">Where it is mapped.</param>
    /// <param name="destination">
    /// Takes the bytes in memory order. 1 to 4096 of them, within one page at <paramref name="address"/>; the kernel makes loads of 8, 4, 2
    /// and 1 bytes of it.
    /// </param>
    /// <returns>Done only where the call returned 0. A positive result is a condition code (2 may also mean that the destination cannot be written).</returns>
    public abstract AccessOutcome Read(nuint address, Span<byte> destination);

    /// <summary>Writes device memory.</summary>
    /// <param name="address">Where it is mapped.</param>
    /// <param name="source">
    /// The bytes in memory order. 1 to 4096 of them, within one page at <paramref name="address"/>; what is longer than 8 bytes becomes
    /// block stores of at most 128 bytes.
    /// </param>
    /// <returns>Done only where the call returned 0. A positive result is a condition code.</returns>
    public abstract AccessOutcome Write(nuint address, ReadOnlySpan<byte> source);
}
