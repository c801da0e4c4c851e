using VfioSharp.Zpci.Kernel;
using VfioSharp.Zpci.Memory;

namespace VfioSharp.Zpci.Process;

// arch/s390/pci/pci_mmio.c: the two system calls that reach PCI memory through a mapping of the process.
public sealed partial class UserProcess
{
    /// <summary>s390_pci_mmio_read (353).</summary>
    /// <param name="address">A virtual address of the process, which a BAR is mapped at.</param>
    /// <param name="buffer">Where the bytes go: an address in the process's memory.</param>
    /// <param name="length">How many; within a page of the BAR.</param>
    /// <returns>0, minus an error number, or with MIO a condition code: 1, 2, 3. Parts before the one that failed have been read.</returns>
    public KernelResult MmioRead(ulong address, ulong buffer, ulong length)
    {
        if (Refuse(address, length) is { } refusal)
            return refusal;
        return Host.HaveMio ? ReadByMio(address, buffer, length) : ReadByHandle(address, buffer, length);
    }

    /// <summary>s390_pci_mmio_write (352).</summary>
    /// <param name="address">A virtual address of the process, which a BAR is mapped at.</param>
    /// <param name="buffer">Where the bytes come from: an address in the process's memory.</param>
    /// <param name="length">How many; within a page of the BAR.</param>
    /// <returns>0, minus an error number, or with MIO a condition code: 1, 2, 3. Parts before the one that failed have been written.</returns>
    public KernelResult MmioWrite(ulong address, ulong buffer, ulong length)
    {
        if (Refuse(address, length) is { } refusal)
            return refusal;
        return Host.HaveMio ? WriteByMio(address, buffer, length) : WriteByHandle(address, buffer, length);
    }

    // Both calls, all kernels: first zpci_is_enabled(), then the length, then everything else.
    private KernelResult? Refuse(ulong address, ulong length)
    {
        if (Host.Description.Mode == ZpciMode.Off)
            return Errno.ENODEV;
        return length == 0 || length > UserAddressSpace.PageSize - address % UserAddressSpace.PageSize ? (KernelResult?)Errno.EINVAL : null;
    }
}
