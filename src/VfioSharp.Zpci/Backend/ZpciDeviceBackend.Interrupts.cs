using VfioSharp.Interrupts;

namespace VfioSharp.Zpci.Backend;

public sealed partial class ZpciDeviceBackend
{
    private readonly Dictionary<(InterruptIndex Index, int Vector), EventReference> _events = [];

    /// <inheritdoc/>
    public override InterruptDescription DescribeInterrupt(InterruptIndex index)
    {
        lock (_gate)
        {
            _device.GetInterruptInfo((int)index, out var info);
            return info;
        }
    }

    /// <inheritdoc/>
    public override void ConnectInterrupts(InterruptIndex index, InterruptAction action, int start, ReadOnlySpan<int> eventFds)
    {
        if (action != InterruptAction.Trigger)
            throw Refused(index, Errno.EINVAL);
        var references = new EventReference?[eventFds.Length];
        try
        {
            for (var i = 0; i < eventFds.Length; i++)
                references[i] = eventFds[i] < 0 ? null : EventReference.To(eventFds[i]);
            lock (_gate)
            {
                var actions = Array.ConvertAll<EventReference?, Action?>(references, reference => reference is null ? null : reference.Signal);
                if (_device.ConnectInterrupts(index, start, actions) is { IsError: true } refusal)
                    throw Refused(index, refusal.Errno);
                for (var i = 0; i < references.Length; i++)
                {
                    Forget((index, start + i));
                    if (references[i] is { } reference)
                        _events.Add((index, start + i), reference);
                    references[i] = null;
                }
            }
        }
        finally
        {
            foreach (var reference in references)
                reference?.Dispose();
        }
    }

    /// <inheritdoc/>
    public override void ApplyInterruptAction(InterruptIndex index, InterruptAction action, int start, int count)
    {
        lock (_gate)
        {
            if (action != InterruptAction.Trigger)
                throw Refused(index, Errno.EINVAL);
            if (_device.TriggerInterrupts(index, start, count) is { IsError: true } refusal)
                throw Refused(index, refusal.Errno);
        }
    }

    /// <inheritdoc/>
    public override void DisableInterrupts(InterruptIndex index)
    {
        lock (_gate)
        {
            if (_device.DisableInterrupts(index) is { IsError: true } refusal)
                throw Refused(index, refusal.Errno);
            foreach (var key in _events.Keys.Where(key => key.Index == index).ToArray())
                Forget(key);
        }
    }

    private void Forget((InterruptIndex Index, int Vector) key)
    {
        if (_events.Remove(key, out var reference))
            reference.Dispose();
    }

    private VfioException Refused(InterruptIndex index, Errno errno) => new($"set the {index} interrupt", _address, errno);
}
