using VfioSharp.Backends.VfioUser.Wire;
using VfioSharp.Conformance.Trials;
using static VfioSharp.Conformance.Trials.Numbers;

namespace VfioSharp.Conformance.Server.Cases;

/// <summary>DEVICE_RESET and REGION_WRITE_MULTI.</summary>
internal static class ResetCases
{
    private const VfioUserCommand Multi = VfioUserCommand.RegionWriteMulti;
    private const ulong CommandRegister = 0x04;

    public static IEnumerable<ServerCase> All()
    {
        var group = new CaseGroup("device_reset", "VFIO_USER_DEVICE_RESET");
        group.Must(
            "reset", "a reset is done, and its reply has no payload",
            trial => trial.Open().Accept(VfioUserCommand.DeviceReset, default).OfLength(0).WithFds(0), DeviceNeed.Reset);
        group.Must("twice", "a reset can follow another", trial =>
        {
            var peer = trial.Open();
            peer.Accept(VfioUserCommand.DeviceReset, default);
            peer.Accept(VfioUserCommand.DeviceReset, default);
        }, DeviceNeed.Reset);
        group.Must("same_device", "the device is the same after a reset", SameDevice, DeviceNeed.Reset);
        group.Must("keeps_memory", "memory that was mapped is still mapped after a reset", trial =>
        {
            var peer = trial.Open();
            peer.Accept(VfioUserCommand.DmaMap, Requests.DmaMap(0x10000, 4096));
            peer.Accept(VfioUserCommand.DeviceReset, default);
            peer.Refuse(VfioUserCommand.DmaMap, Requests.DmaMap(0xf000, 8192), Errno.EEXIST);
        }, DeviceNeed.Reset);
        group.Habit("command_register", "memory decoding and bus mastering are off after a reset", trial =>
        {
            var peer = trial.Open();
            peer.Accept(VfioUserCommand.RegionWrite, Requests.RegionWrite(ConfigRegion, 4, [6, 0]));
            peer.Accept(VfioUserCommand.DeviceReset, default);
            var command = peer.Accept(VfioUserCommand.RegionRead, Requests.RegionRead(ConfigRegion, 4, 2)).OfLength(18).Payload[16];
            Expect.Equal(0, command & 6u, "memory decoding and bus mastering of the command register");
        }, new DeviceNeed("a reset and a configuration space", device => DeviceNeed.Reset.IsMet(device) && device.HasConfigSpace));

        var multi = new CaseGroup("region_write_multi", "VFIO_USER_REGION_WRITE_MULTI");
        var need = DeviceNeed.WriteMulti;
        multi.Must("two_writes", "writes are done in their order, and the reply says how many", TwoWrites, need);
        multi.Must(
            "no_writes", "no writes at all are done",
            trial => Expect.Equal(0, trial.Open().Accept(Multi, Requests.WriteMulti()).OfLength(8).U64(0), "wr_cnt of the reply"), need);
        multi.Must("posted", "with No_reply the writes are done without a reply", trial =>
        {
            var peer = trial.Open();
            peer.Send(Multi, Requests.WriteMulti((ConfigRegion, CommandRegister, [2]), (ConfigRegion, CommandRegister, [4])), isPosted: true);
            Expect.Equal(4, ReadCommand(peer), "the command register");
        }, need);
        multi.Must(
            "count_too_large", "a count of more writes than there are bytes for is refused",
            trial => trial.Open().Refuse(Multi, new Payload().U64(2).U64(CommandRegister).U32(ConfigRegion).U32(1).U64(0).ToArray(), Errno.EINVAL),
            need);
        multi.Must(
            "count_overflow", "a count that overflows is refused",
            trial => trial.Open().Refuse(Multi, new Payload().U64(0x0aaa_aaaa_aaaa_aaab).Zeros(16).ToArray(), Errno.EINVAL), need);
        multi.Must(
            "write_of_9_bytes", "a write of more than 8 bytes is refused",
            trial => trial.Open().Refuse(Multi, new Payload().U64(1).U64(CommandRegister).U32(ConfigRegion).U32(9).U64(0).ToArray(), Errno.EINVAL),
            need);
        multi.Must("bad_region", "a write to a region that the device has not is refused, or not counted", BadRegion, need);
        return [.. group.Cases, .. multi.Cases];
    }

    private static uint ReadCommand(Conversation peer) =>
        peer.Accept(VfioUserCommand.RegionRead, Requests.RegionRead(ConfigRegion, CommandRegister, 1)).OfLength(17).Payload[16] & 6u;

    private static void SameDevice(ServerTrial trial)
    {
        var peer = trial.Open();
        var before = peer.Accept(VfioUserCommand.DeviceGetInfo, Requests.DeviceInfo()).Payload;
        peer.Accept(VfioUserCommand.DeviceReset, default);
        Expect.Equal(before, peer.Accept(VfioUserCommand.DeviceGetInfo, Requests.DeviceInfo()).Payload, "the reply to DEVICE_GET_INFO after a reset");
        if (trial.Device.HasConfigSpace)
            Expect.Equal(
                trial.Device.Vendor,
                peer.Accept(VfioUserCommand.RegionRead, Requests.RegionRead(ConfigRegion, 0, 2)).U16(16), "the vendor's id after a reset");
    }

    private static void TwoWrites(ServerTrial trial)
    {
        var peer = trial.Open();
        var reply = peer.Accept(Multi, Requests.WriteMulti((ConfigRegion, CommandRegister, [2]), (ConfigRegion, CommandRegister, [4]))).OfLength(8);
        Expect.Equal(2, reply.U64(0), "wr_cnt of the reply");
        Expect.Equal(4, ReadCommand(peer), "the command register");
    }

    private static void BadRegion(ServerTrial trial)
    {
        var reply = trial.Open().Ask(Multi, Requests.WriteMulti((trial.Device.RegionCount, 0, [1])));
        if (!reply.Header.IsError)
            Expect.Equal(0, reply.U64(0), "wr_cnt of the reply");
    }
}
