namespace VfioSharp.Interrupts;

public sealed partial class DeviceInterrupts
{
    private readonly InterruptEvent _deviceInError;
    private readonly InterruptEvent _hostWantsDeviceBack;
    private readonly object _tokenGate = new();
    private CancellationTokenSource? _hostWantsDeviceBackSource;

    /// <summary>
    /// Raised when an uncorrected error of the device was reported (VFIO_PCI_ERR_IRQ_INDEX): stop using it, and reset or close it.
    /// Windows notice the error state whether anybody subscribes or not, and take its all ones for faults. The sender is this object. Handlers
    /// run in the thread pool, one after the other, never two at once; what a handler throws is logged
    /// and neither keeps it from the next handler nor ends the process. A handler may close the device. Where the device has no such
    /// interrupt (<see cref="Error"/> is not present), handlers are accepted and never called.
    /// </summary>
    /// <exception cref="InvalidOperationException">On adding: <see cref="Error"/> is enabled as a vector.</exception>
    /// <exception cref="ObjectDisposedException">On adding: the device is closed.</exception>
    /// <exception cref="VfioException">On adding: the kernel refuses, or no descriptor is left.</exception>
    public event EventHandler? DeviceInError
    {
        add => _deviceInError.Add(value);
        remove => _deviceInError.Remove(value);
    }

    /// <summary>
    /// Raised when the host wants the device back (VFIO_PCI_REQ_IRQ_INDEX): it is being removed, or its driver unbound, and the host
    /// waits until this process closes it. It asks again every ten seconds or so (drivers/vfio/vfio_main.c,
    /// vfio_unregister_group_dev). Handlers are called as those of <see cref="DeviceInError"/> are.
    /// </summary>
    /// <exception cref="InvalidOperationException">On adding: <see cref="Request"/> is enabled as a vector.</exception>
    /// <exception cref="ObjectDisposedException">On adding: the device is closed.</exception>
    /// <exception cref="VfioException">On adding: the kernel refuses, or no descriptor is left.</exception>
    public event EventHandler? HostWantsDeviceBack
    {
        add => _hostWantsDeviceBack.Add(value);
        remove => _hostWantsDeviceBack.Remove(value);
    }

    /// <summary>
    /// A token that is cancelled when the host first wants the device back, to end a driver's waits and loops with:
    /// <c>await vector.WaitAsync(interrupts.GetHostWantsDeviceBackToken())</c>. It subscribes to
    /// <see cref="HostWantsDeviceBack"/> on first use, for as long as the device is open, and is the same each time. Closing the device
    /// does not cancel it.
    /// </summary>
    /// <returns>The token.</returns>
    /// <exception cref="InvalidOperationException"><see cref="Request"/> is enabled as a vector.</exception>
    /// <exception cref="ObjectDisposedException">The device is closed.</exception>
    /// <exception cref="VfioException">The kernel refuses, or no descriptor is left.</exception>
    public CancellationToken GetHostWantsDeviceBackToken()
    {
        lock (_tokenGate)
        {
            if (_hostWantsDeviceBackSource is null)
            {
                var source = new CancellationTokenSource();
                HostWantsDeviceBack += (_, _) => source.Cancel();
                _hostWantsDeviceBackSource = source;
            }

            return _hostWantsDeviceBackSource.Token;
        }
    }
}
