using VfioSharp.Regions;

namespace VfioSharp.Backends;

/// <summary>What a backend says of a device as a whole (include/uapi/linux/vfio.h, struct vfio_device_info). Immutable.</summary>
/// <param name="SupportsReset">Whether VFIO_DEVICE_RESET works.</param>
/// <param name="IsPci">Whether it is a PCI function.</param>
/// <param name="RegionCount">How many region numbers there are; some may be absent.</param>
/// <param name="InterruptCount">How many interrupt indices there are.</param>
/// <param name="Capabilities">The capability chain of the answer, in the kernel's order.</param>
public sealed record DeviceDescription(
    bool SupportsReset, bool IsPci, int RegionCount, int InterruptCount, IReadOnlyList<InfoCapability> Capabilities);
