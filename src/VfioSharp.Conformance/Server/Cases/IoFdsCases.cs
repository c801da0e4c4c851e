using VfioSharp.Backends.VfioUser.Wire;
using VfioSharp.Conformance.Trials;

namespace VfioSharp.Conformance.Server.Cases;

/// <summary>DEVICE_GET_REGION_IO_FDS.</summary>
internal static class IoFdsCases
{
    private const VfioUserCommand Get = VfioUserCommand.DeviceGetRegionIoFds;
    private const int FixedSize = 16;

    public static IEnumerable<ServerCase> All()
    {
        var group = new CaseGroup("device_get_region_io_fds", "VFIO_USER_DEVICE_GET_REGION_IO_FDS", "device_get_region_io_fds");
        var command = DeviceNeed.IoFdsCommand;
        group.Must("short_write", "a request of 8 bytes is refused", trial => trial.Open().Refuse(Get, new byte[8], Errno.EINVAL));
        group.Must(
            "bad_flags", "flags other than 0 are refused",
            trial => trial.Open().Refuse(Get, Requests.RegionIoFds(Index(trial), 512, flags: 1), Errno.EINVAL),
            command, "device_get_region_io_fds_bad_flags");
        group.Must(
            "bad_count", "a count other than 0 is refused",
            trial => trial.Open().Refuse(Get, Requests.RegionIoFds(Index(trial), 512, count: 1), Errno.EINVAL),
            command, "device_get_region_io_fds_bad_count");
        group.Must(
            "buffer_too_small", "an argsz of less than the fixed part is refused",
            trial => trial.Open().Refuse(Get, Requests.RegionIoFds(Index(trial), FixedSize - 1), Errno.EINVAL),
            command, "device_get_region_io_fds_buffer_too_small");
        group.Habit(
            "buffer_too_large", "an argsz over max_data_xfer_size is refused",
            trial => trial.Open().Refuse(Get, Requests.RegionIoFds(Index(trial), (uint)Math.Min(trial.Device.MaxTransfer + 1, uint.MaxValue)), Errno.EINVAL),
            command, "device_get_region_io_fds_buffer_too_large");
        group.Must(
            "no_fds", "a region without sub-regions says count 0 and argsz 16, and brings no descriptor",
            NoFds, command, "device_get_region_io_fds_no_fds");
        group.Habit(
            "no_regions_setup", "a region of size 0 is refused",
            trial => trial.Open().Refuse(Get, Requests.RegionIoFds(trial.Device.EmptyRegion!.Index, 512), Errno.EINVAL),
            DeviceNeed.EmptyRegion, "device_get_region_io_fds_no_regions_setup");
        group.Must(
            "region_out_of_range", "a region that the device has not is refused",
            trial => trial.Open().Refuse(Get, Requests.RegionIoFds(512, 512), Errno.EINVAL), mirrors: "device_get_region_io_fds_region_out_of_range");
        group.Must(
            "read_write_nothing", "where the sub-regions do not fit argsz, the fixed part alone comes and says the argsz that is needed",
            Nothing, DeviceNeed.IoFds, "device_get_region_io_fds_fds_read_write_nothing");
        group.Must(
            "full", "each sub-region lies within its region and names a descriptor that came, or none",
            Full, DeviceNeed.IoFds, "device_get_region_io_fds_full");
        return group.Cases;
    }

    private static uint Index(ServerTrial trial) => (trial.Device.IoFdRegion ?? trial.Device.Region(Numbers.ConfigRegion)!).Index;

    private static void NoFds(ServerTrial trial)
    {
        var peer = trial.Open();
        foreach (var region in trial.Device.Regions.Where(region => region.Size != 0 && region.IoFdCount == 0))
        {
            var reply = peer.Ask(Get, Requests.RegionIoFds(region.Index, 512));
            if (reply.Header.IsError)
                continue;
            reply.OfLength(FixedSize).WithFds(0);
            Expect.Equal(FixedSize, reply.U32(0), "argsz of the reply");
            Expect.Equal(0, reply.U32(4), "flags of the reply");
            Expect.Equal(region.Index, reply.U32(8), "the index of the reply");
            Expect.Equal(0, reply.U32(12), "count of the reply");
        }
    }

    private static void Nothing(ServerTrial trial)
    {
        var region = trial.Device.IoFdRegion!;
        var reply = trial.Open().Accept(Get, Requests.RegionIoFds(region.Index, FixedSize)).OfLength(FixedSize).WithFds(0);
        Expect.That(
            reply.U32(0) >= FixedSize + 40 * region.IoFdCount,
            $"argsz of the reply is {reply.U32(0)}, too little for {region.IoFdCount} sub-regions.");
    }

    private static void Full(ServerTrial trial)
    {
        var region = trial.Device.IoFdRegion!;
        var peer = trial.Open("""{"capabilities":{"max_msg_fds":253}}""");
        var needed = peer.Accept(Get, Requests.RegionIoFds(region.Index, FixedSize)).U32(0);
        var reply = peer.Accept(Get, Requests.RegionIoFds(region.Index, needed)).OfLength((int)needed);
        var count = reply.U32(12);
        Expect.Equal((ulong)region.IoFdCount, count, "count of the reply");
        Expect.That(reply.Fds.Count >= 1, "no descriptor came.");
        var stride = (needed - FixedSize) / count;
        Expect.That(stride >= 40 && (needed - FixedSize) % count == 0, $"{count} sub-regions in {needed - FixedSize} bytes.");
        for (var i = 0u; i < count; i++)
        {
            var at = (int)(FixedSize + i * stride);
            var (offset, size, fd) = (reply.U64(at), reply.U64(at + 8), reply.U32(at + 16));
            Expect.That(
                size <= region.Size && offset <= region.Size - size,
                $"sub-region {i} at 0x{offset:x}+0x{size:x} lies outside of region {region.Index}.");
            Expect.That(fd == uint.MaxValue || fd < reply.Fds.Count, $"sub-region {i} names descriptor {fd}, and {reply.Fds.Count} came.");
        }
    }
}
