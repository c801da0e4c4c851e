using System.Runtime.InteropServices;
using VfioSharp.Backends.Linux.Uapi;
using VfioSharp.Backends.VfioUser.Wire;
using VfioSharp.Emulation.Interrupts;
using VfioSharp.Interrupts;
using VfioSharp.Native;

namespace VfioSharp.Emulation.VfioUser;

/// <summary>
/// VFIO_USER_DEVICE_GET_IRQ_INFO and VFIO_USER_DEVICE_SET_IRQS, checked as libvfio-user checks them (lib/irq.c, device_set_irqs_validate); what the
/// function's interrupts do then is what the kernel's VFIO does. So an eventfd can unmask the interrupt line (the resample of a level interrupt),
/// and nothing can be masked by one.
/// </summary>
/// <remarks>
/// Connecting a vector lets it through in the function's MSI-X table, so that clients which keep the table to themselves, as QEMU does for its
/// guest, get their interrupts without ever writing there.
/// </remarks>
internal sealed class InterruptCommands(FunctionInterrupts interrupts, LineUnmask unmask)
{
    /// <summary>How many indices a PCI function has.</summary>
    public const uint IndexCount = (uint)InterruptIndex.Request + 1;

    private const uint DataBool = 1 << 1;
    private const uint DataMask = VfioIrqSet.DataNone | DataBool | VfioIrqSet.DataEventFd;
    private const uint ActionMask = VfioIrqSet.ActionMask | VfioIrqSet.ActionUnmask | VfioIrqSet.ActionTrigger;
    private const int InfoLength = 16;
    private const int SetLength = 20;

    /// <summary>Describes an index.</summary>
    public Errno GetInfo(MessageReceiver request, Reply reply)
    {
        if (request.Payload.Length < InfoLength)
            return Errno.EINVAL;
        var info = MemoryMarshal.Read<VfioIrqInfo>(request.Payload);
        if (info.ArgumentSize < InfoLength || info.Index >= IndexCount)
            return Errno.EINVAL;
        var description = interrupts.Describe((InterruptIndex)info.Index);
        info.ArgumentSize = InfoLength;
        info.Flags = (uint)description.Flags;
        info.Count = (uint)description.Count;
        MemoryMarshal.Write(reply.MakePayload(InfoLength), info);
        return Errno.None;
    }

    /// <summary>Connects, fires, masks or unmasks vectors.</summary>
    public Errno Set(MessageReceiver request)
    {
        if (request.Payload.Length < SetLength)
            return Errno.EINVAL;
        var set = MemoryMarshal.Read<VfioIrqSet>(request.Payload);
        var bools = request.Payload[SetLength..];
        if (!IsValid(set, bools.Length, request.FdCount))
            return Errno.EINVAL;

        var index = (InterruptIndex)set.Index;
        if ((set.Flags & DataMask) == VfioIrqSet.DataEventFd)
            return Connect(index, set, request);
        if (set.Count == 0)
            return Disable(index);
        if ((set.Flags & DataBool) == 0)
            return Act(set.Flags, index, (int)set.Start, (int)set.Count);
        for (var i = 0; i < bools.Length; i++)
        {
            if (bools[i] == 1 && Act(set.Flags, index, (int)set.Start + i, 1) is var errno && errno != Errno.None)
                return errno;
        }

        return Errno.None;
    }

    private Errno Act(uint flags, InterruptIndex index, int start, int count) => (flags & ActionMask) == VfioIrqSet.ActionTrigger
        ? interrupts.Trigger(index, start, count)
        : interrupts.SetMask(index, start, count, isMasked: (flags & ActionMask) == VfioIrqSet.ActionMask);

    private Errno Disable(InterruptIndex index)
    {
        if (index == InterruptIndex.Intx)
            unmask.Forget();
        return interrupts.Disable(index);
    }

    // Without descriptors the vectors are disconnected.
    private Errno Connect(InterruptIndex index, in VfioIrqSet set, MessageReceiver request)
    {
        if ((set.Flags & ActionMask) == VfioIrqSet.ActionUnmask && index == InterruptIndex.Intx)
            return unmask.Connect(request.FdCount == 0 ? null : request.TakeFd(0));
        if ((set.Flags & ActionMask) != VfioIrqSet.ActionTrigger)
            return Errno.EINVAL;
        var events = new FileDescriptor?[set.Count];
        for (var i = 0; i < request.FdCount; i++)
            events[i] = request.TakeFd(i);
        return interrupts.Connect(index, (int)set.Start, events);
    }

    private bool IsValid(in VfioIrqSet set, int dataLength, int fdCount)
    {
        var data = set.Flags & DataMask;
        var action = set.Flags & ActionMask;
        if (set.ArgumentSize < SetLength || set.Index >= IndexCount)
            return false;
        if (action is not (VfioIrqSet.ActionMask or VfioIrqSet.ActionUnmask or VfioIrqSet.ActionTrigger)
            || data is not (VfioIrqSet.DataNone or DataBool or VfioIrqSet.DataEventFd))
        {
            return false;
        }

        var index = (InterruptIndex)set.Index;
        var count = (uint)interrupts.GetVectorCount(index);
        return set.Start < count && set.Count <= count - set.Start
            && (data != DataBool || (uint)dataLength == set.Count)
            && (index is not (InterruptIndex.Error or InterruptIndex.Request) || action == VfioIrqSet.ActionTrigger)
            && (set.Count != 0 || (set.Start == 0 && action == VfioIrqSet.ActionTrigger && data == VfioIrqSet.DataNone))
            && (fdCount == 0 || (data == VfioIrqSet.DataEventFd && (uint)fdCount == set.Count));
    }
}
