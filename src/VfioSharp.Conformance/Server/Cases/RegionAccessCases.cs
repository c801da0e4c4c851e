using VfioSharp.Backends.VfioUser.Wire;
using VfioSharp.Conformance.Trials;

namespace VfioSharp.Conformance.Server.Cases;

/// <summary>REGION_READ and REGION_WRITE: bounds, lengths, echoes. The configuration space serves, for nothing happens when it is read.</summary>
internal static class RegionAccessCases
{
    private const VfioUserCommand Read = VfioUserCommand.RegionRead;
    private const VfioUserCommand Write = VfioUserCommand.RegionWrite;
    private const uint Config = Numbers.ConfigRegion;

    // The one register of the configuration space that any driver writes: memory decoding and bus mastering.
    private const ulong CommandRegister = 0x04;
    private const byte MemoryEnable = 2;
    private const byte MasterEnable = 4;

    public static IEnumerable<ServerCase> All()
    {
        var group = new CaseGroup("region_access", "Read and Write Operations", "setup_region");
        var config = DeviceNeed.ConfigSpace;
        group.Must(
            "read_reply", "the reply to a read repeats offset, region and count, and has count bytes",
            ReadReply, config, of: "VFIO_USER_REGION_READ");
        group.Must(
            "write_reply", "the reply to a write repeats offset, region and count, and has no data",
            WriteReply, config, of: "VFIO_USER_REGION_WRITE");
        group.Must("read_all", "the whole configuration space can be read at once", ReadAll, config);
        group.Must("read_pieces", "reads of 1, 2 and 4 bytes agree with one of 64", ReadPieces, config);
        group.Must(
            "region_offset_overflow", "an offset so large that offset and count overflow is refused",
            trial => trial.Open().Refuse(Read, Requests.RegionRead(Config, ulong.MaxValue, 256), Errno.EINVAL), config, "region_offset_overflow");
        group.Must(
            "write_offset_overflow", "so is one of a write",
            trial => trial.Open().Refuse(Write, Requests.RegionWrite(Config, ulong.MaxValue - 1, new byte[4]), Errno.EINVAL), config);
        group.Must(
            "read_past_end", "a read that crosses the end of a region is refused",
            trial => trial.Open().Refuse(Read, Requests.RegionRead(Config, trial.Device.Region(Config)!.Size - 2, 4), Errno.EINVAL), config);
        group.Must(
            "read_beyond_end", "a read behind the end of a region is refused",
            trial => trial.Open().Refuse(Read, Requests.RegionRead(Config, trial.Device.Region(Config)!.Size, 1), Errno.EINVAL), config);
        group.Must(
            "write_past_end", "a write that crosses the end of a region is refused",
            trial => trial.Open().Refuse(Write, Requests.RegionWrite(Config, trial.Device.Region(Config)!.Size - 2, new byte[4]), Errno.EINVAL),
            config);
        group.Must(
            "access_region_zero_count_read", "a read of no bytes is done",
            trial => ZeroCount(trial, Read), config, "access_region_zero_count");
        group.Must(
            "access_region_zero_count_write", "a write of no bytes is done",
            trial => ZeroCount(trial, Write), config, "access_region_zero_count");
        group.Must(
            "access_region_large_count", "a read of more than max_data_xfer_size is refused",
            trial => trial.Open().Refuse(Read, Requests.RegionRead(Config, 0, LargerThanAllowed(trial)), Errno.EINVAL),
            config, "access_region_large_count");
        group.Must(
            "read_count_max", "a read of 4294967295 bytes is refused",
            trial => trial.Open().Refuse(Read, Requests.RegionRead(Config, 0, uint.MaxValue), Errno.EINVAL), config);
        group.Must(
            "region_offset_too_short", "a write whose payload ends within the fixed part is refused",
            trial => trial.Open().Refuse(Write, new byte[8], Errno.EINVAL), config, "region_offset_too_short");
        group.Must(
            "read_too_short", "a read whose payload ends within the fixed part is refused",
            trial => trial.Open().Refuse(Read, new byte[15], Errno.EINVAL));
        group.Must(
            "write_less_data_than_count", "a write with less data than its count is refused",
            trial => trial.Open().Refuse(Write, Requests.RegionWrite(Config, CommandRegister, new byte[1], 4), Errno.EINVAL), config);
        group.Must(
            "write_no_data", "a write without its data is refused",
            trial => trial.Open().Refuse(Write, Requests.RegionWrite(Config, CommandRegister, default, 4), Errno.EINVAL), config);
        group.Habit(
            "write_more_data_than_count", "a write with more data than its count is refused",
            trial => trial.Open().Refuse(Write, Requests.RegionWrite(Config, CommandRegister, new byte[8], 1), Errno.EINVAL), config);
        group.Must(
            "bad_region", "a region that the device has not is refused",
            trial => trial.Open().Refuse(Read, Requests.RegionRead(trial.Device.RegionCount, 0, 4), Errno.EINVAL));
        group.Must(
            "bad_region_max", "region 4294967295 is refused",
            trial => trial.Open().Refuse(Read, Requests.RegionRead(uint.MaxValue, 0, 4), Errno.EINVAL));
        group.Must(
            "write_bad_region", "so is a write to one",
            trial => trial.Open().Refuse(Write, Requests.RegionWrite(trial.Device.RegionCount, 0, new byte[4]), Errno.EINVAL));
        group.Must(
            "empty_region", "a read of a region of size 0 is refused",
            trial => trial.Open().Refuse(Read, Requests.RegionRead(trial.Device.EmptyRegion!.Index, 0, 4), Errno.EINVAL), DeviceNeed.EmptyRegion);
        group.Must("posted_write", "a write with No_reply is done, and gets no reply", PostedWrite, config, of: "Header");
        group.Must(
            "posted_before_reply", "a write with No_reply is done before a later command is answered",
            PostedOrder, config, of: "Command Concurrency");
        group.Must("posted_bad_write", "a write with No_reply that cannot be done gets no reply either", PostedBadWrite, config, of: "Header");
        return group.Cases;
    }

    private static uint LargerThanAllowed(ServerTrial trial) => (uint)Math.Min(trial.Device.MaxTransfer + 8, uint.MaxValue - 64);

    private static void ReadReply(ServerTrial trial)
    {
        var reply = trial.Open().Accept(Read, Requests.RegionRead(Config, 2, 2)).OfLength(18).WithFds(0);
        Expect.Equal(2, reply.U64(0), "the offset of the reply");
        Expect.Equal(Config, reply.U32(8), "the region of the reply");
        Expect.Equal(2, reply.U32(12), "the count of the reply");
        Expect.Equal(trial.Device.Device, reply.U16(16), "the device's id");
    }

    private static void WriteReply(ServerTrial trial)
    {
        var reply = trial.Open().Accept(Write, Requests.RegionWrite(Config, CommandRegister, [MemoryEnable])).OfLength(16).WithFds(0);
        Expect.Equal(CommandRegister, reply.U64(0), "the offset of the reply");
        Expect.Equal(Config, reply.U32(8), "the region of the reply");
        Expect.Equal(1, reply.U32(12), "the count of the reply");
    }

    private static void ReadAll(ServerTrial trial)
    {
        var size = (int)trial.Device.Region(Config)!.Size;
        trial.Open().Accept(Read, Requests.RegionRead(Config, 0, (uint)size)).OfLength(16 + size);
    }

    private static void ReadPieces(ServerTrial trial)
    {
        var peer = trial.Open();
        var whole = peer.Accept(Read, Requests.RegionRead(Config, 0, 64)).OfLength(80).Payload.AsSpan(16).ToArray();
        foreach (var width in (uint[])[1, 2, 4])
        {
            for (var offset = 0u; offset < 64; offset += width)
            {
                var piece = peer.Accept(Read, Requests.RegionRead(Config, offset, width)).OfLength(16 + (int)width).Payload.AsSpan(16);
                Expect.Equal(whole.AsSpan((int)offset, (int)width), piece, $"a read of {width} bytes at 0x{offset:x}");
            }
        }
    }

    private static void ZeroCount(ServerTrial trial, VfioUserCommand command)
    {
        var peer = trial.Open();
        var reply = peer.Accept(command, Requests.RegionRead(Config, 0, 0));
        Expect.That(reply.Payload.Length is 0 or 16, $"the reply has {reply.Payload.Length} bytes behind its header, expected 16.");
        if (reply.Payload.Length == 0)
            trial.Remark("The reply to a transfer of 0 bytes is a header alone; the specification has 16 bytes behind it.");
    }

    private static uint ReadCommand(Conversation peer) =>
        peer.Accept(Read, Requests.RegionRead(Config, CommandRegister, 2)).OfLength(18).Payload[16] & (uint)(MemoryEnable | MasterEnable);

    private static void PostedWrite(ServerTrial trial)
    {
        var peer = trial.Open();
        foreach (var value in (byte[])[MemoryEnable, MasterEnable, 0])
        {
            peer.Send(Write, Requests.RegionWrite(Config, CommandRegister, [value]), isPosted: true);
            Expect.Equal(value, ReadCommand(peer), "the command register after it was written with No_reply");
        }
    }

    private static void PostedOrder(ServerTrial trial)
    {
        var peer = trial.Open();
        for (var round = 0; round < 64; round++)
            peer.Send(Write, Requests.RegionWrite(Config, CommandRegister, [round % 2 == 0 ? MemoryEnable : MasterEnable]), isPosted: true);
        Expect.Equal(MasterEnable, ReadCommand(peer), "the command register after 64 writes with No_reply");
        peer.Accept(Write, Requests.RegionWrite(Config, CommandRegister, [0]));
    }

    private static void PostedBadWrite(ServerTrial trial)
    {
        var peer = trial.Open();
        peer.Send(Write, Requests.RegionWrite(trial.Device.RegionCount, 0, new byte[4]), isPosted: true);
        // A reply to the write would be taken for this one's, and found out by its message id.
        ReadCommand(peer);
    }
}
