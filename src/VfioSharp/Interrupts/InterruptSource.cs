namespace VfioSharp.Interrupts;

/// <summary>
/// One kind of interrupt of a device: its line, MSI, MSI-X, or one of VFIO's own two. Enabling it gives the vectors. All members may be
/// called from any thread.
/// </summary>
public sealed class InterruptSource
{
    private readonly DeviceInterrupts _device;
    private InterruptVectors? _enabled;

    internal InterruptSource(DeviceInterrupts device, InterruptDescription description)
    {
        _device = device;
        Description = description;
    }

    /// <summary>What the device says of it.</summary>
    public InterruptDescription Description { get; }

    /// <summary>The index by which VFIO knows it.</summary>
    public InterruptIndex Index => Description.Index;

    /// <summary>Whether the device has it at all.</summary>
    public bool IsPresent => Description.Count > 0;

    /// <summary>Whether vectors may be added while others run (the flag VFIO_IRQ_INFO_NORESIZE is absent).</summary>
    public bool CanGrow => (Description.Flags & InterruptFlags.NoResize) == 0;

    /// <summary>Whether it is enabled now.</summary>
    public bool IsEnabled => Volatile.Read(ref _enabled) is not null;

    /// <summary>The name as the PCI specification writes it, or what VFIO's own two are for.</summary>
    public string Name => Index switch
    {
        InterruptIndex.Intx => "INTx",
        InterruptIndex.Msi => "MSI",
        InterruptIndex.Msix => "MSI-X",
        InterruptIndex.Error => "the error interrupt",
        InterruptIndex.Request => "the request interrupt",
        _ => $"interrupt index {(int)Index}",
    };

    internal EventLoop Loop => _device.Loop;

    // Of INTx, MSI and MSI-X the kernel runs one at a time; the other two are signals of VFIO's own that stand beside them.
    internal bool IsExclusive => Index is InterruptIndex.Intx or InterruptIndex.Msi or InterruptIndex.Msix;

    internal InterruptVectors? Enabled
    {
        get => _enabled;
        set => Volatile.Write(ref _enabled, value);
    }

    /// <summary>Enables the vectors from 0 on, each with an eventfd of its own, in one request (VFIO_DEVICE_SET_IRQS).</summary>
    /// <param name="count">How many, from 1 to the description's count. MSI may be granted in powers of two only.</param>
    /// <returns>The vectors, which the caller owns: disposing them disables the interrupt.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The count is below 1 or above what the device has.</exception>
    /// <exception cref="InvalidOperationException">It is enabled already, or another of INTx, MSI and MSI-X is.</exception>
    /// <exception cref="ObjectDisposedException">The device is closed.</exception>
    /// <exception cref="VfioException">
    /// The device has no such interrupt, the kernel has fewer vectors to give, or no descriptor is left. Nothing is enabled then.
    /// </exception>
    public InterruptVectors Enable(int count = 1) => Enable(0, count);

    /// <summary>
    /// Enables some vectors, the first of which need not be 0: those below it can be added later, even where the interrupt cannot grow.
    /// </summary>
    /// <param name="first">The first vector's number.</param>
    /// <inheritdoc cref="Enable(int)"/>
    /// <param name="count">How many, at least 1.</param>
    /// <exception cref="ArgumentOutOfRangeException">A vector's number is below 0 or beyond what the device has, or the count is below 1.</exception>
    public InterruptVectors Enable(int first, int count)
    {
        if (!IsPresent)
            throw new VfioException($"enable {Name}", _device.Address, Errno.None, "the device has no such interrupt.");
        if (first < 0 || first >= Description.Count)
            throw new ArgumentOutOfRangeException(nameof(first), first, $"{Name} of this device has the vectors 0 to {Description.Count - 1}.");
        if (count < 1 || count > Description.Count - first)
        {
            throw new ArgumentOutOfRangeException(
                nameof(count), count, $"From vector {first} on, {Name} of this device has 1 to {Description.Count - first} vectors to enable.");
        }

        lock (_device.Gate)
        {
            _device.ThrowIfClosed();
            ThrowIfBlocked();
            return Enabled = InterruptVectors.Connect(this, _device, first, count);
        }
    }

    internal void Apply(InterruptVector vector, InterruptAction action)
    {
        if (action != InterruptAction.Trigger)
            ThrowIfNotMaskable();
        lock (_device.Gate)
        {
            vector.ThrowIfClosed();
            _device.Backend.ApplyInterruptAction(Index, action, vector.Number, 1);
        }
    }

    internal void OnErrorTaken() => _device.Errors.OnTaken();

    internal void ThrowIfNotMaskable()
    {
        if ((Description.Flags & InterruptFlags.Maskable) == 0)
            throw new InvalidOperationException($"VFIO cannot mask {Name} of this device; only the line, INTx, is masked there.");
    }

    private void ThrowIfBlocked()
    {
        var obstacle = IsExclusive ? _device.Active : Enabled?.Source;
        if (obstacle is null)
            return;
        var why = obstacle == this
            ? $"{Name} is enabled already; dispose its vectors, or remove the handlers of its event, before it is enabled again."
            : $"{Name} cannot be enabled while {obstacle.Name} is, since one of INTx, MSI and MSI-X is active at a time; dispose the vectors of {obstacle.Name} first.";
        throw new InvalidOperationException(why);
    }
}
