namespace VfioSharp.Interrupts;

/// <summary>
/// A .NET event that an interrupt raises. The interrupt is enabled while there are handlers. A task of the thread pool waits for it and
/// calls them.
/// </summary>
internal sealed class InterruptEvent(InterruptSource source, DeviceInterrupts sender, string name)
{
    // Taken before the device's gate.
    private readonly object _gate = new();
    private EventHandler? _handlers;
    private InterruptVectors? _vectors;
    private Task _pump = Task.CompletedTask;

    public void Add(EventHandler? handler)
    {
        if (handler is null)
            return;
        lock (_gate)
        {
            if (_vectors is null && source.IsPresent)
            {
                // Here, so that whoever subscribes learns that it cannot work, not the log.
                sender.Loop.Start();
                _vectors = source.Enable();
                var vector = _vectors[0];
                var previous = _pump;
                _pump = Task.Run(() => RaiseAsync(vector, previous));
            }

            _handlers += handler;
        }
    }

    public void Remove(EventHandler? handler)
    {
        lock (_gate)
        {
            _handlers -= handler;
            if (_handlers is not null)
                return;
            _vectors?.Dispose();
            _vectors = null;
        }
    }

    // The one before may still be in a handler; two handlers never run at once.
    private async Task RaiseAsync(InterruptVector vector, Task previous)
    {
        await previous.ConfigureAwait(false);
        try
        {
            while (true)
            {
                await vector.WaitAsync().ConfigureAwait(false);
                Raise();
            }
        }
        catch (ObjectDisposedException)
        {
            // The last handler went, or the device was closed: the way this task ends.
        }
        catch (VfioException exception)
        {
            sender.Logger.EventEnded(exception, name);
        }
    }

    private void Raise()
    {
        EventHandler? handlers;
        lock (_gate)
            handlers = _handlers;
        foreach (var handler in handlers?.GetInvocationList() ?? [])
        {
            try
            {
                ((EventHandler)handler)(sender, EventArgs.Empty);
            }
            catch (Exception exception)
            {
                sender.Logger.HandlerThrew(exception, name);
            }
        }
    }
}
