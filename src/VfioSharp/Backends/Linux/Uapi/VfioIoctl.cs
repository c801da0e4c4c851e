namespace VfioSharp.Backends.Linux.Uapi;

/// <summary>
/// The request numbers of VFIO (include/uapi/linux/vfio.h): _IO(';', 100 + n), which carries neither a direction nor a size, so that
/// the number is the same on every architecture that the library knows.
/// </summary>
internal static class VfioIoctl
{
    private const uint First = (';' << 8) | 100;

    public const uint GetApiVersion = First + 0;
    public const uint CheckExtension = First + 1;
    public const uint SetIommu = First + 2;
    public const uint GroupGetStatus = First + 3;
    public const uint GroupSetContainer = First + 4;
    public const uint GroupGetDeviceFd = First + 6;
    public const uint DeviceGetInfo = First + 7;
    public const uint DeviceGetRegionInfo = First + 8;
    public const uint DeviceGetIrqInfo = First + 9;
    public const uint DeviceSetIrqs = First + 10;
    public const uint DeviceReset = First + 11;
    // Numbers are reused per kind of file: 12 means hot-reset information on a device, type 1 information on a container.
    public const uint DeviceGetPciHotResetInfo = First + 12;
    public const uint DevicePciHotReset = First + 13;
    public const uint DeviceFeature = First + 17;
    public const uint DeviceBindIommufd = First + 18;
    public const uint DeviceAttachIommufdPt = First + 19;

    public const uint IommuGetInfo = First + 12;
    public const uint IommuMapDma = First + 13;
    public const uint IommuUnmapDma = First + 14;

    /// <summary>The only version of the interface that there has ever been.</summary>
    public const int ApiVersion = 0;
}

/// <summary>Kinds of IOMMU and extensions of a container (include/uapi/linux/vfio.h, VFIO_*_IOMMU, VFIO_UNMAP_ALL).</summary>
internal static class VfioExtension
{
    public const int Type1v2Iommu = 3;
    public const int NoIommu = 8;
    public const int UnmapAll = 9;
}
