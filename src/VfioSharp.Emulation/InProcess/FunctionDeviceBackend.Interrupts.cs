using VfioSharp.Emulation.Interrupts;
using VfioSharp.Interrupts;
using VfioSharp.Native;

namespace VfioSharp.Emulation.InProcess;

public sealed partial class FunctionDeviceBackend
{
    private UnmaskWatch? _unmask;

    /// <inheritdoc/>
    public override InterruptDescription DescribeInterrupt(InterruptIndex index) => _interrupts.Describe(index);

    /// <inheritdoc/>
    public override void ConnectInterrupts(InterruptIndex index, InterruptAction action, int start, ReadOnlySpan<int> eventFds)
    {
        var references = new FileDescriptor?[eventFds.Length];
        try
        {
            for (var i = 0; i < eventFds.Length; i++)
                references[i] = eventFds[i] < 0 ? null : Refer(eventFds[i]);
        }
        catch
        {
            foreach (var reference in references)
                reference?.Dispose();
            throw;
        }

        if (action == InterruptAction.Trigger)
        {
            using (_gate.TakeTurn())
                Check(_interrupts.Connect(index, start, references), index);
            return;
        }

        // The kernel lets the line alone be unmasked by an event, and nothing be masked by one.
        var errno = action != InterruptAction.Unmask || index != InterruptIndex.Intx || references.Length != 1 ? Errno.ENOTTY
            : references[0] is { } given && !EventVectors.IsEventFd(given) ? Errno.EINVAL
            : Errno.None;
        if (errno == Errno.None)
        {
            WatchForUnmask(references[0]);
            return;
        }

        foreach (var reference in references)
            reference?.Dispose();
        Check(errno, index);
    }

    /// <inheritdoc/>
    public override void ApplyInterruptAction(InterruptIndex index, InterruptAction action, int start, int count)
    {
        using (_gate.TakeTurn())
        {
            var errno = action == InterruptAction.Trigger
                ? _interrupts.Trigger(index, start, count)
                : _interrupts.SetMask(index, start, count, action == InterruptAction.Mask);
            Check(errno, index);
        }
    }

    /// <inheritdoc/>
    public override void DisableInterrupts(InterruptIndex index)
    {
        using (_gate.TakeTurn())
            Check(_interrupts.Disable(index), index);
        if (index == InterruptIndex.Intx)
            WatchForUnmask(null);
    }

    // A reference as the kernel takes one: it stays good after the caller has closed its own descriptor.
    private FileDescriptor Refer(int descriptor)
    {
        var duplicate = Libc.fcntl(descriptor, Libc.F_DUPFD_CLOEXEC, 0);
        return duplicate >= 0
            ? new FileDescriptor(duplicate)
            : throw new VfioException("take a reference to an eventfd", _address, Libc.LastErrno);
    }

    private void WatchForUnmask(FileDescriptor? @event)
    {
        // Its thread may wait for the gate: it is not to be held here.
        Interlocked.Exchange(ref _unmask, null)?.Dispose();
        if (@event is not null)
            _unmask = UnmaskWatch.Start(@event, Unmask);
    }

    private void Unmask()
    {
        using (_gate.TakeTurn())
            _ = _interrupts.SetMask(InterruptIndex.Intx, 0, 1, false);
    }

    private void Check(Errno errno, InterruptIndex index)
    {
        if (errno != Errno.None)
            throw new VfioException($"set the {index} interrupt", _address, errno);
    }
}
