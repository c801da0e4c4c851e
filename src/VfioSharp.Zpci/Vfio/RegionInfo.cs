using VfioSharp.Regions;

namespace VfioSharp.Zpci.Vfio;

/// <summary>What VFIO_DEVICE_GET_REGION_INFO answers (include/uapi/linux/vfio.h, struct vfio_region_info). Immutable.</summary>
/// <param name="Index">The region's number.</param>
/// <param name="SizeInBytes">Its length; 0 where there is none.</param>
/// <param name="Flags">What can be done with it.</param>
/// <param name="Offset">Where it begins in the device's file.</param>
/// <param name="IsMsixMappable">Whether the capability VFIO_REGION_INFO_CAP_MSIX_MAPPABLE (3, version 1) follows.</param>
public sealed record RegionInfo(int Index, ulong SizeInBytes, RegionFlags Flags, ulong Offset, bool IsMsixMappable);
