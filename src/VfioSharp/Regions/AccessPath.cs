namespace VfioSharp.Regions;

/// <summary>The ways in which a register can be reached, the fastest first.</summary>
public enum AccessPath
{
    /// <summary>A load or store of exact width on the mapped BAR (x86-64, arm64; shared memory of a vfio-user server).</summary>
    LoadStore,

    /// <summary>IBM Z's MIO instructions on the mapped BAR.</summary>
    MioInstruction,

    /// <summary>IBM Z's system calls s390_pci_mmio_read and s390_pci_mmio_write on the mapped BAR.</summary>
    MmioSyscall,

    /// <summary>
    /// pread and pwrite on the device's file. Linux makes one access of what is 1, 2 or 4 bytes wide; 8 bytes it may split into two of 4:
    /// before 6.11 always, later depending on the host's architecture, and for a ROM (drivers/vfio/pci/vfio_pci_rdwr.c,
    /// vfio_pci_core_do_io_rw).
    /// </summary>
    RegionFile,

    /// <summary>A message to the process that serves the function.</summary>
    Message,

    /// <summary>No way in at all: every access would fail, or answer garbage without an error.</summary>
    Unreachable,
}
