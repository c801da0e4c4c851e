using VfioSharp.Zpci.Machine;

namespace VfioSharp.Zpci.Kernel;

/// <summary>
/// What Linux does when the machine reports a function in error: arch/s390/pci/pci_event.c, __zpci_event_error() and
/// zpci_event_attempt_error_recovery(). What a driver that only listens, as vfio-pci, gets of it was seen on real kernels: 6.12, 7.2 and
/// 7.3 all tell it; 7.2 brings the function back, the others leave it in error.
/// </summary>
internal static class ErrorEvent
{
    /// <summary>The event of DMA to an address that is not mapped.</summary>
    public const ushort InvalidDma = 0x0002;

    public static void Take(ZpciFunction function, ushort code)
    {
        var host = function.Host;
        var kernel = host.Description.Kernel;
        host.Log.Print($"zpci: {function.Address}: Event 0x{code:x} reports an error for PCI function 0x{function.FunctionId:x}");
        if (!KernelRules.HasErrorRecovery(kernel))
            return;
        if (!KernelRules.RecoversWithMinimalDriver(kernel))
        {
            host.Log.Print($"zpci: {function.Address}: The {host.DriverName} driver bound to the device does not support error recovery");
            // zpci_event_io_failure(): what could not be recovered has failed for good, and that the driver is told.
            function.ErrorSink?.Invoke();
            return;
        }

        function.ErrorSink?.Invoke();
        if (KernelRules.LeavesRecoveryToProgram(kernel))
            return;
        host.Log.Print($"zpci: {function.Address}: Unblocking device access for examination");
        function.Unblock();
        host.Log.Print($"zpci: {function.Address}: The device is ready to resume operations");
    }
}
