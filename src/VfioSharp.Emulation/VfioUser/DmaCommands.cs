using System.Runtime.InteropServices;
using VfioSharp.Backends.VfioUser.Wire;
using VfioSharp.Mmio;

namespace VfioSharp.Emulation.VfioUser;

/// <summary>
/// VFIO_USER_DMA_MAP and VFIO_USER_DMA_UNMAP, checked as libvfio-user checks them (lib/libvfio-user.c, handle_dma_map and handle_dma_unmap).
/// </summary>
internal sealed class DmaCommands(DmaTable table, DirtyLog log, VfioUserServerOptions options)
{
    private const uint AccessFlags = DmaMapMessage.FlagRead | DmaMapMessage.FlagWrite;

    /// <summary>Takes memory. Of several descriptors the first counts, as with libvfio-user.</summary>
    public Errno Map(MessageReceiver request)
    {
        var payload = request.Payload;
        if (payload.Length < DmaMapMessage.SizeInBytes)
            return Errno.EINVAL;
        var map = MemoryMarshal.Read<DmaMapMessage>(payload);
        if (map.ArgumentSize < DmaMapMessage.SizeInBytes)
            return Errno.EINVAL;
        var way = map.Flags & ~AccessFlags;
        if (way is not (0 or DmaMapMessage.FlagMmap or DmaMapMessage.FlagFileIo) || (way != 0 && request.FdCount == 0))
            return Errno.EINVAL;

        var permissions = ((map.Flags & DmaMapMessage.FlagRead) != 0 ? MappingAccess.Read : 0)
            | ((map.Flags & DmaMapMessage.FlagWrite) != 0 ? MappingAccess.Write : 0);
        var file = request.FdCount == 0 ? null : request.TakeFd(0);
        var errno = table.Add(map.Address, map.Size, permissions, file, map.Offset, way == DmaMapMessage.FlagFileIo);
        if (errno != Errno.None)
            file?.Dispose();
        return errno;
    }

    /// <summary>Gives memory back. A descriptor that comes with it, as SPDK's client sends, means nothing.</summary>
    public Errno Unmap(MessageReceiver request, Reply reply)
    {
        var payload = request.Payload;
        if (payload.Length < DmaUnmapMessage.SizeInBytes)
            return Errno.EINVAL;
        var unmap = MemoryMarshal.Read<DmaUnmapMessage>(payload);
        if (unmap.ArgumentSize < DmaUnmapMessage.SizeInBytes || unmap.ArgumentSize > (uint)options.MaxDataTransferInBytes)
            return Errno.EINVAL;
        switch (unmap.Flags)
        {
            case DmaUnmapMessage.FlagAll:
                if (unmap.Address != 0 || unmap.Size != 0)
                    return Errno.EINVAL;
                table.Clear();
                log.ForgetAll();
                break;
            case DmaUnmapMessage.FlagGetDirty:
                return UnmapWithBitmap(unmap, payload, reply);
            case 0:
                if (table.Remove(unmap.Address, unmap.Size) is var errno && errno != Errno.None)
                    return errno;
                log.Forget(unmap.Address, unmap.Size);
                break;
            default:
                return Errno.EINVAL;
        }

        MemoryMarshal.Write(reply.MakePayload(DmaUnmapMessage.SizeInBytes), unmap);
        return Errno.None;
    }

    private Errno UnmapWithBitmap(in DmaUnmapMessage unmap, ReadOnlySpan<byte> payload, Reply reply)
    {
        const int HeadLength = DmaUnmapMessage.SizeInBytes + DirtyBitmapMessage.SizeInBytes;
        if (payload.Length < HeadLength || unmap.ArgumentSize < HeadLength)
            return Errno.EINVAL;
        var bitmap = MemoryMarshal.Read<DirtyBitmapMessage>(payload[DmaUnmapMessage.SizeInBytes..]);
        if (bitmap.Size > unmap.ArgumentSize - HeadLength)
            return Errno.EINVAL;
        if (unmap.Size == 0 || !table.Covers(unmap.Address, unmap.Size))
            return Errno.ENOENT;
        if (!log.IsOn || !DirtyLog.TryGetBitmapLength(unmap.Size, bitmap.PageSize, out var length) || bitmap.Size != length)
            return Errno.EINVAL;
        // Before the log is taken: a client that is refused still wants to know what was written.
        if (table.Remove(unmap.Address, unmap.Size) is var errno && errno != Errno.None)
            return errno;
        var answer = reply.MakePayload(HeadLength + (int)length);
        MemoryMarshal.Write(answer, unmap);
        MemoryMarshal.Write(answer[DmaUnmapMessage.SizeInBytes..], bitmap);
        log.Take(unmap.Address, unmap.Size, bitmap.PageSize, answer[HeadLength..]);
        return Errno.None;
    }
}
