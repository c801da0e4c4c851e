namespace VfioSharp.Backends.Linux;

/// <summary>What a change of drivers did.</summary>
/// <param name="PreviousDriver">The driver that held the function before, or null.</param>
/// <param name="CurrentDriver">The one that holds it now, or null.</param>
/// <param name="IsChanged">False where there was nothing to do.</param>
public sealed record PciBindingResult(string? PreviousDriver, string? CurrentDriver, bool IsChanged);

/// <summary>
/// Hands a PCI function to vfio-pci and back, by sysfs (Documentation/ABI/testing/sysfs-bus-pci: driver_override, unbind,
/// drivers_probe). Needs root. Both ways may be repeated: what is already so is left alone. Two processes that bind the same function
/// at once disturb each other; the result that is reported is what sysfs said at the end.
/// </summary>
public sealed class PciBinding
{
    private const string DriversProbe = "bus/pci/drivers_probe";
    private const string NoIommuMode = "module/vfio/parameters/enable_unsafe_noiommu_mode";
    private const string VfioPciDirectory = "bus/pci/drivers/" + PciDrivers.VfioPci;

    private readonly PciFunctions _functions;

    /// <summary>Binds functions of a machine.</summary>
    /// <param name="functions">The machine's functions.</param>
    public PciBinding(PciFunctions functions)
    {
        ArgumentNullException.ThrowIfNull(functions);
        _functions = functions;
    }

    /// <summary>
    /// Gives a function to vfio-pci, taking it from the driver that holds it. One that another VFIO driver (mlx5_vfio_pci, ...) holds
    /// stays there. Where a step fails, what was done before is undone, and the exception says what stands.
    /// </summary>
    /// <param name="address">The function.</param>
    /// <returns>The drivers before and after.</returns>
    /// <exception cref="VfioException">No such function; a bridge; no IOMMU group; vfio-pci not loaded; not root; vfio-pci refused it.</exception>
    public PciBindingResult Bind(DeviceAddress address)
    {
        const string Operation = "be bound to vfio-pci";
        var function = Require(address, Operation);
        if (function.IsBoundToVfio)
            return new PciBindingResult(function.DriverName, function.DriverName, IsChanged: false);

        if (function.IsBridge)
        {
            throw new VfioException(Operation, address.Path, Errno.None,
                "it is a bridge, which vfio-pci does not take; bind the functions behind it.");
        }

        if (function.IommuGroup is null && !IsNoIommuAllowed())
        {
            throw new VfioException(Operation, address.Path, Errno.None,
                "it is in no IOMMU group: boot with intel_iommu=on or amd_iommu=on and the IOMMU enabled in the firmware"
                + (_functions.Sysfs.FileExists(NoIommuMode)
                    ? $"; to go without an IOMMU, and without its protection, `echo Y > {_functions.Sysfs.FullPath(NoIommuMode)}`."
                    : "."));
        }

        if (!_functions.Sysfs.DirectoryExists(VfioPciDirectory))
            throw new VfioException(Operation, address.Path, Errno.None, "the kernel has no driver vfio-pci: load it with `modprobe vfio-pci`.");

        var errno = WriteOverride(address, PciDrivers.VfioPci);
        if (errno != Errno.None)
            throw Refused(Operation, address, errno, "nothing was changed.");

        errno = function.DriverName is null ? Errno.None : Detach(address);
        if (errno == Errno.None)
            errno = Probe(address);
        var current = _functions.Find(address)?.DriverName;
        if (errno != Errno.None || current != PciDrivers.VfioPci)
            throw Refused(Operation, address, errno, Restore(function));

        return new PciBindingResult(function.DriverName, current, IsChanged: true);
    }

    /// <summary>
    /// Takes a function from the VFIO driver that holds it and lets the kernel choose a driver for it again; that may be none. Waits
    /// until every program has closed the function: the kernel asks them to by the request interrupt.
    /// </summary>
    /// <param name="address">The function.</param>
    /// <returns>The drivers before and after.</returns>
    /// <exception cref="VfioException">No such function; not root; the kernel refused.</exception>
    public PciBindingResult Unbind(DeviceAddress address)
    {
        const string Operation = "be unbound from vfio-pci";
        var function = Require(address, Operation);
        var isReserved = function.DriverOverride is { } reserved && PciDrivers.IsNamedVfio(reserved);
        if (!function.IsBoundToVfio && !isReserved)
            return new PciBindingResult(function.DriverName, function.DriverName, IsChanged: false);

        var errno = isReserved ? WriteOverride(address, string.Empty) : Errno.None;
        if (errno != Errno.None)
            throw Refused(Operation, address, errno, "nothing was changed.");

        if (function.IsBoundToVfio)
        {
            errno = Detach(address);
            if (errno != Errno.None)
            {
                // Put back so that the function is reserved as it was.
                var isRestored = !isReserved || WriteOverride(address, function.DriverOverride!) == Errno.None;
                throw Refused(Operation, address, errno, isRestored
                    ? $"{function.DriverName} still holds it."
                    : $"{function.DriverName} still holds it, but driver_override is cleared.");
            }
        }

        errno = Probe(address);
        if (errno != Errno.None)
            throw Refused(Operation, address, errno, "it is free of vfio-pci, but the kernel did not look for its driver.");

        return new PciBindingResult(function.DriverName, _functions.Find(address)?.DriverName, IsChanged: true);
    }

    private PciFunctionInfo Require(DeviceAddress address, string operation)
    {
        ArgumentNullException.ThrowIfNull(address);
        if (address.Scheme != DeviceAddress.PciScheme)
            throw new VfioException(operation, address.ToString(), Errno.None, "only a PCI function of this machine has a driver.");

        return _functions.Find(address)
            ?? throw new VfioException(operation, address.Path, Errno.ENODEV, "this machine has no such PCI function; `vfio list` shows those that it has.");
    }

    private bool IsNoIommuAllowed() =>
        _functions.Sysfs.ReadText(NoIommuMode) is "Y" or "1";

    // driver_override takes a line; an empty one clears it.
    private Errno WriteOverride(DeviceAddress address, string driver) =>
        _functions.Sysfs.Write($"{PciFunctions.DirectoryOf(address)}/driver_override", driver + "\n");

    private Errno Detach(DeviceAddress address) =>
        _functions.Sysfs.Write($"{PciFunctions.DirectoryOf(address)}/driver/unbind", address.Path);

    private Errno Probe(DeviceAddress address) => _functions.Sysfs.Write(DriversProbe, address.Path);

    private string Restore(PciFunctionInfo before)
    {
        if (_functions.Find(before.Address) is null)
            return "the function is gone.";

        var isCleared = WriteOverride(before.Address, before.DriverOverride ?? string.Empty) == Errno.None;
        var driver = _functions.Find(before.Address)?.DriverName;
        if (before.DriverName is not null && driver is null && Probe(before.Address) == Errno.None)
            driver = _functions.Find(before.Address)?.DriverName;

        var state = driver switch
        {
            null when before.DriverName is null => "no driver holds it, as before",
            null => $"{before.DriverName} was taken off and did not come back: `echo {before.Address.Path} > /sys/bus/pci/drivers_probe`",
            _ when driver == before.DriverName => $"{driver} holds it, as before",
            _ => $"{driver} holds it now",
        };
        return isCleared ? $"{state}; the kernel's log (dmesg) may say more." : $"{state}, and driver_override still says vfio-pci.";
    }

    private static VfioException Refused(string operation, DeviceAddress address, Errno errno, string state)
    {
        var cause = errno switch
        {
            Errno.EACCES or Errno.EPERM => "only root may change a function's driver, so run the same command with sudo; ",
            Errno.EROFS => "sysfs is mounted read-only, as it is in most containers; ",
            _ => string.Empty,
        };
        return new VfioException(operation, address.Path, errno, cause + state);
    }
}
