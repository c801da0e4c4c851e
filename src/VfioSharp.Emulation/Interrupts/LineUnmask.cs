using VfioSharp.Interrupts;
using VfioSharp.Native;

namespace VfioSharp.Emulation.Interrupts;

/// <summary>
/// The eventfd by which whoever drives the function lets the interrupt line through again, without a request for each interrupt
/// (VFIO_IRQ_SET_DATA_EVENTFD | ACTION_UNMASK; drivers/vfio/virqfd.c): KVM signals it when a guest has dealt with the interrupt. For a caller in
/// the gate, but for the disposal.
/// </summary>
internal sealed class LineUnmask(FunctionGate gate, FunctionInterrupts interrupts) : IDisposable
{
    private EventWatch? _watch;
    private FileDescriptor? _event;

    /// <summary>Connects an eventfd in the place of the one that there is, or none.</summary>
    /// <param name="event">The eventfd, which is this object's from here on, also where it refuses; null for none.</param>
    /// <returns>None; or EINVAL where the line is not on, or it is no eventfd (vfio_pci_set_intx_unmask()).</returns>
    /// <exception cref="VfioException">No descriptor is left to watch it; then there is none.</exception>
    public Errno Connect(FileDescriptor? @event)
    {
        if (!interrupts.UsesLine || (@event is not null && !EventVectors.IsEventFd(@event)))
        {
            @event?.Dispose();
            return Errno.EINVAL;
        }

        Forget();
        if (@event is null)
            return Errno.None;
        try
        {
            _watch ??= EventWatch.Start("VfioSharp unmask", Unmask);
            _watch.Add(@event, 0);
        }
        catch
        {
            @event.Dispose();
            throw;
        }

        _event = @event;
        return Errno.None;
    }

    /// <summary>Closes the eventfd, as when the line is switched off.</summary>
    public void Forget()
    {
        if (_event is null)
            return;
        _watch!.Remove(_event);
        _event.Dispose();
        _event = null;
    }

    /// <summary>Ends what is watched. Not from within the gate, for which its thread may wait.</summary>
    public void Dispose()
    {
        _watch?.Dispose();
        _event?.Dispose();
    }

    private void Unmask()
    {
        using (gate.TakeTurn())
        {
            if (_watch!.TryTake(out _))
                _ = interrupts.SetMask(InterruptIndex.Intx, 0, 1, false);
        }
    }
}
