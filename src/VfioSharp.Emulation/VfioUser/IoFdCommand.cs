using System.Runtime.InteropServices;
using VfioSharp.Backends.VfioUser.Wire;

namespace VfioSharp.Emulation.VfioUser;

/// <summary>
/// VFIO_USER_DEVICE_GET_REGION_IO_FDS: the eventfds of a region's doorbells, checked as libvfio-user checks it (lib/libvfio-user.c,
/// handle_device_get_region_io_fds). As many doorbells are told as their descriptors go into a message to the client; writes to the others
/// stay messages.
/// </summary>
internal sealed class IoFdCommand(DoorbellWatch watch, DeviceCommands regions, VersionCommand version, VfioUserServerOptions options)
{
    /// <summary>How many descriptors a reply has at most, whatever the client takes.</summary>
    public const int MostFds = 64;

    /// <summary>Gives the doorbells of a region.</summary>
    public Errno Handle(MessageReceiver request, Reply reply)
    {
        if (request.Payload.Length < RegionIoFdsMessage.SizeInBytes)
            return Errno.EINVAL;
        var head = MemoryMarshal.Read<RegionIoFdsMessage>(request.Payload);
        if (head.Flags != 0 || head.Count != 0 || head.Index >= DeviceCommands.RegionCount || regions.GetRegionLength(head.Index) == 0
            || head.ArgumentSize < RegionIoFdsMessage.SizeInBytes || head.ArgumentSize > (uint)options.MaxDataTransferInBytes)
        {
            return Errno.EINVAL;
        }

        Span<int> told = stackalloc int[MostFds];
        told = told[..Choose(head.Index, told)];
        var needed = RegionIoFdsMessage.SizeInBytes + told.Length * SubRegionMessage.SizeInBytes;
        var hasRoom = head.ArgumentSize >= (uint)needed;
        var payload = reply.MakePayload(hasRoom ? needed : RegionIoFdsMessage.SizeInBytes);
        MemoryMarshal.Write(payload, new RegionIoFdsMessage { ArgumentSize = (uint)needed, Index = head.Index, Count = (uint)told.Length });
        if (!hasRoom || told.IsEmpty)
            return Errno.None;

        watch.Start();
        var rest = payload[RegionIoFdsMessage.SizeInBytes..];
        foreach (var doorbell in told)
        {
            MemoryMarshal.Write(rest, Describe(doorbell, reply));
            rest = rest[SubRegionMessage.SizeInBytes..];
        }

        return Errno.None;
    }

    // As many as there are descriptors for: one each, and one more for the values of all that need theirs.
    private int Choose(uint region, Span<int> told)
    {
        var budget = (int)Math.Min(version.ClientMessageFds, MostFds);
        var hasShadow = false;
        var count = 0;
        for (var i = 0; i < watch.Doorbells.Length; i++)
        {
            var doorbell = watch.Doorbells[i];
            if (doorbell.Bar != region)
                continue;
            var price = NeedsShadow(doorbell) && !hasShadow ? 2 : 1;
            if (price > budget)
                continue;
            budget -= price;
            hasShadow |= NeedsShadow(doorbell);
            told[count++] = i;
        }

        return count;
    }

    private static bool NeedsShadow(Doorbell doorbell) => doorbell is { KeepsValue: true, Value: null };

    private SubRegionMessage Describe(int index, Reply reply)
    {
        var doorbell = watch.Doorbells[index];
        var message = new SubRegionMessage
        {
            GuestPhysicalOffset = doorbell.Offset,
            Size = (ulong)doorbell.WidthInBytes,
            FdIndex = (uint)reply.AddFd(watch.GetEvent(index)),
            Flags = doorbell.Value is null ? 0 : SubRegionMessage.FlagDataMatch,
            DataMatch = doorbell.Value ?? 0,
        };
        if (!NeedsShadow(doorbell))
            return message;
        message.Type = SubRegionMessage.TypeShadowIoEventFd;
        message.ShadowMemoryFdIndex = (uint)reply.AddFd(watch.Shadow);
        message.ShadowOffset = DoorbellWatch.GetShadowOffset(index);
        return message;
    }
}
