using System.Runtime.InteropServices;
using VfioSharp.Backends.VfioUser.Wire;
using VfioSharp.Regions;

namespace VfioSharp.Emulation.VfioUser;

/// <summary>
/// VFIO_USER_REGION_READ, VFIO_USER_REGION_WRITE and VFIO_USER_REGION_WRITE_MULTI, checked as libvfio-user checks the first two
/// (lib/libvfio-user.c, is_valid_region_access). Whether the driver has switched memory decoding on does not count: clients such as SPDK's
/// never do.
/// </summary>
internal sealed class RegionCommands(PciFunction function, DeviceCommands regions, VfioUserServerOptions options)
{
    /// <summary>Reads a region.</summary>
    public Errno Read(MessageReceiver request, Reply reply)
    {
        if (!TryGetAccess(request.Payload, out var access))
            return Errno.EINVAL;
        var payload = reply.MakePayload(RegionAccessMessage.SizeInBytes + (int)access.Count);
        MemoryMarshal.Write(payload, access);
        // Of nothing there may be none: a region that the function does not have.
        if (access.Count == 0)
            return Errno.None;
        var data = payload[RegionAccessMessage.SizeInBytes..];
        if (access.Region == (uint)RegionIndex.Config)
            function.ReadConfig((int)access.Offset, data);
        else if (data.Length is 1 or 2 or 4 or 8)
            function.ReadBar((int)access.Region, access.Offset, data);
        else
            function.ReadRange((int)access.Region, access.Offset, data);
        return Errno.None;
    }

    /// <summary>Writes a region.</summary>
    public Errno Write(MessageReceiver request, Reply reply)
    {
        if (!TryGetAccess(request.Payload, out var access))
            return Errno.EINVAL;
        var data = request.Payload[RegionAccessMessage.SizeInBytes..];
        if ((uint)data.Length != access.Count)
            return Errno.EINVAL;
        if (access.Count != 0)
            Write(access, data);
        MemoryMarshal.Write(reply.MakePayload(RegionAccessMessage.SizeInBytes), access);
        return Errno.None;
    }

    /// <summary>Writes several registers of up to 8 bytes. All are looked at first: one that cannot be written keeps the others from it.</summary>
    public Errno WriteMulti(MessageReceiver request, Reply reply)
    {
        if (request.Payload.Length < RegionWriteMultiMessage.SizeInBytes)
            return Errno.EINVAL;
        var head = MemoryMarshal.Read<RegionWriteMultiMessage>(request.Payload);
        var writes = request.Payload[RegionWriteMultiMessage.SizeInBytes..];
        if (head.WriteCount > (ulong)writes.Length / RegionWriteMultiEntry.SizeInBytes
            || (ulong)writes.Length != head.WriteCount * RegionWriteMultiEntry.SizeInBytes)
        {
            return Errno.EINVAL;
        }

        for (var rest = writes; !rest.IsEmpty; rest = rest[RegionWriteMultiEntry.SizeInBytes..])
        {
            if (!TryGetAccess(rest, out var access) || access.Count is 0 or > sizeof(ulong))
                return Errno.EINVAL;
        }

        for (; !writes.IsEmpty; writes = writes[RegionWriteMultiEntry.SizeInBytes..])
        {
            var access = MemoryMarshal.Read<RegionAccessMessage>(writes);
            Write(access, writes.Slice(RegionAccessMessage.SizeInBytes, (int)access.Count));
        }

        MemoryMarshal.Write(reply.MakePayload(RegionWriteMultiMessage.SizeInBytes), head);
        return Errno.None;
    }

    private void Write(in RegionAccessMessage access, ReadOnlySpan<byte> data)
    {
        if (access.Region == (uint)RegionIndex.Config)
            function.WriteConfig((int)access.Offset, data);
        else if (data.Length is 1 or 2 or 4 or 8)
            function.WriteBar((int)access.Region, access.Offset, data);
        else
            function.WriteRange((int)access.Region, access.Offset, data);
    }

    // Also the first 16 bytes of an entry of WRITE_MULTI, which are laid out alike.
    private bool TryGetAccess(ReadOnlySpan<byte> payload, out RegionAccessMessage access)
    {
        access = default;
        if (payload.Length < RegionAccessMessage.SizeInBytes)
            return false;
        access = MemoryMarshal.Read<RegionAccessMessage>(payload);
        if (access.Count > (uint)options.MaxDataTransferInBytes || access.Region >= DeviceCommands.RegionCount)
            return false;
        var length = regions.GetRegionLength(access.Region);
        return access.Offset <= length && access.Count <= length - access.Offset;
    }
}
