using VfioSharp.Backends.VfioUser.Wire;
using VfioSharp.Conformance.Trials;

namespace VfioSharp.Conformance.Server.Cases;

/// <summary>What holds for every message, whatever its command.</summary>
internal static class HeaderCases
{
    private const VfioUserCommand SetIrqs = VfioUserCommand.DeviceSetIrqs;

    public static IEnumerable<ServerCase> All()
    {
        var group = new CaseGroup("request_errors", "Header", "request_errors");
        group.Must(
            "too_small", "a header that says less than a header's size is refused, or ends the connection",
            trial => Sized(trial, Numbers.HeaderSize - 1), mirrors: "too_small");
        group.Must("size_zero", "a header that says a size of 0 is refused, or ends the connection", trial => Sized(trial, 0));
        group.Must(
            "too_large", "a header that says more than a message can have is refused, or ends the connection",
            trial => Sized(trial, (uint)Math.Min(trial.Device.MaxTransfer + (1 << 20), uint.MaxValue)), mirrors: "too_large");
        group.Must("size_max", "a header that says 4 GiB is refused, or ends the connection", trial => Sized(trial, uint.MaxValue));
        group.Must(
            "unsolicited_reply", "a reply that answers nothing is refused or passed over, or ends the connection",
            UnsolicitedReply, mirrors: "unsolicited_reply");
        group.Habit("unsolicited_reply_is_answered", "a reply that answers nothing gets an error reply", UnsolicitedReplyAnswered);
        group.Must("unknown_type", "a message that is neither command nor reply does no harm", UnknownType);
        group.Must(
            "bad_command", "a command that does not exist is refused",
            trial => trial.Open().Refuse((VfioUserCommand)19, new byte[1], Errno.EINVAL), mirrors: "bad_command");
        group.Must("command_0", "command 0 is refused", trial => trial.Open().Refuse(0, new byte[4], Errno.EINVAL));
        group.Must(
            "retired_dirty_pages", "the retired command 14 is refused",
            trial => trial.Open().Refuse((VfioUserCommand)14, new byte[16], Errno.EINVAL));
        group.Must(
            "command_65535", "command 65535 is refused",
            trial => trial.Open().Refuse((VfioUserCommand)ushort.MaxValue, new byte[16], Errno.EINVAL));
        group.Must("commands_of_servers", "DMA_READ and DMA_WRITE, which are the server's to send, are refused", CommandsOfServers);
        group.Must(
            "no_payload", "a command without the payload that it needs is refused",
            trial => trial.Open().Refuse(SetIrqs, default, Errno.EINVAL), mirrors: "no_payload");
        group.Must("no_payload_of_any", "each command that has a payload is refused without one", NoPayloadOfAny);
        group.Must(
            "bad_request_closes_fds", "the descriptors of a command that is refused are closed",
            BadRequestClosesFds, mirrors: "bad_request_closes_fds");
        group.Must("fds_of_any_command", "descriptors with a command that takes none are closed", FdsOfAnyCommand);
        group.Must("message_id_echoed", "each reply has the message id of its command", MessageIdEchoed);
        group.Must("message_id_reused", "two commands in flight may have the same message id", MessageIdReused);
        group.Must("error_field_reserved", "the error field of a command is passed over", trial =>
        {
            var peer = trial.Open();
            peer.Send(VfioUserHeader.ForCommand(7, VfioUserCommand.DeviceGetInfo, 16) with { Error = 0xdead }, Requests.DeviceInfo());
            Expect.That(!peer.ReplyTo(7, VfioUserCommand.DeviceGetInfo).Header.IsError, "DEVICE_GET_INFO was refused.");
        });
        group.Habit("error_flag_of_command", "the error flag of a command is passed over", trial =>
        {
            var peer = trial.Open();
            peer.Send(VfioUserHeader.ForCommand(8, VfioUserCommand.DeviceGetInfo, 16) with { Flags = VfioUserHeader.FlagError }, Requests.DeviceInfo());
            Expect.That(!peer.ReplyTo(8, VfioUserCommand.DeviceGetInfo).Header.IsError, "DEVICE_GET_INFO was refused.");
        });
        group.Must("goes_on_after_refusal", "a command after one that was refused is answered", trial =>
        {
            var peer = trial.Open();
            peer.Refuse(SetIrqs, new byte[3], Errno.EINVAL);
            peer.Accept(VfioUserCommand.DeviceGetInfo, Requests.DeviceInfo());
        });
        return group.Cases;
    }

    private static void Sized(ServerTrial trial, uint size)
    {
        var peer = trial.Open();
        peer.TrySend(Conversation.ToBytes(VfioUserHeader.ForCommand(0xbad1, SetIrqs, 0) with { MessageSize = size }, default));
        peer.RefusedOrEnded(Errno.EINVAL);
    }

    private static VfioUserHeader Reply(ushort id) => VfioUserHeader.ForReply(VfioUserHeader.ForCommand(id, SetIrqs, 0), 0);

    private static void UnsolicitedReply(ServerTrial trial)
    {
        var peer = trial.Open();
        peer.Send(Reply(0xbad2), default);
        if (!peer.TrySend(Conversation.ToBytes(VfioUserHeader.ForCommand(3, VfioUserCommand.DeviceGetInfo, 16), Requests.DeviceInfo())))
            return;
        var next = peer.Receive();
        if (next is { Header.MessageId: 0xbad2 })
        {
            Expect.That(next.Header.IsError, "a reply that answers nothing was answered as if it had been done.");
            next = peer.Receive();
        }

        Expect.That(next is null || !next.Header.IsError && next.Header.MessageId == 3, "the command behind it was not done.");
    }

    private static void UnsolicitedReplyAnswered(ServerTrial trial)
    {
        var peer = trial.Open();
        peer.Send(Reply(0xbad2), default);
        peer.RefusedOrEnded(Errno.EINVAL);
    }

    private static void UnknownType(ServerTrial trial)
    {
        var peer = trial.Open();
        peer.Send(VfioUserHeader.ForCommand(0xbad3, VfioUserCommand.DeviceGetInfo, 16) with { Flags = 7 }, Requests.DeviceInfo());
        if (!peer.TrySend(Conversation.ToBytes(VfioUserHeader.ForCommand(3, VfioUserCommand.DeviceGetInfo, 16), Requests.DeviceInfo())))
            return;
        var next = peer.Receive();
        if (next is { Header.MessageId: 0xbad3 })
            Expect.That(next.Header.IsError, "a message of type 7 was answered as if it were a command.");
    }

    private static void CommandsOfServers(ServerTrial trial)
    {
        var peer = trial.Open();
        peer.Refuse(VfioUserCommand.DmaRead, new Payload().U64(0).U64(4).ToArray(), Errno.EINVAL);
        peer.Refuse(VfioUserCommand.DmaWrite, new Payload().U64(0).U64(4).U32(0).ToArray(), Errno.EINVAL);
    }

    private static void NoPayloadOfAny(ServerTrial trial)
    {
        var peer = trial.Open();
        foreach (var command in (VfioUserCommand[])
                 [
                     VfioUserCommand.DmaMap, VfioUserCommand.DmaUnmap, VfioUserCommand.DeviceGetInfo, VfioUserCommand.DeviceGetRegionInfo,
                     VfioUserCommand.DeviceGetRegionIoFds, VfioUserCommand.DeviceGetIrqInfo, VfioUserCommand.RegionRead, VfioUserCommand.RegionWrite,
                     VfioUserCommand.RegionWriteMulti, VfioUserCommand.DeviceFeature, VfioUserCommand.MigrationDataRead, VfioUserCommand.MigrationDataWrite,
                 ])
        {
            peer.Refuse(command, default, Errno.EINVAL);
        }
    }

    private static void BadRequestClosesFds(ServerTrial trial)
    {
        var peer = trial.Open();
        var tracer = trial.Own(new Tracer());
        var tracers = trial.Device.MaxFds > 1 ? new[] { tracer.Number, tracer.Number } : [tracer.Number];
        peer.Refuse(SetIrqs, Requests.SetIrqs(Numbers.SetTrigger | Numbers.SetBool, Numbers.IrqMsix, 0, 1), Errno.EINVAL, tracers);
        tracer.CloseHere();
        Expect.That(tracer.WaitForClose(trial.Timeout), "the server keeps a descriptor of a command that it refused.");
    }

    private static void FdsOfAnyCommand(ServerTrial trial)
    {
        var peer = trial.Open();
        var tracer = trial.Own(new Tracer());
        peer.Send(VfioUserCommand.DeviceGetInfo, Requests.DeviceInfo(), [tracer.Number]);
        Expect.That(peer.Receive() is not null, "the server ended the connection because of a descriptor that it did not need.");
        tracer.CloseHere();
        Expect.That(tracer.WaitForClose(trial.Timeout), "the server keeps a descriptor that came with DEVICE_GET_INFO.");
    }

    private static void MessageIdEchoed(ServerTrial trial)
    {
        var peer = trial.Open();
        foreach (var id in (ushort[])[0, 1, 0x7fff, 0x8000, ushort.MaxValue])
        {
            peer.Send(VfioUserHeader.ForCommand(id, VfioUserCommand.DeviceGetInfo, 16), Requests.DeviceInfo());
            peer.ReplyTo(id, VfioUserCommand.DeviceGetInfo);
        }
    }

    private static void MessageIdReused(ServerTrial trial)
    {
        var peer = trial.Open();
        peer.Send(VfioUserHeader.ForCommand(0, VfioUserCommand.DeviceGetInfo, 16), Requests.DeviceInfo());
        peer.Send(VfioUserHeader.ForCommand(0, VfioUserCommand.DeviceGetIrqInfo, 16), Requests.IrqInfo(0));
        peer.ReplyTo(0, VfioUserCommand.DeviceGetInfo);
        peer.ReplyTo(0, VfioUserCommand.DeviceGetIrqInfo);
    }
}
