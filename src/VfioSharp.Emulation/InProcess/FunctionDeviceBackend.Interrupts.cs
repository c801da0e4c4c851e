using VfioSharp.Interrupts;
using VfioSharp.Native;

namespace VfioSharp.Emulation.InProcess;

public sealed partial class FunctionDeviceBackend
{
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

        using var turn = _gate.TakeTurn();
        if (action == InterruptAction.Trigger)
        {
            Check(_interrupts.Connect(index, start, references), index);
            return;
        }

        // The kernel lets the line alone be unmasked by an event, and nothing be masked by one.
        if (action == InterruptAction.Unmask && index == InterruptIndex.Intx && references.Length == 1)
        {
            Check(_unmask.Connect(references[0]), index);
            return;
        }

        foreach (var reference in references)
            reference?.Dispose();
        Check(Errno.ENOTTY, index);
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
        {
            Check(_interrupts.Disable(index), index);
            if (index == InterruptIndex.Intx)
                _unmask.Forget();
        }
    }

    // A reference as the kernel takes one: it stays good after the caller has closed its own descriptor.
    private FileDescriptor Refer(int descriptor)
    {
        var duplicate = Libc.fcntl(descriptor, Libc.F_DUPFD_CLOEXEC, 0);
        return duplicate >= 0
            ? new FileDescriptor(duplicate)
            : throw new VfioException("take a reference to an eventfd", _address, Libc.LastErrno);
    }

    private void Check(Errno errno, InterruptIndex index)
    {
        if (errno != Errno.None)
            throw new VfioException($"set the {index} interrupt", _address, errno);
    }
}
