using System.Runtime.InteropServices;
using VfioSharp.Backends.Linux.Uapi;
using VfioSharp.Backends.VfioUser.Wire;
using VfioSharp.Interrupts;
using VfioSharp.Native;

namespace VfioSharp.Emulation.VfioUser;

/// <summary>
/// VFIO_USER_DEVICE_GET_IRQ_INFO and VFIO_USER_DEVICE_SET_IRQS, checked as libvfio-user checks them (lib/irq.c, device_set_irqs_validate). An
/// eventfd that unmasks (the resample of a level interrupt) is refused: nothing would listen to it.
/// </summary>
internal sealed class InterruptCommands(InterruptTable table)
{
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
        if (info.ArgumentSize < InfoLength || info.Index >= InterruptTable.IndexCount)
            return Errno.EINVAL;
        info.ArgumentSize = InfoLength;
        info.Flags = (uint)InterruptTable.GetFlags((InterruptIndex)info.Index);
        info.Count = (uint)table[(InterruptIndex)info.Index].Length;
        MemoryMarshal.Write(reply.MakePayload(InfoLength), info);
        return Errno.None;
    }

    /// <summary>Connects, fires, masks or unmasks vectors.</summary>
    public Errno Set(MessageReceiver request)
    {
        if (request.Payload.Length < SetLength)
            return Errno.EINVAL;
        var set = MemoryMarshal.Read<VfioIrqSet>(request.Payload);
        var data = request.Payload[SetLength..];
        if (!IsValid(set, data.Length, request.FdCount))
            return Errno.EINVAL;

        var index = (InterruptIndex)set.Index;
        var vectors = table[index].Slice((int)set.Start, (int)set.Count);
        var isEventFd = (set.Flags & DataMask) == VfioIrqSet.DataEventFd;
        switch (set.Flags & ActionMask)
        {
            case VfioIrqSet.ActionTrigger when isEventFd:
                return Connect(vectors, request);
            case VfioIrqSet.ActionTrigger when set.Count == 0:
                foreach (var vector in table[index])
                    vector.Connect(null);
                return Errno.None;
            case VfioIrqSet.ActionTrigger:
                return ForEach(vectors, set.Flags, data, vector => vector.Write());
            case VfioIrqSet.ActionMask when !isEventFd:
                return ForEach(vectors, set.Flags, data, vector =>
                {
                    vector.Mask();
                    return Errno.None;
                });
            case VfioIrqSet.ActionUnmask when !isEventFd:
                var errno = ForEach(vectors, set.Flags, data, vector => vector.Unmask());
                return errno == Errno.None && index == InterruptIndex.Intx ? table.UpdateLine() : errno;
            default:
                return Errno.EINVAL;
        }
    }

    // Without descriptors the vectors are disconnected. All are looked at first, so that a bad one changes nothing.
    private Errno Connect(ReadOnlySpan<InterruptVectorState> vectors, MessageReceiver request)
    {
        if (request.FdCount == 0)
        {
            foreach (var vector in vectors)
                vector.Connect(null);
            return Errno.None;
        }

        var eventFds = new FileDescriptor[vectors.Length];
        for (var i = 0; i < eventFds.Length; i++)
            eventFds[i] = request.TakeFd(i);
        if (!Array.TrueForAll(eventFds, InterruptVectorState.IsEventFd))
        {
            foreach (var eventFd in eventFds)
                eventFd.Dispose();
            return Errno.EINVAL;
        }

        for (var i = 0; i < vectors.Length; i++)
            vectors[i].Connect(eventFds[i]);
        return table.UpdateLine();
    }

    private static Errno ForEach(ReadOnlySpan<InterruptVectorState> vectors, uint flags, ReadOnlySpan<byte> data, Func<InterruptVectorState, Errno> action)
    {
        for (var i = 0; i < vectors.Length; i++)
        {
            if ((flags & DataBool) != 0 && data[i] != 1)
                continue;
            var errno = action(vectors[i]);
            if (errno != Errno.None)
                return errno;
        }

        return Errno.None;
    }

    private bool IsValid(in VfioIrqSet set, int dataLength, int fdCount)
    {
        var data = set.Flags & DataMask;
        var action = set.Flags & ActionMask;
        if (set.ArgumentSize < SetLength || set.Index >= InterruptTable.IndexCount)
            return false;
        if (action is not (VfioIrqSet.ActionMask or VfioIrqSet.ActionUnmask or VfioIrqSet.ActionTrigger)
            || data is not (VfioIrqSet.DataNone or DataBool or VfioIrqSet.DataEventFd))
        {
            return false;
        }

        var index = (InterruptIndex)set.Index;
        var count = (uint)table[index].Length;
        return set.Start < count && set.Count <= count - set.Start
            && (data != DataBool || (uint)dataLength == set.Count)
            && (index is not (InterruptIndex.Error or InterruptIndex.Request) || action == VfioIrqSet.ActionTrigger)
            && (set.Count != 0 || (set.Start == 0 && action == VfioIrqSet.ActionTrigger && data == VfioIrqSet.DataNone))
            && (fdCount == 0 || (data == VfioIrqSet.DataEventFd && (uint)fdCount == set.Count));
    }
}
