using System.Runtime.InteropServices;

namespace VfioSharp.Backends.Linux.Uapi;

// The structures of include/uapi/linux/vfio.h that concern a device. The kernel reads and writes them in the host's byte order;
// variable parts that follow a structure are read from the buffer behind it.

/// <summary>struct vfio_device_info.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct VfioDeviceInfo
{
    public const uint FlagReset = 1 << 0;
    public const uint FlagPci = 1 << 1;
    public const uint FlagCapabilities = 1 << 7;

    public uint ArgumentSize;
    public uint Flags;
    public uint RegionCount;
    public uint IrqCount;
    public uint CapabilityOffset;
    public uint Padding;
}

/// <summary>struct vfio_region_info.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct VfioRegionInfo
{
    public const uint FlagCapabilities = 1 << 3;

    public uint ArgumentSize;
    public uint Flags;
    public uint Index;
    public uint CapabilityOffset;
    public ulong Size;
    public ulong Offset;
}

/// <summary>struct vfio_irq_info.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct VfioIrqInfo
{
    public uint ArgumentSize;
    public uint Flags;
    public uint Index;
    public uint Count;
}

/// <summary>struct vfio_irq_set without its data.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct VfioIrqSet
{
    public const uint DataNone = 1 << 0;
    public const uint DataEventFd = 1 << 2;
    public const uint ActionMask = 1 << 3;
    public const uint ActionUnmask = 1 << 4;
    public const uint ActionTrigger = 1 << 5;

    public uint ArgumentSize;
    public uint Flags;
    public uint Index;
    public uint Start;
    public uint Count;
}

/// <summary>struct vfio_pci_hot_reset_info without its devices.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct VfioHotResetInfo
{
    public const uint FlagDeviceId = 1 << 0;

    public uint ArgumentSize;
    public uint Flags;
    public uint Count;
}

/// <summary>struct vfio_pci_dependent_device.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct VfioDependentDevice
{
    /// <summary>VFIO_PCI_DEVID_NOT_OWNED.</summary>
    public const uint DeviceIdNotOwned = 0xffff_ffff;

    /// <summary>The IOMMU group, or the device id where the answer's flags say so.</summary>
    public uint GroupOrDeviceId;
    public ushort Segment;
    public byte Bus;
    public byte DeviceAndFunction;
}

/// <summary>struct vfio_pci_hot_reset without its group descriptors.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct VfioHotReset
{
    public uint ArgumentSize;
    public uint Flags;
    public uint Count;
}

/// <summary>struct vfio_device_feature without its data.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct VfioDeviceFeature
{
    public const uint Get = 1 << 16;
    public const uint Set = 1 << 17;
    public const uint Probe = 1 << 18;

    public uint ArgumentSize;
    public uint Flags;
}

/// <summary>
/// struct vfio_device_bind_iommufd. The token's address is younger than the rest: the argument size tells the kernel whether it is there.
/// </summary>
[StructLayout(LayoutKind.Sequential)]
internal struct VfioDeviceBindIommufd
{
    public const uint FlagToken = 1 << 0;
    public const uint SizeWithoutToken = 16;

    public uint ArgumentSize;
    public uint Flags;
    public int Iommufd;
    public uint DeviceId;
    public ulong TokenAddress;
}

/// <summary>struct vfio_device_attach_iommufd_pt, up to the id of the page table.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct VfioDeviceAttachIommufdPt
{
    public uint ArgumentSize;
    public uint Flags;
    public uint PageTableId;
}
