namespace VfioSharp.Backends.Linux;

/// <summary>
/// Says why VFIO did not hand out a function and what a person can do about it. Looked up only after something failed; what it finds
/// may have changed since, so it advises and decides nothing.
/// </summary>
internal static class OpenDiagnosis
{
    private static readonly PciFunctions Functions = new();

    /// <summary>Checks what can be known before anything is opened.</summary>
    /// <param name="address">The function.</param>
    /// <returns>What sysfs says of it; bound to a VFIO driver.</returns>
    /// <exception cref="VfioException">There is no such function, or it is bound to another driver.</exception>
    public static PciFunctionInfo RequireBoundToVfio(DeviceAddress address)
    {
        var function = Functions.Find(address)
            ?? throw new VfioException("open the device", address.ToString(), Errno.ENODEV, "this machine has no such PCI function; 'vfio list' shows those that it has.");
        if (function.IsBoundToVfio)
            return function;

        var bindCommand = $"give it to VFIO with 'vfio bind {address}' (as root).";
        throw new VfioException("open the device", address.ToString(), Errno.None, function.DriverName is { } driver
            ? $"it is bound to the driver {driver}; {bindCommand}"
            : $"it has no driver; {bindCommand}");
    }

    /// <summary>Explains why one of VFIO's files cannot be opened.</summary>
    /// <param name="path">The file.</param>
    /// <param name="device">The device for which it was opened, or null.</param>
    /// <param name="errno">The error.</param>
    public static VfioException ExplainFile(string path, string? device, Errno errno) =>
        new($"open {path}", device, errno, errno switch
        {
            Errno.EACCES or Errno.EPERM => AdviseOnPermission(path),
            Errno.EBUSY => AdviseOnBusyGroup(FileHolders.Find(path), Environment.ProcessId, path),
            Errno.ENOENT or Errno.ENODEV or Errno.ENXIO => AdviseOnAbsence(path),
            Errno.EMFILE => "this process has too many open files; raise the limit with 'ulimit -n' or LimitNOFILE= in the systemd unit.",
            Errno.ENFILE => "the system has too many open files; raise fs.file-max with sysctl.",
            _ => null,
        });

    /// <summary>Explains why a group is not viable: which of its members stand in the way.</summary>
    /// <param name="number">The IOMMU group.</param>
    /// <param name="device">The device that was to be opened.</param>
    public static VfioException ExplainGroup(int number, string device)
    {
        var spoilers = Functions.FindGroup(number)?.Spoilers.Select(member => $"{member.Name} ({member.DriverName})").ToArray() ?? [];
        return new VfioException($"use IOMMU group {number}", device, Errno.None, spoilers.Length == 0
            ? "the kernel says that it is not viable: another device of the group has a driver that is not VFIO's, or is open by its character device (/dev/vfio/devices)."
            : $"the group is not viable: {string.Join(", ", spoilers)} must be bound to vfio-pci too ('vfio bind ADDRESS'), or have no driver.");
    }

    /// <summary>Explains why a device cannot be had from its group (drivers/vfio/group.c, vfio_group_ioctl_get_device_fd).</summary>
    /// <param name="address">The device.</param>
    /// <param name="hasToken">Whether a VF token was given.</param>
    /// <param name="errno">The error.</param>
    public static VfioException ExplainDevice(string address, bool hasToken, Errno errno) =>
        new("get the device from VFIO", address, errno, errno switch
        {
            Errno.EINVAL when AdviseOnMissingAddress(address) is { } advice => advice,
            Errno.EINVAL when hasToken => "the device takes no VF token: give one only where the physical function's driver runs under VFIO too.",
            Errno.EBUSY => "another device of its IOMMU group is in the hands of another program or driver.",
            _ => AdviseOnDevice(hasToken, errno),
        });

    /// <summary>
    /// Explains why a device cannot be bound to an iommufd context by its character device, which this process has open once for the attempt
    /// (drivers/vfio/device_cdev.c, vfio_df_ioctl_bind_iommufd; vfio_main.c, vfio_df_open).
    /// </summary>
    /// <param name="address">The device.</param>
    /// <param name="path">The character device.</param>
    /// <param name="hasToken">Whether a VF token was given.</param>
    /// <param name="errno">The error.</param>
    public static VfioException ExplainBinding(string address, string path, bool hasToken, Errno errno) =>
        new("bind the device to iommufd", address, errno, errno switch
        {
            Errno.EINVAL when AdviseOnMissingAddress(address) is { } advice => advice,
            Errno.EINVAL when hasToken => "the device takes no VF token, or this kernel takes none for a device opened by its character device.",
            Errno.EINVAL => AdviseOnBoundDevice(FileHolders.Find(path), Environment.ProcessId, path),
            Errno.EBUSY => "its IOMMU group is open through /dev/vfio, or another device of the group is open in another address space; " +
                "all devices of a group must share one (VfioOptions.ShareDmaWith).",
            _ => AdviseOnDevice(hasToken, errno),
        });

    /// <summary>What to do where a device cannot join an address space of iommufd.</summary>
    /// <param name="errno">The error.</param>
    public static string AdviseOnAttaching(Errno errno) => errno == Errno.EPERM
        ? AdviseOnIommu(errno)!
        : "where others share the address space, they may sit behind an IOMMU that cannot share one with it, or have memory mapped where this " +
            "device has reserved addresses; open it by itself. Devices of one IOMMU group must share one address space.";

    /// <summary>What to do where a group cannot be put into a container (drivers/vfio/container.c, vfio_container_attach_group).</summary>
    /// <param name="errno">The error.</param>
    /// <param name="isShared">Whether the container holds another group.</param>
    public static string? AdviseOnContainer(Errno errno, bool isShared) => errno switch
    {
        Errno.EBUSY => "another program, or a driver that does DMA, owns the group at this moment.",
        Errno.EPERM => AdviseOnIommu(errno),
        _ when isShared => "the devices that share the address space may sit behind IOMMUs that cannot share one, or have memory mapped where this " +
            "device has reserved addresses; open this one by itself.",
        _ => null,
    };

    // drivers/pci/setup-res.c, pci_enable_resources: such a function cannot be enabled, which VFIO does when it is opened.
    private static string? AdviseOnMissingAddress(string address)
    {
        if (!DeviceAddress.TryParse(address, out var parsed))
            return null;
        var bars = Functions.Find(parsed)?.Resources.Where(resource => resource.IsBar && resource.IsUnassigned).Select(resource => $"BAR{resource.Index}").ToArray();
        return bars is { Length: > 0 } ? $"{string.Join(", ", bars)} has no address: the machine found no room for all BARs of the function; its kernel's log says more." : null;
    }

    /// <summary>Says who has a group open, and what to do about it.</summary>
    /// <param name="holders">The holders that can be seen.</param>
    /// <param name="ownId">This process.</param>
    /// <param name="path">The group's file.</param>
    internal static string AdviseOnBusyGroup(IReadOnlyList<FileHolder> holders, int ownId, string path)
    {
        if (holders.Any(holder => holder.ProcessId == ownId))
            return "this process has the group open in another address space; open the device with VfioOptions.ShareDmaWith, so that both share one.";
        return holders.Count > 0
            ? $"only one program can have it open, and it is held by {Spell(holders)}."
            : "only one program can have it open: one whose files are hidden from this user (as root, 'fuser -v " + path + "' names it), " +
                "or one that opened a device of the group by its character device in /dev/vfio/devices.";
    }

    /// <summary>Says who has a character device bound already, and what to do about it.</summary>
    /// <param name="holders">The holders that can be seen, this process among them with the descriptor of its attempt.</param>
    /// <param name="ownId">This process.</param>
    /// <param name="path">The character device.</param>
    internal static string AdviseOnBoundDevice(IReadOnlyList<FileHolder> holders, int ownId, string path)
    {
        var others = holders.Where(holder => holder.ProcessId != ownId).ToArray();
        if (holders.Any(holder => holder.ProcessId == ownId && holder.DescriptorCount > 1))
            return "this process has it open already; use that VfioDevice, or dispose of it first.";
        return others.Length > 0
            ? $"it is open already, and held by {Spell(others)}."
            : $"it is open already, in a program whose files are hidden from this user; as root, 'fuser -v {path}' names it.";
    }

    /// <summary>What to do where the kernel cannot set up an IOMMU for a group.</summary>
    /// <param name="errno">The error.</param>
    public static string? AdviseOnIommu(Errno errno) => errno switch
    {
        Errno.EPERM => "the platform cannot isolate the device's interrupts; enable interrupt remapping, or accept the risk with vfio_iommu_type1.allow_unsafe_interrupts=1 (iommufd.allow_unsafe_interrupts=1 on the way through iommufd).",
        Errno.ENODEV or Errno.EINVAL => "no IOMMU driver takes the group; switch the IOMMU on in the firmware and with intel_iommu=on, amd_iommu=on or the like.",
        _ => null,
    };

    private static string? AdviseOnDevice(bool hasToken, Errno errno) => errno switch
    {
        Errno.EACCES when hasToken => "its physical function's driver set another VF token; give the same.",
        Errno.EACCES => "its physical function is in the hands of a VFIO driver that set a VF token; give that token (VfioOptions.VfToken).",
        Errno.ENODEV => "it was removed, or taken away from VFIO, in this moment.",
        _ => null,
    };

    private static string Spell(IEnumerable<FileHolder> holders) =>
        string.Join(" and ", holders.Select(holder => $"{holder.Name} (process {holder.ProcessId})"));

    private static string AdviseOnPermission(string path) => path.Contains("noiommu", StringComparison.Ordinal)
        ? "a device without an IOMMU can write to all memory, so that the kernel wants CAP_SYS_RAWIO; run as root."
        : $"run as root, or give your group the file by a udev rule such as: {RuleMatch(path)}, GROUP=\"vfio\", MODE=\"0660\"; in a container, hand the file in.";

    // The two control files stand in the subsystem "misc" beside many that have nothing to do with VFIO: there the rule names the file.
    private static string RuleMatch(string path) => path switch
    {
        IommufdAddressSpace.ControlPath or Type1Container.ControlPath => $"SUBSYSTEM==\"misc\", KERNEL==\"{Path.GetFileName(path)}\"",
        _ when path.StartsWith("/dev/vfio/devices/", StringComparison.Ordinal) => "SUBSYSTEM==\"vfio-dev\"",
        _ => "SUBSYSTEM==\"vfio\"",
    };

    private static string AdviseOnAbsence(string path) => path switch
    {
        IommufdAddressSpace.ControlPath => "this kernel has no iommufd (CONFIG_IOMMUFD, 'modprobe iommufd'); the way through the group needs none.",
        Type1Container.ControlPath => "VFIO is not loaded: 'modprobe vfio-pci'.",
        _ => "the device is not bound to vfio-pci any more, or the kernel made no file for it.",
    };
}
