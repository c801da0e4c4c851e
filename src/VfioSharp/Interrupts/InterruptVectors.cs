using System.Collections;
using System.Diagnostics.CodeAnalysis;
using VfioSharp.Native;

namespace VfioSharp.Interrupts;

/// <summary>
/// The vectors of an interrupt while it is enabled. Owns their eventfds: disposing it disables the interrupt and closes them, which ends
/// whoever waits with <see cref="ObjectDisposedException"/>. Closing the device disposes it too. All members may be called from any thread.
/// </summary>
[SuppressMessage("Naming", "CA1710", Justification = "The plural says it, and it is more than a collection: its life is the interrupt's.")]
public sealed class InterruptVectors : IReadOnlyCollection<InterruptVector>, IDisposable
{
    private readonly DeviceInterrupts _device;

    // A slot per vector number; replaced, never changed, so that it is read without a lock.
    private InterruptVector?[] _slots = [];
    private InterruptResample? _resample;

    private InterruptVectors(InterruptSource source, DeviceInterrupts device)
    {
        Source = source;
        _device = device;
    }

    /// <summary>The interrupt that is enabled.</summary>
    public InterruptSource Source { get; }

    /// <summary>How many vectors are connected.</summary>
    public int Count => Volatile.Read(ref _slots).Count(vector => vector is not null);

    /// <summary>A connected vector.</summary>
    /// <param name="number">Its number, from 0.</param>
    /// <returns>The vector, which stays this object's own.</returns>
    /// <exception cref="ArgumentOutOfRangeException">No vector of this number is connected.</exception>
    public InterruptVector this[int number] =>
        Find(number) ?? throw new ArgumentOutOfRangeException(nameof(number), number, $"{Source.Name} has no such vector connected.");

    internal bool IsClosed { get; private set; }

    /// <summary>
    /// Connects one more vector while the others run. Beyond the last that was enabled at first this needs an interrupt that can grow
    /// (<see cref="InterruptSource.CanGrow"/>): MSI-X since Linux 6.5, where the platform allows it.
    /// </summary>
    /// <param name="number">The vector's number, from 0 to the description's count - 1.</param>
    /// <returns>The vector, which stays this object's own.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The device has no vector of this number.</exception>
    /// <exception cref="InvalidOperationException">It is connected already, or the interrupt cannot grow.</exception>
    /// <exception cref="ObjectDisposedException">The interrupt is disabled.</exception>
    /// <exception cref="VfioException">The kernel refuses, or no descriptor is left; the other vectors run on.</exception>
    public InterruptVector Add(int number)
    {
        if (number < 0 || number >= Source.Description.Count)
        {
            throw new ArgumentOutOfRangeException(
                nameof(number), number, $"{Source.Name} of this device has the vectors 0 to {Source.Description.Count - 1}.");
        }

        lock (_device.Gate)
        {
            ThrowIfClosed();
            if (Find(number) is not null)
                throw new InvalidOperationException($"{Source.Name} {number} is connected already.");
            if (number >= _slots.Length && !Source.CanGrow)
            {
                throw new InvalidOperationException(
                    $"{Source.Name} of this device cannot grow beyond its {_slots.Length} vectors while it is enabled (NORESIZE): enable all that are needed at once.");
            }

            ConnectLocked(number, 1);
            return this[number];
        }
    }

    /// <summary>
    /// Disconnects one vector and closes its eventfd while the others run. Its number can be added again. Of INTx and VFIO's own two
    /// dispose this object instead: a single vector is the whole.
    /// </summary>
    /// <param name="number">The vector's number.</param>
    /// <exception cref="ArgumentOutOfRangeException">No vector of this number is connected.</exception>
    /// <exception cref="InvalidOperationException">The interrupt is neither MSI nor MSI-X.</exception>
    /// <exception cref="ObjectDisposedException">The interrupt is disabled.</exception>
    /// <exception cref="VfioException">The kernel refuses; the vector stays connected.</exception>
    public void Remove(int number)
    {
        if (Source.Index is not (InterruptIndex.Msi or InterruptIndex.Msix))
            throw new InvalidOperationException($"{Source.Name} has one vector: dispose the vectors to disconnect it.");
        lock (_device.Gate)
        {
            ThrowIfClosed();
            var vector = this[number];
            _device.Backend.ConnectInterrupts(Source.Index, InterruptAction.Trigger, number, [-1]);
            var slots = (InterruptVector?[])_slots.Clone();
            slots[number] = null;
            Volatile.Write(ref _slots, slots);
            vector.Close();
        }
    }

    /// <summary>
    /// Connects an eventfd that unmasks the line when it is signalled (VFIO_IRQ_SET_DATA_EVENTFD | VFIO_IRQ_SET_ACTION_UNMASK), the
    /// "resample" of a level interrupt: a driver, or an emulated machine's interrupt controller, then unmasks without asking VFIO. INTx only.
    /// </summary>
    /// <returns>The resample event, which the caller owns; it ends with these vectors too.</returns>
    /// <exception cref="InvalidOperationException">The interrupt cannot be masked through VFIO, or has a resample event already.</exception>
    /// <exception cref="ObjectDisposedException">The interrupt is disabled.</exception>
    /// <exception cref="VfioException">The kernel refuses, or no descriptor is left.</exception>
    public InterruptResample ConnectResample()
    {
        Source.ThrowIfNotMaskable();
        lock (_device.Gate)
        {
            ThrowIfClosed();
            if (_resample is { IsClosed: false })
                throw new InvalidOperationException($"{Source.Name} has a resample event already; dispose that first.");
            return _resample = InterruptResample.Connect(_device, Source.Index);
        }
    }

    /// <summary>The connected vectors in the order of their numbers, as they are now.</summary>
    /// <returns>An enumerator.</returns>
    public IEnumerator<InterruptVector> GetEnumerator() => Volatile.Read(ref _slots).OfType<InterruptVector>().GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    /// <summary>
    /// Disables the interrupt and closes the eventfds. Where the device refuses, as one that is gone does, that is logged: the eventfds
    /// are closed all the same, and the kernel disables the interrupt with the device. A second call does nothing.
    /// </summary>
    public void Dispose()
    {
        lock (_device.Gate)
        {
            if (IsClosed)
                return;
            IsClosed = true;
            try
            {
                _device.Backend.DisableInterrupts(Source.Index);
                _device.Logger.Disabled(Source.Index, _device.Address);
            }
            catch (VfioException exception)
            {
                _device.Logger.NotDisabled(exception, Source.Index);
            }
            finally
            {
                Source.Enabled = null;
                if (Source.Index == InterruptIndex.Error)
                    _device.Errors.OnDisconnected(Find(0));
                _resample?.Close();
                foreach (var vector in this)
                    vector.Close();
                Volatile.Write(ref _slots, []);
            }
        }
    }

    internal static InterruptVectors Connect(InterruptSource source, DeviceInterrupts device, int first, int count)
    {
        var vectors = new InterruptVectors(source, device);
        vectors.ConnectLocked(first, count);
        return vectors;
    }

    internal InterruptVector? Find(int number)
    {
        var slots = Volatile.Read(ref _slots);
        return (uint)number < (uint)slots.Length ? slots[number] : null;
    }

    private void ConnectLocked(int first, int count)
    {
        var slots = new InterruptVector?[Math.Max(_slots.Length, first + count)];
        _slots.CopyTo(slots, 0);
        var descriptors = new int[count];
        var made = 0;
        try
        {
            for (; made < count; made++)
            {
                var @event = EventFd.Create();
                descriptors[made] = @event.Descriptor.Number;
                slots[first + made] = new InterruptVector(Source, first + made, @event);
            }

            _device.Backend.ConnectInterrupts(Source.Index, InterruptAction.Trigger, first, descriptors);
        }
        catch
        {
            for (var position = 0; position < made; position++)
                slots[first + position]!.Event.Dispose();
            throw;
        }

        Volatile.Write(ref _slots, slots);
        _device.Logger.Connected(first, first + count - 1, Source.Index, _device.Address);
    }

    private void ThrowIfClosed() => ObjectDisposedException.ThrowIf(IsClosed, this);
}
