using VfioSharp.Native;

namespace VfioSharp.Interrupts;

/// <summary>What it means that a register answered all ones.</summary>
internal enum AllOnesMeaning
{
    /// <summary>The register holds that value.</summary>
    Value,

    /// <summary>The device is in error state, and answers so whatever is read.</summary>
    InError,

    /// <summary>The device was in error state just now and answers again: whether the register holds that value is not known.</summary>
    Recovered,
}

/// <summary>
/// Knows whether the device reported an error (VFIO_PCI_ERR_IRQ_INDEX) that nothing has ended since. It costs an eventfd, connected when
/// the first window is opened, and no thread: who reads all ones asks, and nobody else. While the program has the error interrupt itself,
/// as a vector or by the event, the kernel signals that one, and this watch looks at it without taking anything from it. All members may
/// be called from any thread.
/// </summary>
/// <remarks>
/// The event is neither sure nor final. It comes a moment after the error, and a function without a PCI Express capability, such as ISM,
/// has none. What follows it differs: of a function of IBM Z that vfio-pci holds, Linux 6.12 says that the driver does not support recovery
/// and leaves it in error state; 7.2 recovers it by itself a moment later; 7.3, where it has KVM, leaves that to the program
/// (arch/s390/pci/pci_event.c, zpci_event_attempt_error_recovery). So the function itself is asked, by a register of its configuration space
/// that VFIO does not answer on its behalf.
/// </remarks>
internal sealed class ErrorWatch
{
    private readonly DeviceInterrupts _device;
    private readonly Func<bool?> _answersConfig;

    // Changed under the device's gate.
    private EventFd? _event;
    private bool _hasBegun;

    private bool _isInError;
    private bool _isAcknowledged;
    private int _wasReported;

    /// <summary>Creates the watch of a device; nothing is connected yet.</summary>
    /// <param name="device">The device's interrupts.</param>
    /// <param name="answersConfig">Asks the function for its configuration: whether it answers, or null where it cannot be asked.</param>
    public ErrorWatch(DeviceInterrupts device, Func<bool?> answersConfig)
    {
        _device = device;
        _answersConfig = answersConfig;
    }

    /// <summary>
    /// Connects the watch's eventfd, the first time that it is called. Where the device has no error interrupt it does nothing; where the
    /// kernel refuses, that is logged: the watch then knows what the program's own vector and the function's configuration tell.
    /// </summary>
    public void Begin()
    {
        if (Volatile.Read(ref _hasBegun))
            return;
        lock (_device.Gate)
        {
            if (_hasBegun || _device.IsClosed)
                return;
            Volatile.Write(ref _hasBegun, true);
            if (!_device.Error.IsPresent)
                return;
            try
            {
                Volatile.Write(ref _event, EventFd.Create());
                if (!_device.Error.IsEnabled)
                    Connect();
            }
            catch (VfioException exception)
            {
                _device.Logger.ErrorsNotWatched(exception, _device.Address);
                _event?.Dispose();
                Volatile.Write(ref _event, null);
            }
        }
    }

    /// <summary>Says what it means that a register answered all ones.</summary>
    /// <param name="isErrorHidden">Whether the way to the register may hide an error state of which no event tells.</param>
    public AllOnesMeaning Judge(bool isErrorHidden)
    {
        var hasFired = HasFired();
        if (!hasFired && !isErrorHidden)
            return AllOnesMeaning.Value;
        var answers = _answersConfig();
        if (answers == false || (hasFired && answers is null))
        {
            Volatile.Write(ref _isInError, true);
            if (Interlocked.Exchange(ref _wasReported, 1) == 0)
                _device.Logger.InErrorState(_device.Address);
            return AllOnesMeaning.InError;
        }

        if (!hasFired)
            return AllOnesMeaning.Value;
        Clear();
        _device.Logger.RecoveredFromError(_device.Address);
        return AllOnesMeaning.Recovered;
    }

    /// <summary>Ends the error: the device was reset, or is seen to answer again.</summary>
    public void Clear()
    {
        lock (_device.Gate)
        {
            if (_device.IsClosed)
                return;
            _event?.TryTake(out _);
            // What the program has not taken from its vector yet belongs to the error that is over.
            _isAcknowledged = OwnVector is { } vector && vector.Event.IsSignalled();
            Volatile.Write(ref _isInError, false);
            Volatile.Write(ref _wasReported, 0);
        }
    }

    /// <summary>The program took an error from its own vector.</summary>
    public void OnTaken()
    {
        if (Volatile.Read(ref _isAcknowledged))
            Volatile.Write(ref _isAcknowledged, false);
        else
            Volatile.Write(ref _isInError, true);
    }

    /// <summary>
    /// The program gives the error interrupt back; called in the device's gate, while the vector's eventfd is still open. Throws nothing:
    /// what fails is logged.
    /// </summary>
    /// <param name="vector">The vector, disconnected by now.</param>
    public void OnDisconnected(InterruptVector? vector)
    {
        try
        {
            if (vector is not null && !_isAcknowledged && vector.Event.IsSignalled())
                Volatile.Write(ref _isInError, true);
            _isAcknowledged = false;
            if (_event is not null && !_device.IsClosed)
                Connect();
        }
        catch (VfioException exception)
        {
            _device.Logger.ErrorsNotWatched(exception, _device.Address);
        }
    }

    /// <summary>Closes the watch's eventfd; called in the device's gate. The kernel disconnects it with the device.</summary>
    public void Close()
    {
        _event?.Dispose();
        Volatile.Write(ref _event, null);
    }

    private InterruptVector? OwnVector => _device.Error.Enabled?.Find(0);

    private void Connect() =>
        _device.Backend.ConnectInterrupts(InterruptIndex.Error, InterruptAction.Trigger, 0, [_event!.Descriptor.Number]);

    private bool HasFired()
    {
        if (Volatile.Read(ref _isInError))
            return true;
        try
        {
            if ((Volatile.Read(ref _event) is { } own && own.TryTake(out _))
                || (!Volatile.Read(ref _isAcknowledged) && OwnVector is { } vector && vector.Event.IsSignalled()))
            {
                Volatile.Write(ref _isInError, true);
            }
        }
        catch (ObjectDisposedException)
        {
            // The device, or the program's vector, is closed at this moment, and with it what could be looked at.
        }

        return Volatile.Read(ref _isInError);
    }
}
