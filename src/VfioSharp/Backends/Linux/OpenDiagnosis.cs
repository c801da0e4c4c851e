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
            Errno.EBUSY => $"only one process can have it open{FileHolders.Describe(path)}.",
            Errno.ENOENT or Errno.ENODEV or Errno.ENXIO => AdviseOnAbsence(path),
            Errno.EMFILE => "this process has too many open files; raise the limit with 'ulimit -n' or LimitNOFILE= in the systemd unit.",
            _ => null,
        });

    /// <summary>Explains why a group is not viable: which of its members stand in the way.</summary>
    /// <param name="number">The IOMMU group.</param>
    /// <param name="device">The device that was to be opened.</param>
    public static VfioException ExplainGroup(int number, string device)
    {
        var spoilers = Functions.FindGroup(number)?.Spoilers.Select(member => $"{member.Name} ({member.DriverName})").ToArray() ?? [];
        return new VfioException($"use IOMMU group {number}", device, Errno.None, spoilers.Length == 0
            ? "the kernel says that it is not viable: another device of the group has a driver that is not VFIO's."
            : $"the group is not viable: {string.Join(", ", spoilers)} must be bound to vfio-pci too ('vfio bind ADDRESS'), or have no driver.");
    }

    /// <summary>Explains why a device cannot be had from its group or character device.</summary>
    /// <param name="address">The device.</param>
    /// <param name="hasToken">Whether a VF token was given.</param>
    /// <param name="errno">The error.</param>
    public static VfioException ExplainDevice(string address, bool hasToken, Errno errno) =>
        new("get the device from VFIO", address, errno, errno switch
        {
            Errno.EACCES when hasToken => "its physical function's driver set another VF token; give the same.",
            Errno.EACCES => "its physical function is in the hands of a VFIO driver that set a VF token; give that token (VfioOptions.VfToken).",
            Errno.EINVAL when hasToken => "the device takes no VF token, or this kernel takes none for a device opened by its character device.",
            Errno.EBUSY => "another process has it open, through its group or through its character device.",
            Errno.ENODEV => "it was removed, or taken away from VFIO, in this moment.",
            Errno.EINVAL => "it is open through its group already, or the group's other devices belong to another user.",
            _ => null,
        });

    /// <summary>What to do where the kernel cannot set up an IOMMU for a group.</summary>
    /// <param name="errno">The error.</param>
    public static string? AdviseOnIommu(Errno errno) => errno switch
    {
        Errno.EPERM => "the platform cannot isolate the device's interrupts; enable interrupt remapping, or accept the risk with vfio_iommu_type1.allow_unsafe_interrupts=1.",
        Errno.ENODEV or Errno.EINVAL => "no IOMMU driver takes the group; switch the IOMMU on in the firmware and with intel_iommu=on, amd_iommu=on or the like.",
        _ => null,
    };

    private static string AdviseOnPermission(string path) => path.Contains("noiommu", StringComparison.Ordinal)
        ? "a device without an IOMMU can write to all memory, so that the kernel wants CAP_SYS_RAWIO; run as root."
        : $"run as root, or give your group the file by a udev rule such as: SUBSYSTEM==\"{SubsystemOf(path)}\", GROUP=\"vfio\", MODE=\"0660\".";

    private static string SubsystemOf(string path) => path.StartsWith("/dev/vfio/devices/", StringComparison.Ordinal) ? "vfio-dev"
        : path.StartsWith("/dev/vfio/", StringComparison.Ordinal) && path != "/dev/vfio/vfio" ? "vfio"
        : "misc";

    private static string AdviseOnAbsence(string path) => path switch
    {
        IommufdAddressSpace.ControlPath => "this kernel has no iommufd (CONFIG_IOMMUFD, 'modprobe iommufd'); the way through the group needs none.",
        "/dev/vfio/vfio" => "VFIO is not loaded: 'modprobe vfio-pci'.",
        _ => "the device is not bound to vfio-pci any more, or the kernel made no file for it.",
    };
}
