using System.Runtime.InteropServices;
using VfioSharp.Mmio;

namespace VfioSharp.Regions;

/// <summary>
/// Reaches a mapped BAR by IBM Z's MMIO system calls, one call a register. The bytes go through a buffer that is aligned to 8: from any
/// other the kernel makes smaller accesses than it was asked for (arch/s390/include/asm/pci_io.h, zpci_get_max_io_size).
/// </summary>
internal sealed class MmioSyscallAccessor(MmioSyscalls syscalls, DeviceMapping mapping, ulong mappedFrom) : MappedRegionAccessor(mapping, mappedFrom)
{
    /// <inheritdoc/>
    protected override AccessOutcome ReadRegister(nuint address, Span<byte> destination)
    {
        Span<ulong> aligned = stackalloc ulong[1];
        var buffer = MemoryMarshal.AsBytes(aligned)[..destination.Length];
        var outcome = syscalls.Read(address, buffer);
        buffer.CopyTo(destination);
        return outcome;
    }

    /// <inheritdoc/>
    protected override AccessOutcome WriteRegister(nuint address, ReadOnlySpan<byte> source)
    {
        Span<ulong> aligned = stackalloc ulong[1];
        var buffer = MemoryMarshal.AsBytes(aligned)[..source.Length];
        source.CopyTo(buffer);
        return syscalls.Write(address, buffer);
    }

    // One PCISTB, since address, buffer and length are multiples of 8 and the block is no longer than the kernel's limit.
    /// <inheritdoc/>
    protected override AccessOutcome StoreBlock(nuint address, ReadOnlySpan<byte> source) => syscalls.Write(address, source);
}
