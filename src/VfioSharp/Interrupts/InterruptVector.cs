using System.Diagnostics;
using System.Runtime.InteropServices;
using VfioSharp.Diagnostics;
using VfioSharp.Native;

namespace VfioSharp.Interrupts;

/// <summary>
/// One interrupt vector that is connected: the kernel adds one to its eventfd each time that the device fires it
/// (drivers/vfio/pci/vfio_pci_intrs.c). There are three ways to take what came: <see cref="Wait(TimeSpan, out ulong)"/> blocks the
/// thread, <see cref="WaitAsync"/> blocks none, <see cref="TryTake"/> looks and returns. Each takes all that came since the last time and
/// says how often it fired. All members may be called from any thread. Where several wait for one vector, each interrupt reaches one of
/// them. The vector belongs to the <see cref="InterruptVectors"/> that it came from and ends with it.
/// </summary>
public sealed partial class InterruptVector
{
    private readonly InterruptSource _source;
    private readonly EventFd _event;
    private bool _closed;

    internal InterruptVector(InterruptSource source, int number, EventFd @event)
    {
        _source = source;
        _event = @event;
        Number = number;
    }

    /// <summary>The kind of interrupt.</summary>
    public InterruptIndex Index => _source.Index;

    /// <summary>The vector's number, from 0.</summary>
    public int Number { get; }

    /// <summary>
    /// The eventfd, for an epoll set or a poll(2) of the program's own: it is readable when the vector has fired. It stays the vector's:
    /// hold it with <see cref="SafeHandle.DangerousAddRef"/> while its number is in use, and do not dispose it. It is non-blocking and
    /// must stay so. Take what came with <see cref="TryTake"/>, which counts it; the vector's end makes it readable one last time, and
    /// then <see cref="TryTake"/> throws <see cref="ObjectDisposedException"/>.
    /// </summary>
    public SafeHandle EventHandle => _event.Descriptor;

    internal EventFd Event => _event;

    /// <summary>Takes what came since the last time, without waiting: one read(2), no allocation.</summary>
    /// <param name="count">How often the vector fired; 0 where it did not.</param>
    /// <returns>Whether it fired.</returns>
    /// <exception cref="ObjectDisposedException">The vector is disposed.</exception>
    /// <exception cref="VfioException">The eventfd cannot be read.</exception>
    public bool TryTake(out ulong count)
    {
        if (!TryTakeUncounted(out count))
            return false;
        Count(count);
        return true;
    }

    /// <summary>Blocks the thread until the vector fires or the time is over.</summary>
    /// <inheritdoc cref="Wait(TimeSpan, out ulong)"/>
    public bool Wait(TimeSpan timeout) => Wait(timeout, out _);

    /// <summary>
    /// Blocks the thread until the vector fires or the time is over. Signals that interrupt the wait do not prolong it.
    /// </summary>
    /// <param name="timeout">
    /// How long, rounded up to whole milliseconds; zero looks once; <see cref="Timeout.InfiniteTimeSpan"/> waits for ever.
    /// </param>
    /// <param name="count">How often the vector fired since the last time; 0 where the time is over.</param>
    /// <returns>True where it fired, false where the time is over.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The time is negative and not <see cref="Timeout.InfiniteTimeSpan"/>.</exception>
    /// <exception cref="ObjectDisposedException">The vector is disposed, before or during the wait.</exception>
    /// <exception cref="VfioException">The eventfd cannot be read.</exception>
    public bool Wait(TimeSpan timeout, out ulong count)
    {
        if (timeout < TimeSpan.Zero && timeout != Timeout.InfiniteTimeSpan)
            throw new ArgumentOutOfRangeException(nameof(timeout), timeout, "A time to wait is zero, positive, or Timeout.InfiniteTimeSpan.");
        var start = Stopwatch.GetTimestamp();
        while (!TryTake(out count))
        {
            var milliseconds = RemainingMilliseconds(timeout, start);
            if (milliseconds == 0)
                return false;
            _event.Wait(milliseconds);
        }

        return true;
    }

    /// <summary>
    /// Fires the vector by software (VFIO_IRQ_SET_DATA_NONE | VFIO_IRQ_SET_ACTION_TRIGGER), for tests: the kernel signals the eventfd
    /// as if the device had. The device takes no part in it.
    /// </summary>
    /// <exception cref="ObjectDisposedException">The vector is disposed.</exception>
    /// <exception cref="VfioException">The kernel or the device's server refuses.</exception>
    public void Trigger() => _source.Apply(this, InterruptAction.Trigger);

    /// <summary>
    /// Makes the vector fire in this process alone, so that whoever waits for it looks around: to tell a thread that sleeps until the next interrupt of
    /// something else. Neither the device nor the kernel's part of it takes notice, as they do of <see cref="Trigger"/>.
    /// </summary>
    /// <exception cref="ObjectDisposedException">The vector is disposed.</exception>
    /// <exception cref="VfioException">The eventfd cannot be written.</exception>
    public void Wake()
    {
        ThrowIfClosed();
        _event.Signal();
    }

    /// <summary>Holds the interrupt back until <see cref="Unmask"/> (VFIO_IRQ_SET_ACTION_MASK). INTx only.</summary>
    /// <exception cref="InvalidOperationException">The index cannot be masked through VFIO (its flags lack Maskable).</exception>
    /// <exception cref="ObjectDisposedException">The vector is disposed.</exception>
    /// <exception cref="VfioException">The kernel or the device's server refuses.</exception>
    public void Mask() => _source.Apply(this, InterruptAction.Mask);

    /// <summary>
    /// Lets the interrupt through again (VFIO_IRQ_SET_ACTION_UNMASK). INTx masks itself each time that it fires, so a driver unmasks it
    /// after it made the device lower its line; where the line is still up, the vector fires at once. To do the same without a
    /// system call into VFIO see <see cref="InterruptVectors.ConnectResample"/>.
    /// </summary>
    /// <inheritdoc cref="Mask"/>
    public void Unmask() => _source.Apply(this, InterruptAction.Unmask);

    /// <summary>Names the vector.</summary>
    /// <returns>"MSI-X 3".</returns>
    public override string ToString() => $"{_source.Name} {Number}";

    internal void ThrowIfClosed() => ObjectDisposedException.ThrowIf(Volatile.Read(ref _closed), this);

    private bool TryTakeUncounted(out ulong count)
    {
        ThrowIfClosed();
        if (_event.TryTake(ref _closed, out count))
        {
            if (Index == InterruptIndex.Error)
                _source.OnErrorTaken();
            return true;
        }

        ThrowIfClosed();
        return false;
    }

    // Whoever listens is foreign code, which therefore runs where the interrupt is taken by a caller, never in the loop's thread.
    private void Count(ulong count)
    {
        if (VfioMetrics.Interrupts.Enabled)
            VfioMetrics.Interrupts.Add((long)Math.Min(count, long.MaxValue), VfioMetrics.Tag(Index));
    }

    // poll(2) counts in whole milliseconds: rounded up, so that the last fraction is slept and not spun away.
    private static int RemainingMilliseconds(TimeSpan timeout, long start)
    {
        if (timeout == Timeout.InfiniteTimeSpan)
            return Timeout.Infinite;
        var elapsed = (Stopwatch.GetTimestamp() - start) * 1000.0 / Stopwatch.Frequency;
        return (int)Math.Clamp(Math.Ceiling(timeout.TotalMilliseconds - elapsed), 0, int.MaxValue);
    }
}
