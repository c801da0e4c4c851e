using Microsoft.Extensions.Logging.Abstractions;
using VfioSharp.Diagnostics;

namespace VfioSharp.Backends.Linux;

/// <summary>Chooses the way to a function of this machine and opens it.</summary>
internal static class LinuxDeviceOpener
{
    private const string DeviceFolder = "/dev/vfio/devices/";

    /// <summary>Opens a function.</summary>
    /// <param name="address">Its address, of the scheme "pci".</param>
    /// <param name="options">How.</param>
    /// <returns>The device; its address space is new, or the one that the options name.</returns>
    /// <exception cref="VfioException">The function cannot be opened; nothing is left open.</exception>
    public static DeviceBackend Open(DeviceAddress address, VfioOptions options)
    {
        if (!OperatingSystem.IsLinux())
            throw new VfioException("open the device", address.ToString(), Errno.EOPNOTSUPP, "VFIO is a part of Linux.");

        var function = OpenDiagnosis.RequireBoundToVfio(address);
        var shared = options.ShareDmaWith?.Backend;
        return Choose(function, options.Interface, shared) == LinuxInterface.Iommufd
            ? OpenByCharacterDevice(function, options, RequireKind<IommufdAddressSpace>(shared, function))
            : OpenByGroup(function, options, RequireKind<Type1Container>(shared, function));
    }

    private static LinuxInterface Choose(PciFunctionInfo function, LinuxInterface wanted, DmaBackend? shared) => (wanted, shared) switch
    {
        (LinuxInterface.Automatic, Type1Container) => LinuxInterface.Group,
        (LinuxInterface.Automatic, IommufdAddressSpace) => LinuxInterface.Iommufd,
        (LinuxInterface.Automatic, _) => function.HasVfioCharacterDevice && File.Exists(IommufdAddressSpace.ControlPath)
            ? LinuxInterface.Iommufd
            : LinuxInterface.Group,
        _ => wanted,
    };

    private static CdevDeviceBackend OpenByCharacterDevice(PciFunctionInfo function, VfioOptions options, IommufdAddressSpace? shared)
    {
        var address = function.Address.ToString();
        if (function.VfioDeviceName is not { } name || !function.HasVfioCharacterDevice)
        {
            throw new VfioException(
                "open the device through iommufd", address, Errno.ENOENT,
                "this kernel makes no character device for it (CONFIG_VFIO_DEVICE_CDEV); open it through its group.");
        }

        var addressSpace = shared ?? IommufdAddressSpace.Open();
        try
        {
            return CdevDeviceBackend.Open(function, DeviceFolder + name, options.VfToken, addressSpace);
        }
        catch when (shared is null)
        {
            addressSpace.Dispose();
            throw;
        }
    }

    private static GroupDeviceBackend OpenByGroup(PciFunctionInfo function, VfioOptions options, Type1Container? shared)
    {
        var address = function.Address.ToString();
        var group = function.IommuGroup
            ?? throw new VfioException(
                "open the device through its group", address, Errno.None,
                "it is in no IOMMU group; switch the IOMMU on in the firmware and with intel_iommu=on, amd_iommu=on or the like.");
        var hasNoIommu = File.Exists($"/dev/vfio/noiommu-{group}");
        if (hasNoIommu && !options.AllowNoIommu)
        {
            throw new VfioException(
                "open the device", address, Errno.None,
                "it has no IOMMU and could write to all of the machine's memory; say that this is wanted (VfioOptions.AllowNoIommu, --no-iommu).");
        }

        // The kernel does not mix them (drivers/vfio/container.c, vfio_container_attach_group).
        if (shared is not null && shared.IsNoIommu != hasNoIommu)
        {
            throw new VfioException(
                "share the I/O address space", address, Errno.None,
                hasNoIommu ? "it has no IOMMU, and the other device has one; open this one by itself."
                    : "it has an IOMMU, and the other device has none; open this one by itself.");
        }

        if (hasNoIommu)
            DeviceLog.HasNoIommu(options.Logger ?? NullLogger.Instance, function.Address);
        var container = shared ?? (hasNoIommu ? Type1Container.OpenWithoutIommu() : Type1Container.Open());
        try
        {
            return GroupDeviceBackend.Open(function, group, options.VfToken, container);
        }
        catch when (shared is null)
        {
            container.Dispose();
            throw;
        }
    }

    private static T? RequireKind<T>(DmaBackend? shared, PciFunctionInfo function)
        where T : DmaBackend => shared switch
        {
            null => null,
            T kind => kind,
            _ => throw new VfioException(
                "share the I/O address space", function.Address.ToString(), Errno.None,
                "the other device was opened another way; open both through groups, or both through iommufd."),
        };
}
