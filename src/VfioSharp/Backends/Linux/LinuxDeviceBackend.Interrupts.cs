using System.Runtime.InteropServices;
using VfioSharp.Backends.Linux.Uapi;
using VfioSharp.Interrupts;

namespace VfioSharp.Backends.Linux;

internal abstract partial class LinuxDeviceBackend
{
    /// <inheritdoc/>
    public override void ConnectInterrupts(InterruptIndex index, InterruptAction action, int start, ReadOnlySpan<int> eventFds)
    {
        var result = SetIrqs(index, VfioIrqSet.DataEventFd | Flag(action), start, eventFds.Length, eventFds, out var errno);
        if (result < 0)
            throw new VfioException($"connect {eventFds.Length} vectors of {index} from {start} on to eventfds", Address, errno, AdviseOnVectors(index, errno));

        // A positive answer means that nothing was enabled: only so many vectors could be had.
        if (result > 0)
        {
            throw new VfioException(
                $"enable {eventFds.Length} vectors of {index}", Address, Errno.ENOSPC, $"the platform gives at most {result}; ask for no more.");
        }
    }

    /// <inheritdoc/>
    public override void ApplyInterruptAction(InterruptIndex index, InterruptAction action, int start, int count)
    {
        if (SetIrqs(index, VfioIrqSet.DataNone | Flag(action), start, count, [], out var errno) < 0)
            throw new VfioException($"{action.ToString().ToLowerInvariant()} {count} vectors of {index} from {start} on", Address, errno);
    }

    /// <inheritdoc/>
    public override void DisableInterrupts(InterruptIndex index)
    {
        if (SetIrqs(index, VfioIrqSet.DataNone | VfioIrqSet.ActionTrigger, 0, 0, [], out var errno) < 0)
            throw new VfioException($"disable {index}", Address, errno);
    }

    private unsafe int SetIrqs(InterruptIndex index, uint flags, int start, int count, ReadOnlySpan<int> eventFds, out Errno errno)
    {
        var request = new byte[sizeof(VfioIrqSet) + eventFds.Length * sizeof(int)];
        MemoryMarshal.Write(request, new VfioIrqSet
        {
            ArgumentSize = (uint)request.Length,
            Flags = flags,
            Index = (uint)index,
            Start = (uint)start,
            Count = (uint)count,
        });
        MemoryMarshal.AsBytes(eventFds).CopyTo(request.AsSpan(sizeof(VfioIrqSet)));
        return Call(VfioIoctl.DeviceSetIrqs, request, out errno);
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
        Errno.ENOSPC => "the host has no more interrupt vectors to give.",
        _ => null,
    };
}
