using VfioSharp.Regions;

namespace VfioSharp.Zpci.Vfio;

/// <summary>What VFIO_DEVICE_GET_INFO answers (include/uapi/linux/vfio.h, struct vfio_device_info). Immutable.</summary>
/// <param name="Flags">VFIO_DEVICE_FLAGS_*: 1 reset, 2 PCI, 0x80 capabilities.</param>
/// <param name="RegionCount">How many region numbers there are.</param>
/// <param name="InterruptCount">How many interrupt indices there are.</param>
/// <param name="Capabilities">Those of zPCI (include/uapi/linux/vfio_zdev.h), in this process's byte order.</param>
public sealed record VfioDeviceInfo(uint Flags, int RegionCount, int InterruptCount, IReadOnlyList<InfoCapability> Capabilities);
