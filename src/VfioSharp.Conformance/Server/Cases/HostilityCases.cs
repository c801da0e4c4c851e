using VfioSharp.Backends.VfioUser.Wire;
using VfioSharp.Conformance.Trials;
using static VfioSharp.Conformance.Trials.Numbers;

namespace VfioSharp.Conformance.Server.Cases;

/// <summary>
/// Clients that mean no good, or die. What the server answers is its own choice; that a new client is served afterwards, as after every case, is
/// what counts.
/// </summary>
internal static class HostilityCases
{
    private const VfioUserCommand Info = VfioUserCommand.DeviceGetInfo;

    public static IEnumerable<ServerCase> All()
    {
        var group = new CaseGroup("hostility", "Security Considerations", "request_errors");
        group.Must("connect_and_go", "a client that connects and goes does no harm", trial => trial.Connect());
        group.Must("half_a_header", "one that goes within a header does no harm", trial => trial.Open().TrySend(new byte[7]));
        group.Must(
            "half_a_version", "one that goes within VERSION does no harm",
            trial => trial.Connect().TrySend(Conversation.ToBytes(VfioUserHeader.ForCommand(1, VfioUserCommand.Version, 400), new byte[20])));
        group.Must("half_a_message", "one that goes within a message, descriptors sent, does no harm and leaves none behind", HalfAMessage);
        group.Must(
            "large_announced", "one that announces as much as a message may have and sends nothing does no harm",
            trial => trial.Open().TrySend(Conversation.ToBytes(VfioUserHeader.ForCommand(1, VfioUserCommand.RegionWrite, 0) with { MessageSize = (uint)Math.Min(trial.Device.MaxTransfer, DefaultTransfer) }, default)));
        group.Must(
            "disconnected_socket", "clients that come and go many times, each after VERSION, do no harm",
            ComeAndGo, mirrors: "disconnected_socket", of: "Client Disconnection");
        group.Must("goes_before_reply", "one that goes before its replies come does no harm", GoesBeforeReply, of: "Client Disconnection");
        group.Must("never_reads", "one that sends and never reads does no harm", NeverReads);
        group.Must("noise", "noise instead of messages does no harm", trial => Noise(trial, negotiates: false));
        group.Must("noise_after_version", "neither does noise after VERSION", trial => Noise(trial, negotiates: true));
        group.Must("noise_in_payloads", "noise behind right headers does no harm", NoiseInPayloads);
        group.Must("too_many_fds", "a message with more descriptors than max_msg_fds does no harm, and they are closed", TooManyFds);
        group.Must("many_maps_of_nothing", "mappings in great number do no harm", ManyMaps);
        group.Must("json_deep", "JSON of great depth does no harm", JsonDeep);
        group.Must(
            "json_long", "JSON of great length does no harm",
            trial => Version(trial, "{\"capabilities\":{\"x\":\"" + new string('a', 512 << 10) + "\"}}"));
        group.Must(
            "json_numbers", "numbers beyond 64 bits do no harm",
            trial => Version(trial, """{"capabilities":{"max_data_xfer_size":99999999999999999999999999,"max_msg_fds":1e400}}"""));
        group.Must(
            "max_data_xfer_size_0", "a client that takes no data at all does no harm",
            trial => Version(trial, """{"capabilities":{"max_data_xfer_size":0}}"""));
        group.Must("max_msg_fds_0", "a client that takes no descriptors is answered", trial =>
        {
            var peer = trial.Open("""{"capabilities":{"max_msg_fds":0}}""");
            peer.Accept(Info, Requests.DeviceInfo());
        });
        return group.Cases;
    }

    private static void Version(ServerTrial trial, string json)
    {
        var peer = trial.Connect();
        peer.Send(VfioUserCommand.Version, Requests.Version(0, 0, json));
        peer.Receive();
    }

    private static void JsonDeep(ServerTrial trial) => Version(trial, new string('[', 20000) + new string(']', 20000));

    private static void HalfAMessage(ServerTrial trial)
    {
        var peer = trial.Open();
        var tracer = trial.Own(new Tracer());
        peer.TrySend(Conversation.ToBytes(VfioUserHeader.ForCommand(1, VfioUserCommand.DmaMap, 32), new byte[8]), tracer.Number);
        tracer.CloseHere();
        peer.Dispose();
        Expect.That(tracer.WaitForClose(trial.Timeout), "the server keeps a descriptor of a message that never became whole.");
    }

    private static void ComeAndGo(ServerTrial trial)
    {
        for (var i = 0; i < 50; i++)
            trial.Open().Dispose();
    }

    private static void GoesBeforeReply(ServerTrial trial)
    {
        var peer = trial.Open();
        for (var i = 0; i < 32; i++)
            peer.Send(Info, Requests.DeviceInfo());
        peer.Dispose();
    }

    private static void NeverReads(ServerTrial trial)
    {
        var peer = trial.Connect(TimeSpan.FromMilliseconds(500));
        peer.Negotiate();
        var command = Conversation.ToBytes(VfioUserHeader.ForCommand(1, Info, 16), Requests.DeviceInfo());
        var batch = Enumerable.Repeat(command, 64).SelectMany(bytes => bytes).ToArray();
        try
        {
            // Until the server reads no more, for it cannot write any more, or until it has had enough.
            for (var i = 0; i < 256 && peer.TrySend(batch); i++)
            {
            }
        }
        catch (CaseFailedException)
        {
            // That the server stopped reading is what was wanted.
        }

        peer.Dispose();
    }

    private static void Noise(ServerTrial trial, bool negotiates)
    {
        for (var seed = 0; seed < 8; seed++)
        {
            var peer = negotiates ? trial.Open() : trial.Connect();
            var noise = new byte[4096];
            new Random(seed).NextBytes(noise);
            peer.TrySend(noise);
            peer.Dispose();
        }
    }

    private static void NoiseInPayloads(ServerTrial trial)
    {
        var random = new Random(42);
        var peer = trial.Open();
        for (var i = 0; i < 400; i++)
        {
            var payload = new byte[random.Next(0, 96)];
            random.NextBytes(payload);
            // Registers are left alone: what a device does on random writes is not the server's doing. Features would stop it.
            var command = (VfioUserCommand)random.Next(1, 9);
            if (!peer.TrySend(Conversation.ToBytes(VfioUserHeader.ForCommand((ushort)i, command, payload.Length), payload)) || peer.Receive() is null)
                peer = trial.Open();
        }
    }

    private static void TooManyFds(ServerTrial trial)
    {
        var peer = trial.Open();
        var tracer = trial.Own(new Tracer());
        var count = Math.Min(trial.Device.MaxFds + 1, VfioUserDefaults.MostFdsOfAMessage);
        if (peer.TrySend(Conversation.ToBytes(VfioUserHeader.ForCommand(1, Info, 16), Requests.DeviceInfo()), Enumerable.Repeat(tracer.Number, count).ToArray()))
            peer.Receive();
        tracer.CloseHere();
        Expect.That(tracer.WaitForClose(trial.Timeout), $"the server keeps a descriptor of a message that had {count}.");
    }

    private static void ManyMaps(ServerTrial trial)
    {
        var peer = trial.Open();
        for (var batch = 0ul; batch < 16; batch++)
        {
            var ids = new List<ushort>();
            for (var i = 0ul; i < 64; i++)
                ids.Add(peer.Send(VfioUserCommand.DmaMap, Requests.DmaMap((batch * 64 + i) << 13, 4096)));
            foreach (var id in ids)
                peer.ReplyTo(id, VfioUserCommand.DmaMap);
        }
    }
}
