using System.Runtime.InteropServices;

namespace VfioSharp.Backends.VfioUser.Wire;

// The fixed parts of what follows the header where a message concerns the device (docs/interop/vfio-user.rst), host byte order. Where the
// specification takes a structure of include/uapi/linux/vfio.h over as it is, that one is used: struct vfio_region_info, vfio_irq_info,
// vfio_irq_set and vfio_device_feature in Backends/Linux/Uapi.

/// <summary>VFIO_USER_VERSION, in front of the JSON text.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct VersionMessage
{
    public const int SizeInBytes = 4;

    public ushort Major;
    public ushort Minor;
}

/// <summary>VFIO_USER_DEVICE_GET_INFO: struct vfio_device_info as it was before it had capabilities.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct DeviceInfoMessage
{
    public const int SizeInBytes = 16;

    public uint ArgumentSize;
    public uint Flags;
    public uint RegionCount;
    public uint IrqCount;
}

/// <summary>VFIO_USER_REGION_READ and VFIO_USER_REGION_WRITE, in front of the data.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct RegionAccessMessage
{
    public const int SizeInBytes = 16;

    public ulong Offset;
    public uint Region;
    public uint Count;
}

/// <summary>VFIO_USER_REGION_WRITE_MULTI, in front of the writes.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct RegionWriteMultiMessage
{
    public const int SizeInBytes = 8;

    public ulong WriteCount;
}

/// <summary>One write of VFIO_USER_REGION_WRITE_MULTI.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct RegionWriteMultiEntry
{
    public const int SizeInBytes = 24;

    public ulong Offset;
    public uint Region;
    public uint Count;
    /// <summary>The bytes in memory order, as they lie in this field; those from <see cref="Count"/> on mean nothing.</summary>
    public ulong Data;
}

/// <summary>VFIO_USER_DEVICE_GET_REGION_IO_FDS, in front of the sub-regions.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct RegionIoFdsMessage
{
    public const int SizeInBytes = 16;

    public uint ArgumentSize;
    public uint Flags;
    public uint Index;
    public uint Count;
}

/// <summary>
/// One sub-region of VFIO_USER_DEVICE_GET_REGION_IO_FDS, as libvfio-user lays it out (include/vfio-user.h,
/// vfio_user_sub_region_ioeventfd_t): the specification's 40 bytes grew by the offset into the shadow memory.
/// </summary>
[StructLayout(LayoutKind.Sequential)]
internal struct SubRegionMessage
{
    public const int SizeInBytes = 48;

    public const uint TypeIoEventFd = 0;
    public const uint TypeIoRegionFd = 1;
    public const uint TypeShadowIoEventFd = 2;

    /// <summary>flags of an ioeventfd: the write must match <see cref="DataMatch"/>.</summary>
    public const uint FlagDataMatch = 1 << 0;

    public ulong GuestPhysicalOffset;
    public ulong Size;
    public uint FdIndex;
    public uint Type;
    public uint Flags;
    /// <summary>Of a shadow ioeventfd, which descriptor of the message holds the shadow memory; otherwise 0.</summary>
    public uint ShadowMemoryFdIndex;
    /// <summary>Of a shadow ioeventfd, where in the shadow memory the value goes.</summary>
    public ulong ShadowOffset;
    /// <summary>The value that an ioeventfd is for.</summary>
    public ulong DataMatch;
}

/// <summary>VFIO_USER_MIG_DATA_READ and VFIO_USER_MIG_DATA_WRITE, in front of the data.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct MigrationDataMessage
{
    public const int SizeInBytes = 8;

    public uint ArgumentSize;
    public uint Size;
}
