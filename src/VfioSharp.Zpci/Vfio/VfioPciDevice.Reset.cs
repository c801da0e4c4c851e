using VfioSharp.Emulation;
using VfioSharp.Zpci.Kernel;
using VfioSharp.Zpci.Machine;

namespace VfioSharp.Zpci.Vfio;

// VFIO_DEVICE_RESET and the features LOW_POWER_ENTRY and LOW_POWER_EXIT (drivers/vfio/pci/vfio_pci_core.c).
public partial class VfioPciDevice
{
    private bool _isInLowPower;

    /// <summary>Whether the device is in the low-power state that its user asked for.</summary>
    public bool IsInLowPower => _isInLowPower;

    /// <summary>Whether the kernel has the feature.</summary>
    public bool HasLowPower => KernelRules.HasLowPower(Host.Description.Kernel);

    /// <summary>
    /// VFIO_DEVICE_RESET: every mapping is zapped, the function is reset, and configuration space is as it was before
    /// (pci_try_reset_function(), which saves and restores it).
    /// </summary>
    /// <returns>0, or why not: ENODEV where the function is gone.</returns>
    public KernelResult Reset()
    {
        if (Function.State == ZpciFunctionState.Removed)
            return Errno.ENODEV;
        Zap();
        var saved = new byte[FunctionConfigSpace.ConventionalLengthInBytes];
        DeviceConfig.Read(0, saved);
        Function.Reset();
        DeviceConfig.Write(0, saved);
        RestoreMessages();
        return KernelResult.Success;
    }

    /// <summary>
    /// VFIO_DEVICE_FEATURE_LOW_POWER_ENTRY: every mapping is zapped; reads and writes of the file wake the device up for themselves.
    /// </summary>
    /// <returns>0, EINVAL where it is in low power already, or ENOTTY before Linux 6.1.</returns>
    public KernelResult EnterLowPower()
    {
        if (!HasLowPower)
            return Errno.ENOTTY;
        if (_isInLowPower)
            return Errno.EINVAL;
        Zap();
        _isInLowPower = true;
        return KernelResult.Success;
    }

    /// <summary>VFIO_DEVICE_FEATURE_LOW_POWER_EXIT.</summary>
    /// <returns>0, or ENOTTY before Linux 6.1.</returns>
    public KernelResult ExitLowPower()
    {
        if (!HasLowPower)
            return Errno.ENOTTY;
        _isInLowPower = false;
        return KernelResult.Success;
    }
}
