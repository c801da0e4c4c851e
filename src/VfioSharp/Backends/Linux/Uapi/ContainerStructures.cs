using System.Runtime.InteropServices;

namespace VfioSharp.Backends.Linux.Uapi;

// The structures of include/uapi/linux/vfio.h that concern a group or a container, in the host's byte order.

/// <summary>struct vfio_group_status.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct VfioGroupStatus
{
    public const uint FlagViable = 1 << 0;

    public uint ArgumentSize;
    public uint Flags;
}

/// <summary>struct vfio_iommu_type1_info without its capabilities.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct VfioIommuType1Info
{
    public const uint FlagPageSizes = 1 << 0;
    public const uint FlagCapabilities = 1 << 1;

    /// <summary>VFIO_IOMMU_TYPE1_INFO_CAP_IOVA_RANGE.</summary>
    public const ushort CapabilityIovaRange = 1;

    /// <summary>VFIO_IOMMU_TYPE1_INFO_DMA_AVAIL.</summary>
    public const ushort CapabilityDmaAvailable = 3;

    public uint ArgumentSize;
    public uint Flags;
    public ulong PageSizes;
    public uint CapabilityOffset;
    public uint Padding;
}

/// <summary>struct vfio_iommu_type1_dma_map.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct VfioDmaMap
{
    public const uint FlagRead = 1 << 0;
    public const uint FlagWrite = 1 << 1;

    public uint ArgumentSize;
    public uint Flags;
    public ulong Address;
    public ulong Iova;
    public ulong Size;
}

/// <summary>struct vfio_iommu_type1_dma_unmap without its dirty bitmap.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct VfioDmaUnmap
{
    public const uint FlagAll = 1 << 1;

    public uint ArgumentSize;
    public uint Flags;
    public ulong Iova;
    public ulong Size;
}
