namespace VfioSharp.Zpci.Kernel;

/// <summary>
/// What changed from kernel to kernel on the way between a user-space driver and a BAR on s390. Each rule names the commit or the release that
/// brought it, so that it can be looked up.
/// </summary>
internal static class KernelRules
{
    public const string GenericDriver = "vfio-pci";
    public const string IsmDriver = "ism_vfio_pci";

    /// <summary>4eafad7febd4 "s390/kernel: add system calls for PCI memory access": Linux 3.19.</summary>
    public static readonly KernelVersion Oldest = new(3, 19);

    /// <summary>
    /// 41a0926e82f4 "s390/pci: Fix s390_mmio_read/write syscall page fault handling": Linux 6.15, and the stable releases of April 2025.
    /// </summary>
    public static bool HasFaultFix(KernelVersion kernel) => kernel.IsAtLeast(6, 15)
        || (kernel is { Major: 6, Minor: 12 } && kernel.Patch >= 24)
        || (kernel is { Major: 6, Minor: 13 } && kernel.Patch >= 12)
        || (kernel is { Major: 6, Minor: 14 } && kernel.Patch >= 3);

    /// <summary>
    /// a67a88b0b8de "s390/pci: remove races against pte updates" (Linux 5.11): the page table's lock is held across the access, the mapping
    /// must be VM_IO or VM_PFNMAP, and the buffer is copied before the mapping is looked at.
    /// </summary>
    public static bool LocksPageTable(KernelVersion kernel) => kernel.IsAtLeast(5, 11);

    /// <summary>
    /// a8b92b8c1eac "s390/pci_mmio: fully validate the VMA before calling follow_pte()" (Linux 5.16): find_vma() became vma_lookup().
    /// </summary>
    public static bool LooksUpMapping(KernelVersion kernel) => kernel.IsAtLeast(5, 16);

    /// <summary>
    /// f058599e22d5 "s390/pci: Fix s390_mmio_read/write with MIO" (Linux 5.8). Linux has used MIO since 5.2 (71ba41c9b1d9), but until this fix
    /// a system call on a MIO address panics the kernel.
    /// </summary>
    public static readonly KernelVersion OldestWithMio = new(5, 8);

    /// <summary>
    /// 80df7d6af7f6 "s390/pci: fix max size calculation in zpci_memcpy_toio()" (Linux 6.8): how a copy is split into accesses.
    /// </summary>
    public static bool SplitsBySize(KernelVersion kernel) => kernel.IsAtLeast(6, 8);

    /// <summary>
    /// vfio-pci's fault handler inserts the page that was touched (Linux 6.12, vfio_pci_mmap_huge_fault()); before, all of the mapping
    /// (d71a989cf5d9, Linux 6.10, and io_remap_pfn_range() until then).
    /// </summary>
    public static bool FaultsSinglePages(KernelVersion kernel) => kernel.IsAtLeast(6, 12);

    /// <summary>The capabilities of zPCI in VFIO's device information (drivers/vfio/pci/vfio_pci_zdev.c, Linux 5.10).</summary>
    public static bool HasZpciCapabilities(KernelVersion kernel) => kernel.IsAtLeast(5, 10);

    /// <summary>Version 2 of those capabilities, with the function's handle and its longest block store (Linux 6.0).</summary>
    public static bool TellsFunctionHandle(KernelVersion kernel) => kernel.IsAtLeast(6, 0);

    /// <summary>Character devices of VFIO, /dev/vfio/devices (Linux 6.6).</summary>
    public static bool HasDeviceFiles(KernelVersion kernel) => kernel.IsAtLeast(6, 6);

    /// <summary>VFIO_DEVICE_FEATURE_LOW_POWER_ENTRY and _EXIT (Linux 6.1).</summary>
    public static bool HasLowPower(KernelVersion kernel) => kernel.IsAtLeast(6, 1);

    /// <summary>4df13a6871d9 "vfio/pci: Support 8-byte PCI loads and stores" (Linux 6.11).</summary>
    public static bool HasEightByteRegionAccess(KernelVersion kernel) => kernel.IsAtLeast(6, 11);

    /// <summary>
    /// aa9f168d55dc "s390/pci: Support mmap() of PCI resources except for ISM devices" (Linux 6.15): sysfs has resourceN files.
    /// </summary>
    public static bool HasResourceFiles(KernelVersion kernel) => kernel.IsAtLeast(6, 15);

    /// <summary>The variant driver for ISM (drivers/vfio/pci/ism, Linux 7.1).</summary>
    public static bool HasIsmDriver(KernelVersion kernel) => kernel.IsAtLeast(7, 1);

    /// <summary>
    /// 05f2a68b407a "vfio/pci: Set up BAR resources and maps in vfio_pci_core_enable()" with its fix 6edd69813b2d (Linux 7.2): the BARs are
    /// mapped when the device is opened, and those of a device with non_mappable_bars not at all.
    /// </summary>
    public static bool MapsBarsAtOpen(KernelVersion kernel) => kernel.IsAtLeast(7, 2);

    /// <summary>"vmalloc: modify the alloc_vmap_area() error message for better diagnostics" (mm/vmalloc.c, Linux 6.11).</summary>
    public static bool NamesIoremapRange(KernelVersion kernel) => kernel.IsAtLeast(6, 11);

    /// <summary>
    /// Whether a fault on the user's buffer in s390_pci_mmio_read can be lost with MIO: since the conversion to flag output macros (Linux 6.13)
    /// the condition code is read after the loop that stores the bytes, before it was read in front of it.
    /// </summary>
    public static bool LosesBufferFault(KernelVersion kernel) => kernel.IsAtLeast(6, 13);

    /// <summary>
    /// 1ed95281c0c7 "anon_inode: raise SB_I_NODEV and SB_I_NOEXEC" (Linux 6.16): anonymous inodes, and with them devices opened through a
    /// group, cannot be mapped executable.
    /// </summary>
    public static bool AnonymousInodesForbidExecution(KernelVersion kernel) => kernel.IsAtLeast(6, 16);

    /// <summary>4cdf2f4e24ff "s390/pci: implement minimal PCI error recovery" (Linux 5.16).</summary>
    public static bool HasErrorRecovery(KernelVersion kernel) => kernel.IsAtLeast(5, 16);

    /// <summary>
    /// 62355f1f87b8 "s390/pci: Allow automatic recovery with minimal driver support" (Linux 6.16): what vfio-pci holds
    /// comes back by itself.
    /// </summary>
    public static bool RecoversWithMinimalDriver(KernelVersion kernel) => kernel.IsAtLeast(6, 16);

    /// <summary>From Linux 7.3 on, with KVM, what vfio-pci holds stays in error until the program resets it (seen on a real kernel).</summary>
    public static bool LeavesRecoveryToProgram(KernelVersion kernel) => kernel.IsAtLeast(7, 3);
}
