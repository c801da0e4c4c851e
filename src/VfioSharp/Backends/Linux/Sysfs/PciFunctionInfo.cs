namespace VfioSharp.Backends.Linux;

/// <summary>
/// What sysfs says of a PCI function (Documentation/ABI/testing/sysfs-bus-pci). A snapshot: the kernel may change drivers at any time.
/// What an attribute does not tell, because it is missing or makes no sense, is null. Immutable.
/// </summary>
public sealed record PciFunctionInfo
{
    /// <summary>The function's address.</summary>
    public required DeviceAddress Address { get; init; }

    /// <summary>The vendor's number.</summary>
    public ushort? VendorId { get; init; }

    /// <summary>The device's number, which the vendor gives.</summary>
    public ushort? DeviceId { get; init; }

    /// <summary>The vendor of the board.</summary>
    public ushort? SubsystemVendorId { get; init; }

    /// <summary>The board's number.</summary>
    public ushort? SubsystemDeviceId { get; init; }

    /// <summary>Base class, subclass and programming interface, 24 bit: 0x010802 is an NVMe controller.</summary>
    public uint? ClassCode { get; init; }

    /// <summary>The revision.</summary>
    public byte? Revision { get; init; }

    /// <summary>The driver that holds the function, or null.</summary>
    public string? DriverName { get; init; }

    /// <summary>The driver that alone may take the function (attribute driver_override), or null where any that matches may.</summary>
    public string? DriverOverride { get; init; }

    /// <summary>The number of its IOMMU group, or null where it is in none.</summary>
    public int? IommuGroup { get; init; }

    /// <summary>The BARs and other resources that are there.</summary>
    public IReadOnlyList<PciResource> Resources { get; init; } = [];

    /// <summary>The name under which VFIO knows the function, "vfio0", or null where no VFIO driver holds it (since Linux 6.1).</summary>
    public string? VfioDeviceName { get; init; }

    /// <summary>Whether VFIO also made a character device, /dev/vfio/devices/<see cref="VfioDeviceName"/> (CONFIG_VFIO_DEVICE_CDEV).</summary>
    public bool HasVfioCharacterDevice { get; init; }

    /// <summary>The physical function that this one is a virtual function of (SR-IOV), or null.</summary>
    public DeviceAddress? PhysicalFunction { get; init; }

    /// <summary>The NUMA node, or null where the platform names none.</summary>
    public int? NumaNode { get; init; }

    /// <summary>Whether a driver enabled the function.</summary>
    public bool? IsEnabled { get; init; }

    /// <summary>The ways in which the kernel would reset it, the first first ("flr", "pm", "bus", ...); null where it cannot or does not tell.</summary>
    public IReadOnlyList<string>? ResetMethods { get; init; }

    /// <summary>Whether the firmware used it as the console's graphics card; null for what is no graphics card.</summary>
    public bool? IsBootVga { get; init; }

    /// <summary>
    /// Whether the driver that holds it hands it to user space: vfio-pci, or a driver that does the same for one kind of device
    /// (mlx5_vfio_pci, nvgrace_gpu_vfio_pci, ...).
    /// </summary>
    public bool IsBoundToVfio => DriverName is not null && (VfioDeviceName is not null || PciDrivers.IsNamedVfio(DriverName));

    /// <summary>Whether it is a bridge to another bus, which VFIO does not take.</summary>
    public bool IsBridge => ClassCode is { } code && (code >> 8) is 0x0604 or 0x0607 or 0x0609;

    /// <summary>
    /// Whether a BAR is memory of at least a page. Only then can VFIO map it for sure; a smaller BAR can be mapped where the kernel
    /// can reserve the rest of its page, which shows when the device is open.
    /// </summary>
    public bool HasMappableBar => Resources.Any(resource =>
        resource.IsBar && resource.IsMemory && resource.LengthInBytes >= (ulong)Environment.SystemPageSize);
}
