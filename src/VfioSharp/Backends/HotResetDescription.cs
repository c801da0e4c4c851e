namespace VfioSharp.Backends;

/// <summary>The functions that a bus or slot reset would touch (include/uapi/linux/vfio.h, struct vfio_pci_hot_reset_info). Immutable.</summary>
/// <param name="Functions">All of them, the device itself among them.</param>
public sealed record HotResetDescription(IReadOnlyList<HotResetFunction> Functions);

/// <summary>A function that a bus or slot reset would touch.</summary>
/// <param name="Address">Its PCI address, "0000:01:00.0".</param>
/// <param name="IommuGroup">Its IOMMU group; null where the kernel answers with device ids (a device opened through iommufd).</param>
/// <param name="IsOwned">Whether this process's iommufd context owns it; null where the kernel answers with groups.</param>
public sealed record HotResetFunction(string Address, int? IommuGroup, bool? IsOwned);
