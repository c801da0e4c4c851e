using VfioSharp.Backends.VfioUser.Wire;
using VfioSharp.Conformance.Trials;
using static VfioSharp.Conformance.Trials.Numbers;

namespace VfioSharp.Conformance.Server.Cases;

/// <summary>Commands that are sent without waiting, in one piece or in many.</summary>
internal static class ConcurrencyCases
{
    private const VfioUserCommand Info = VfioUserCommand.DeviceGetInfo;

    public static IEnumerable<ServerCase> All()
    {
        var group = new CaseGroup("concurrency", "Command Concurrency");
        group.Must("pipelined", "64 commands that are sent without waiting are answered in their order", Pipelined);
        group.Must("one_write", "16 commands that are sent in one piece are answered in their order", OneWrite);
        group.Must("byte_by_byte", "a command that is sent byte by byte is answered", ByteByByte);
        group.Must("header_apart", "a command whose payload comes later than its header is answered", HeaderApart);
        group.Must("split_across_commands", "pieces that end within the next command are put together", SplitAcross);
        group.Must("version_pipelined", "commands right behind VERSION are answered", VersionPipelined);
        group.Must(
            "fds_stay_with_their_command", "descriptors of commands that are sent without waiting each go with their own",
            FdsStay, DeviceNeed.TwoIrqs);
        group.Must(
            "fds_with_split_command", "descriptors come with the first byte of a command that is sent in pieces",
            FdsWithSplit, DeviceNeed.Irqs);
        group.Must("error_in_the_middle", "a refusal among commands that are sent without waiting leaves the others alone", ErrorInTheMiddle);
        group.Must(
            "posted_among_others", "commands with No_reply among others are left out of the replies",
            PostedAmongOthers, DeviceNeed.ConfigSpace);
        return group.Cases;
    }

    private static byte[] InfoCommand(ushort id) => Conversation.ToBytes(VfioUserHeader.ForCommand(id, Info, 16), Requests.DeviceInfo());

    private static void Pipelined(ServerTrial trial)
    {
        var peer = trial.Open();
        var ids = Enumerable.Range(0, 64).Select(_ => peer.Send(Info, Requests.DeviceInfo())).ToArray();
        foreach (var id in ids)
            peer.ReplyTo(id, Info);
    }

    private static void OneWrite(ServerTrial trial)
    {
        var peer = trial.Open();
        peer.TrySend(Enumerable.Range(0, 16).SelectMany(id => InfoCommand((ushort)id)).ToArray());
        for (ushort id = 0; id < 16; id++)
            peer.ReplyTo(id, Info);
    }

    private static void InPieces(Conversation peer, byte[] bytes, int piece)
    {
        for (var at = 0; at < bytes.Length; at += piece)
        {
            Expect.That(
                peer.TrySend(bytes.AsSpan(at, Math.Min(piece, bytes.Length - at))),
                "the server ended the connection in the middle of a command.");
            // So that the server sees the piece alone, as far as that can be had.
            Thread.Sleep(1);
        }
    }

    private static void ByteByByte(ServerTrial trial)
    {
        var peer = trial.Open();
        InPieces(peer, InfoCommand(5), 1);
        peer.ReplyTo(5, Info);
    }

    private static void HeaderApart(ServerTrial trial)
    {
        var peer = trial.Open();
        InPieces(peer, InfoCommand(6), HeaderSize);
        peer.ReplyTo(6, Info);
    }

    private static void SplitAcross(ServerTrial trial)
    {
        var peer = trial.Open();
        InPieces(peer, [.. InfoCommand(1), .. InfoCommand(2), .. InfoCommand(3)], 40);
        for (ushort id = 1; id <= 3; id++)
            peer.ReplyTo(id, Info);
    }

    private static void VersionPipelined(ServerTrial trial)
    {
        var peer = trial.Connect();
        var version = Conversation.ToBytes(VfioUserHeader.ForCommand(1, VfioUserCommand.Version, 4), Requests.Version(0, 0, null));
        peer.TrySend([.. version, .. InfoCommand(2)]);
        peer.ReplyTo(1, VfioUserCommand.Version);
        Expect.That(!peer.ReplyTo(2, Info).Header.IsError, "DEVICE_GET_INFO right behind VERSION was refused.");
    }

    private static void FdsStay(ServerTrial trial)
    {
        var peer = trial.Open();
        var index = trial.Device.SignalledTwice!.Index;
        var (first, second) = (trial.Own(new Bell()), trial.Own(new Bell()));
        var ids = new[]
        {
            peer.Send(VfioUserCommand.DeviceSetIrqs, Requests.SetIrqs(SetTrigger | SetEventFd, index, 0, 1), [first.Number]),
            peer.Send(VfioUserCommand.DeviceSetIrqs, Requests.SetIrqs(SetTrigger | SetEventFd, index, 1, 1), [second.Number]),
            peer.Send(VfioUserCommand.DeviceSetIrqs, Requests.SetIrqs(SetTrigger | SetNone, index, 1, 1)),
        };
        foreach (var id in ids)
            Expect.That(!peer.ReplyTo(id, VfioUserCommand.DeviceSetIrqs).Header.IsError, "DEVICE_SET_IRQS was refused.");
        Expect.That(second.WaitFor(1, trial.Timeout), "the second eventfd was not signalled.");
        Expect.Equal(0, first.Count, "the first eventfd");
    }

    private static void FdsWithSplit(ServerTrial trial)
    {
        var peer = trial.Open();
        var bell = trial.Own(new Bell());
        var index = trial.Device.Signalled!.Index;
        var bytes = Conversation.ToBytes(
            VfioUserHeader.ForCommand(9, VfioUserCommand.DeviceSetIrqs, 20), Requests.SetIrqs(SetTrigger | SetEventFd, index, 0, 1));
        peer.TrySend(bytes.AsSpan(0, HeaderSize + 4), bell.Number);
        Thread.Sleep(1);
        peer.TrySend(bytes.AsSpan(HeaderSize + 4));
        Expect.That(!peer.ReplyTo(9, VfioUserCommand.DeviceSetIrqs).Header.IsError, "DEVICE_SET_IRQS in two pieces was refused.");
        peer.Accept(VfioUserCommand.DeviceSetIrqs, Requests.SetIrqs(SetTrigger | SetNone, index, 0, 1));
        Expect.That(bell.WaitFor(1, trial.Timeout), "the eventfd was not signalled.");
    }

    private static void ErrorInTheMiddle(ServerTrial trial)
    {
        var peer = trial.Open();
        var first = peer.Send(Info, Requests.DeviceInfo());
        var second = peer.Send(VfioUserCommand.DeviceGetIrqInfo, Requests.IrqInfo(uint.MaxValue));
        var third = peer.Send(Info, Requests.DeviceInfo());
        Expect.That(!peer.ReplyTo(first, Info).Header.IsError, "the command before the refusal was refused.");
        Expect.That(peer.ReplyTo(second, VfioUserCommand.DeviceGetIrqInfo).Header.IsError, "the bad command was done.");
        Expect.That(!peer.ReplyTo(third, Info).Header.IsError, "the command behind the refusal was refused.");
    }

    private static void PostedAmongOthers(ServerTrial trial)
    {
        var peer = trial.Open();
        var ids = new List<ushort>();
        for (var i = 0; i < 16; i++)
        {
            peer.Send(VfioUserCommand.RegionWrite, Requests.RegionWrite(ConfigRegion, 4, [(byte)(i & 2)]), isPosted: true);
            ids.Add(peer.Send(Info, Requests.DeviceInfo()));
        }

        foreach (var id in ids)
            peer.ReplyTo(id, Info);
    }
}
