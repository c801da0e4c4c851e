using System.Runtime.InteropServices;
using VfioSharp.Backends;
using VfioSharp.Backends.Linux.Uapi;
using VfioSharp.Backends.VfioUser.Wire;

namespace VfioSharp.Emulation.VfioUser;

/// <summary>
/// VFIO_USER_DEVICE_FEATURE: migration's states, and the log of the pages that the device writes, checked as libvfio-user checks them
/// (lib/libvfio-user.c, handle_device_feature). A feature that there is not is refused with ENOTTY, as by the kernel's VFIO, which is what clients
/// look for (drivers/vfio/vfio_main.c, vfio_ioctl_device_feature); libvfio-user says EINVAL to that.
/// </summary>
internal sealed class FeatureCommands(Migration migration, DirtyLog log, DmaTable table, VfioUserServerOptions options)
{
    private const uint FeatureMask = 0xffff;
    private const int HeadLength = 8;
    private const int StateLength = 8;
    private const int LoggingControlLength = 16;
    private const int LoggingRangeLength = 16;
    private const int LoggingReportLength = 24;
    private const ulong CanStopCopy = 1 << 0;
    private const ulong CanPreCopy = 1 << 2;

    /// <summary>Asks for, reads or writes a feature.</summary>
    public Errno Handle(MessageReceiver request, Reply reply)
    {
        var payload = request.Payload;
        if (payload.Length < HeadLength)
            return Errno.EINVAL;
        var head = MemoryMarshal.Read<VfioDeviceFeature>(payload);
        var feature = (DeviceFeature)(head.Flags & FeatureMask);
        var operations = head.Flags & ~FeatureMask;
        var possible = GetOperations(feature);
        if (possible == 0)
            return Errno.ENOTTY;
        if ((operations & ~(possible | VfioDeviceFeature.Probe)) != 0)
            return Errno.EINVAL;
        if (operations == VfioDeviceFeature.Get)
            return feature == DeviceFeature.DmaLoggingReport ? Report(head, payload, reply) : GetMigration(feature, head, reply);
        if (head.ArgumentSize < (uint)payload.Length)
            return Errno.EINVAL;
        // With a probe the other bits name what is asked for.
        if ((operations & VfioDeviceFeature.Probe) == 0)
        {
            if (operations != VfioDeviceFeature.Set)
                return Errno.EINVAL;
            var errno = Set(feature, payload[HeadLength..]);
            if (errno != Errno.None)
                return errno;
        }

        payload.CopyTo(reply.MakePayload(payload.Length));
        return Errno.None;
    }

    private uint GetOperations(DeviceFeature feature) => feature switch
    {
        DeviceFeature.Migration when migration.IsPossible => VfioDeviceFeature.Get,
        DeviceFeature.MigrationDeviceState when migration.IsPossible => VfioDeviceFeature.Get | VfioDeviceFeature.Set,
        DeviceFeature.DmaLoggingReport => VfioDeviceFeature.Get,
        DeviceFeature.DmaLoggingStart or DeviceFeature.DmaLoggingStop => VfioDeviceFeature.Set,
        _ => 0,
    };

    // struct vfio_device_feature_migration: flags; struct vfio_device_feature_mig_state: the state, and a descriptor that only the kernel gives.
    private Errno GetMigration(DeviceFeature feature, VfioDeviceFeature head, Reply reply)
    {
        if (head.ArgumentSize < HeadLength + StateLength)
            return Errno.EINVAL;
        var answer = reply.MakePayload(HeadLength + StateLength);
        head.ArgumentSize = HeadLength + StateLength;
        MemoryMarshal.Write(answer, head);
        if (feature == DeviceFeature.Migration)
            MemoryMarshal.Write(answer[HeadLength..], CanStopCopy | CanPreCopy);
        else
            MemoryMarshal.Write(answer[HeadLength..], (uint)migration.State);
        return Errno.None;
    }

    private Errno Set(DeviceFeature feature, ReadOnlySpan<byte> data)
    {
        switch (feature)
        {
            case DeviceFeature.MigrationDeviceState:
                return data.Length < StateLength ? Errno.EINVAL : migration.SetState(MemoryMarshal.Read<uint>(data));
            case DeviceFeature.DmaLoggingStart:
                // struct vfio_device_feature_dma_logging_control: a page size and ranges. What is outside of them is logged as well, as by libvfio-user.
                if (data.Length < LoggingControlLength
                    || MemoryMarshal.Read<uint>(data[sizeof(ulong)..]) > (uint)(data.Length - LoggingControlLength) / LoggingRangeLength)
                {
                    return Errno.EINVAL;
                }

                return log.Start(MemoryMarshal.Read<ulong>(data));
            default:
                log.Stop();
                return Errno.None;
        }
    }

    // struct vfio_device_feature_dma_logging_report: iova, length, page size; the bitmap follows.
    private Errno Report(VfioDeviceFeature head, ReadOnlySpan<byte> payload, Reply reply)
    {
        const int BitmapOffset = HeadLength + LoggingReportLength;
        if (payload.Length < BitmapOffset)
            return Errno.EINVAL;
        var iova = MemoryMarshal.Read<ulong>(payload[HeadLength..]);
        var length = MemoryMarshal.Read<ulong>(payload[(HeadLength + sizeof(ulong))..]);
        var pageSize = MemoryMarshal.Read<ulong>(payload[(HeadLength + 2 * sizeof(ulong))..]);
        if (!DirtyLog.TryGetBitmapLength(length, pageSize, out var bitmapLength) || bitmapLength > (ulong)(options.MaxDataTransferInBytes - BitmapOffset)
            || head.ArgumentSize < BitmapOffset + bitmapLength)
        {
            return Errno.EINVAL;
        }

        if (!table.Covers(iova, length))
            return Errno.ENOENT;
        if (!log.IsOn)
            return Errno.EINVAL;
        var answer = reply.MakePayload(BitmapOffset + (int)bitmapLength);
        payload[..BitmapOffset].CopyTo(answer);
        head.ArgumentSize = (uint)answer.Length;
        MemoryMarshal.Write(answer, head);
        log.Take(iova, length, pageSize, answer[BitmapOffset..]);
        return Errno.None;
    }
}
