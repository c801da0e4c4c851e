using System.Runtime.InteropServices;
using VfioSharp.Backends.Linux.Uapi;
using VfioSharp.Backends.VfioUser.Wire;
using VfioSharp.Interrupts;

namespace VfioSharp.Backends.VfioUser;

// VFIO_USER_DEVICE_GET_IRQ_INFO and VFIO_USER_DEVICE_SET_IRQS: struct vfio_irq_info and struct vfio_irq_set as the kernel has them, but that the
// eventfds go with the message and not in it.
internal sealed partial class VfioUserDeviceBackend
{
    private readonly Dictionary<InterruptIndex, InterruptDescription> _interrupts = [];

    /// <inheritdoc/>
    public override InterruptDescription DescribeInterrupt(InterruptIndex index)
    {
        var offered = DescribeOffered(index);
        // These two are for the loss of the connection as well, of which no server can tell.
        return offered.Count == 0 && index is InterruptIndex.Error or InterruptIndex.Request
            ? new InterruptDescription(index, InterruptFlags.EventFd | InterruptFlags.NoResize, 1)
            : offered;
    }

    /// <inheritdoc/>
    public override void ConnectInterrupts(InterruptIndex index, InterruptAction action, int start, ReadOnlySpan<int> eventFds)
    {
        if (DescribeOffered(index).Count > 0)
            ConnectOffered(index, action, start, eventFds);
        if (IsSignalOfLoss(index) && action == InterruptAction.Trigger && !eventFds.IsEmpty)
            ConnectSignal(index, eventFds[0]);
    }

    /// <inheritdoc/>
    public override void ApplyInterruptAction(InterruptIndex index, InterruptAction action, int start, int count)
    {
        if (DescribeOffered(index).Count == 0 && IsSignalOfLoss(index) && action == InterruptAction.Trigger)
        {
            Signal(index);
            return;
        }

        var operation = $"{action.ToString().ToLowerInvariant()} {count} vectors of {index} from {start} on";
        var errno = SetIrqs(operation, VfioIrqSet.DataNone | Flag(action), index, start, count, []);
        if (errno != Errno.None)
            throw new VfioException(operation, _connection.Device, errno);
    }

    /// <inheritdoc/>
    public override void DisableInterrupts(InterruptIndex index)
    {
        if (IsSignalOfLoss(index))
            ConnectSignal(index, -1);
        if (DescribeOffered(index).Count == 0)
            return;
        var operation = $"disable {index}";
        var errno = SetIrqs(operation, VfioIrqSet.DataNone | VfioIrqSet.ActionTrigger, index, 0, 0, []);
        if (errno != Errno.None)
            throw new VfioException(operation, _connection.Device, errno);
        SwitchOff(index);
    }

    private static bool IsSignalOfLoss(InterruptIndex index) => index is InterruptIndex.Error or InterruptIndex.Request;

    private InterruptDescription DescribeOffered(InterruptIndex index)
    {
        lock (_interrupts)
        {
            if (!_interrupts.TryGetValue(index, out var description))
            {
                description = AskForInterrupt(index);
                _interrupts.Add(index, description);
            }

            return description;
        }
    }

    private InterruptDescription AskForInterrupt(InterruptIndex index)
    {
        var absent = new InterruptDescription(index, InterruptFlags.None, 0);
        if ((int)index >= Describe().InterruptCount)
            return absent;
        var operation = $"ask about the {index} interrupt";
        var question = new VfioIrqInfo { ArgumentSize = (uint)Marshal.SizeOf<VfioIrqInfo>(), Index = (uint)index };
        var errno = Ask(operation, VfioUserCommand.DeviceGetIrqInfo, question, (int)question.ArgumentSize, out var info);
        if (errno == Errno.EINVAL)
            return absent;
        if (errno != Errno.None)
            throw new VfioException(operation, _connection.Device, errno);
        if (info.Index != (uint)index)
            throw _connection.Distrust(operation, $"it was asked about interrupt index {(int)index} and describes {info.Index}");
        RequireCount(operation, info.Count, $"vectors of {index}");
        return new InterruptDescription(index, (InterruptFlags)(info.Flags & 0xf), (int)info.Count);
    }

    private void ConnectOffered(InterruptIndex index, InterruptAction action, int start, ReadOnlySpan<int> eventFds)
    {
        var operation = $"connect {eventFds.Length} vectors of {index} from {start} on to eventfds";
        if (_connection.MostFdsToServer == 0 && HasDescriptor(eventFds))
            throw new VfioException(
                operation, _connection.Device, Errno.EOPNOTSUPP, "the server takes no descriptors (max_msg_fds is 0), and so can signal none.");
        var done = 0;
        var isConnected = false;
        try
        {
            while (done < eventFds.Length)
            {
                var run = RunAt(eventFds[done..]);
                var fds = eventFds.Slice(done, run);
                var errno = SetIrqs(operation, VfioIrqSet.DataEventFd | Flag(action), index, start + done, run, fds[0] < 0 ? [] : fds);
                if (errno != Errno.None)
                    throw new VfioException(operation, _connection.Device, errno, AdviseOnVectors(index, errno));
                done += run;
            }

            if (action == InterruptAction.Trigger)
                SwitchOn(index, start, eventFds);
            isConnected = true;
        }
        finally
        {
            // All or nothing, as the kernel has it. Where not even this can be done there is no connection any more.
            if (!isConnected && done > 0 && _connection.End is null)
                _ = SetIrqs(operation, VfioIrqSet.DataEventFd | Flag(action), index, start, done, []);
        }
    }

    // What one message can say: descriptors, as many as the server takes, or any number of vectors without one.
    private int RunAt(ReadOnlySpan<int> eventFds)
    {
        var isDisconnected = eventFds[0] < 0;
        var most = isDisconnected ? eventFds.Length : Math.Min(eventFds.Length, _connection.MostFdsToServer);
        var length = 1;
        while (length < most && eventFds[length] < 0 == isDisconnected)
            length++;
        return length;
    }

    private static bool HasDescriptor(ReadOnlySpan<int> eventFds)
    {
        foreach (var fd in eventFds)
        {
            if (fd >= 0)
                return true;
        }

        return false;
    }

    private Errno SetIrqs(string operation, uint flags, InterruptIndex index, int start, int count, ReadOnlySpan<int> fds)
    {
        var request = new VfioIrqSet { Flags = flags, Index = (uint)index, Start = (uint)start, Count = (uint)count };
        var payload = MemoryMarshal.AsBytes(MemoryMarshal.CreateReadOnlySpan(ref request, 1));
        request.ArgumentSize = (uint)payload.Length;
        return _connection.Ask(operation, VfioUserCommand.DeviceSetIrqs, payload, fds, (0, payload.Length), out _);
    }

    private static uint Flag(InterruptAction action) => action switch
    {
        InterruptAction.Mask => VfioIrqSet.ActionMask,
        InterruptAction.Unmask => VfioIrqSet.ActionUnmask,
        InterruptAction.Trigger => VfioIrqSet.ActionTrigger,
        _ => throw new ArgumentOutOfRangeException(nameof(action), action, "Not an action."),
    };

    private static string? AdviseOnVectors(InterruptIndex index, Errno errno) => errno switch
    {
        Errno.EINVAL => $"another kind of interrupt is enabled on this device (only one of INTx, MSI and MSI-X can be), or it has fewer vectors of {index}.",
        Errno.EBADF or Errno.ETOOMANYREFS => "the descriptors could not be sent.",
        _ => null,
    };
}
