using VfioSharp.Interrupts;
using VfioSharp.Native;

namespace VfioSharp.Emulation.Interrupts;

/// <summary>
/// The interrupts of a function as VFIO hands them out: eventfds that whoever drives the function connects to vectors (include/uapi/linux/vfio.h,
/// VFIO_DEVICE_SET_IRQS), and the rules by which one of them fires. Made by who plugs the function in, one at a time for a function.
/// </summary>
/// <remarks>
/// <para>Connecting vectors does to the function what Linux does to a device for a program that asks for interrupts
/// (drivers/vfio/pci/vfio_pci_intrs.c): MSI or MSI-X is switched on in configuration space and the vectors that are connected are unmasked in the
/// MSI-X table. A driver's own masks, in the table and in configuration space, count as well.</para>
/// <para>All members may be called from any thread; those that change or look at the function's registers while no call to the function is under
/// way, as for the function itself.</para>
/// </remarks>
internal sealed partial class FunctionInterrupts : IDisposable
{
    private readonly Lock _gate = new();
    private readonly PciFunction _function;
    private readonly EventVectors _line;
    private readonly EventVectors _msi;
    private readonly EventVectors _msix;
    private readonly EventVectors _error = new(1);
    private readonly EventVectors _request = new(1);

    private readonly bool _growsMsi;

    // Of INTx, MSI and MSI-X at most one is on.
    private InterruptIndex? _on;

    /// <summary>Takes the interrupts of a function.</summary>
    /// <param name="function">The function.</param>
    /// <param name="growsMsi">
    /// Whether vectors can be added to those of MSI that were switched on. The kernel's VFIO cannot; clients of vfio-user connect many in several
    /// messages, each with as many descriptors as it may have.
    /// </param>
    public FunctionInterrupts(PciFunction function, bool growsMsi = false)
    {
        _function = function;
        _growsMsi = growsMsi;
        _line = new EventVectors(function.Identity.InterruptPin != 0 ? 1 : 0);
        _msi = new EventVectors(function.Config.MsiVectorCount);
        _msix = new EventVectors(function.Msix?.VectorCount ?? 0);
        function.InterruptsChanged += DeliverHeldBack;
        function.HasBeenReset += OnReset;
    }

    /// <summary>Whether MSI or MSI-X is on.</summary>
    public bool UsesMessages
    {
        get
        {
            lock (_gate)
                return _on is InterruptIndex.Msi or InterruptIndex.Msix;
        }
    }

    /// <summary>Whether the interrupt line is on.</summary>
    public bool UsesLine
    {
        get
        {
            lock (_gate)
                return _on == InterruptIndex.Intx;
        }
    }

    /// <summary>How many vectors an interrupt index has; 0 where the function has no such index.</summary>
    public int GetVectorCount(InterruptIndex index) => Find(index)?.Count ?? 0;

    /// <summary>What there is of an interrupt index, with the flags that Linux gives it.</summary>
    public InterruptDescription Describe(InterruptIndex index)
    {
        var count = GetVectorCount(index);
        var flags = index switch
        {
            _ when count == 0 => InterruptFlags.None,
            InterruptIndex.Intx => InterruptFlags.EventFd | InterruptFlags.Maskable | InterruptFlags.AutoMasked,
            InterruptIndex.Msix => InterruptFlags.EventFd,
            InterruptIndex.Msi when _growsMsi => InterruptFlags.EventFd,
            _ => InterruptFlags.EventFd | InterruptFlags.NoResize,
        };
        return new InterruptDescription(index, flags, count);
    }

    /// <summary>
    /// Connects vectors from one on to eventfds (VFIO_IRQ_SET_DATA_EVENTFD | ACTION_TRIGGER), which switches the index on where it is off.
    /// </summary>
    /// <param name="index">The index.</param>
    /// <param name="start">The first vector.</param>
    /// <param name="events">An eventfd for each vector, or null to disconnect it. They are this object's from here on, also where it refuses.</param>
    /// <returns>
    /// None; or EINVAL for vectors that the function does not have, for another of INTx, MSI and MSI-X being on, for more vectors of MSI than were
    /// switched on, and for a descriptor that is no eventfd.
    /// </returns>
    public Errno Connect(InterruptIndex index, int start, ReadOnlySpan<FileDescriptor?> events)
    {
        lock (_gate)
        {
            if (FindForUse(index, start, events.Length) is not { } vectors || !AreEventFds(events)
                || (index == InterruptIndex.Msi && _on == index && !_growsMsi && start + events.Length > vectors.SwitchedOn))
            {
                foreach (var descriptor in events)
                    descriptor?.Dispose();
                return Errno.EINVAL;
            }

            if (IsExclusive(index) && _on is null)
                SwitchOn(index, vectors, start + events.Length);
            else if (index == InterruptIndex.Msi && start + events.Length > vectors.SwitchedOn)
                SwitchOn(index, vectors, start + events.Length);
            for (var i = 0; i < events.Length; i++)
            {
                vectors.Connect(start + i, events[i]);
                if (index == InterruptIndex.Msix)
                    _function.Msix!.SetMask(start + i, events[i] is null);
            }

            DeliverHeldBackLocked();
            return Errno.None;
        }
    }

    /// <summary>Fires vectors for a test (VFIO_IRQ_SET_DATA_NONE | ACTION_TRIGGER, with a count).</summary>
    /// <returns>None; or EINVAL for vectors that the function does not have, or an index that is off.</returns>
    public Errno Trigger(InterruptIndex index, int start, int count)
    {
        lock (_gate)
        {
            if (FindForUse(index, start, count) is not { } vectors || (IsExclusive(index) && _on != index))
                return Errno.EINVAL;
            for (var vector = start; vector < start + count; vector++)
                vectors.Fire(vector);
            return Errno.None;
        }
    }

    /// <summary>Holds vectors back, or lets them through again, with what came meanwhile (ACTION_MASK and ACTION_UNMASK).</summary>
    /// <returns>None; or EINVAL for vectors that the function does not have, for another index being on, and for ERR and REQ, which have no masks.</returns>
    public Errno SetMask(InterruptIndex index, int start, int count, bool isMasked)
    {
        lock (_gate)
        {
            if (!IsExclusive(index) || FindForUse(index, start, count) is not { } vectors)
                return Errno.EINVAL;
            for (var vector = start; vector < start + count; vector++)
                vectors.SetMask(vector, isMasked);
            DeliverHeldBackLocked();
            return Errno.None;
        }
    }

    /// <summary>Disconnects every vector of an index and switches it off (VFIO_IRQ_SET_DATA_NONE | ACTION_TRIGGER with count 0).</summary>
    /// <returns>None, also where it is off; or EINVAL for an index that the function does not have.</returns>
    public Errno Disable(InterruptIndex index)
    {
        lock (_gate)
        {
            if (Find(index) is not { Count: > 0 } vectors)
                return Errno.EINVAL;
            vectors.DisconnectAll();
            if (_on == index)
                SwitchOff();
            return Errno.None;
        }
    }

    /// <summary>Disconnects everything, as when who drove the function is gone.</summary>
    public void DisableAll()
    {
        lock (_gate)
        {
            foreach (var vectors in (ReadOnlySpan<EventVectors>)[_line, _msi, _msix, _error, _request])
                vectors.DisconnectAll();
            if (_on is not null)
                SwitchOff();
        }
    }

    /// <summary>Closes the eventfds and forgets the function.</summary>
    public void Dispose()
    {
        _function.InterruptsChanged -= DeliverHeldBack;
        _function.HasBeenReset -= OnReset;
        DisableAll();
    }

    private static bool IsExclusive(InterruptIndex index) => index is InterruptIndex.Intx or InterruptIndex.Msi or InterruptIndex.Msix;

    private static bool AreEventFds(ReadOnlySpan<FileDescriptor?> events)
    {
        foreach (var descriptor in events)
        {
            if (descriptor is not null && !EventVectors.IsEventFd(descriptor))
                return false;
        }

        return true;
    }

    private EventVectors? Find(InterruptIndex index) => index switch
    {
        InterruptIndex.Intx => _line,
        InterruptIndex.Msi => _msi,
        InterruptIndex.Msix => _msix,
        InterruptIndex.Error => _error,
        InterruptIndex.Request => _request,
        _ => null,
    };

    private EventVectors? FindForUse(InterruptIndex index, int start, int count) =>
        Find(index) is { } vectors && start >= 0 && count > 0 && start < vectors.Count && count <= vectors.Count - start
            && !(IsExclusive(index) && _on is { } on && on != index)
            ? vectors
            : null;

    private void SwitchOn(InterruptIndex index, EventVectors vectors, int count)
    {
        _on = index;
        vectors.SwitchedOn = count;
        SetInConfig(isOn: true);
    }

    private void SwitchOff()
    {
        SetInConfig(isOn: false);
        for (var vector = 0; _on == InterruptIndex.Msix && vector < _msix.Count; vector++)
            _function.Msix!.SetMask(vector, true);
        _on = null;
    }

    private void SetInConfig(bool isOn)
    {
        if (_on == InterruptIndex.Msix)
            _function.Config.SetMsix(isOn);
        else if (_on == InterruptIndex.Msi)
            _function.Config.SetMsi(isOn, _msi.SwitchedOn);
    }
}
