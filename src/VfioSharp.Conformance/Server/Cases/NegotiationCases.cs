using System.Text;
using System.Text.Json;
using VfioSharp.Backends.VfioUser.Wire;
using VfioSharp.Conformance.Trials;
using VfioSharp.Native;

namespace VfioSharp.Conformance.Server.Cases;

/// <summary>VERSION: what a server answers to a client's proposal.</summary>
internal static class NegotiationCases
{
    public static IEnumerable<ServerCase> All()
    {
        var group = new CaseGroup("negotiate", "VFIO_USER_VERSION", "negotiate");
        group.Must("short_write", "a VERSION without a payload is refused", trial => Refused(trial, []), mirrors: "short_write");
        group.Must("short_payload", "a VERSION of 3 bytes is refused", trial => Refused(trial, [0, 0, 0]));
        group.Must(
            "long_write", "a VERSION whose header says more than any message can have is refused, or ends the connection",
            LongWrite, mirrors: "long_write");
        group.Must("bad_command", "a first message that is not VERSION, and is nothing at all, is refused", BadCommand, mirrors: "bad_command");
        group.Must("command_before_version", "a first message that is not VERSION is refused, or ends the connection", CommandBeforeVersion);
        group.Must(
            "invalid_major", "another major version is refused, or ends the connection",
            trial => Refused(trial, Requests.Version(999, 0, null)), mirrors: "invalid_major");
        group.Must(
            "invalid_json_missing_nul", "JSON without its NUL is refused",
            trial => Refused(trial, Unterminated("{}")), mirrors: "invalid_json_missing_NUL");
        Invalid(group, "missing_closing_brace", "{", "JSON that ends early is refused", "invalid_json_missing_closing_brace");
        Invalid(group, "missing_closing_quote", "\"", "JSON that ends within a string is refused", "invalid_json_missing_closing_quote");
        Invalid(group, "bad_capabilities_object", """{ "capabilities": "23" }""", "capabilities that are no object are refused", "invalid_json_bad_capabilities_object");
        Invalid(group, "bad_max_fds", """{ "capabilities": { "max_msg_fds": "foo" } }""", "a max_msg_fds that is no number is refused", "invalid_json_bad_max_fds");
        Invalid(group, "bad_max_fds2", """{ "capabilities": { "max_msg_fds": -1 } }""", "a max_msg_fds below 0 is refused", "invalid_json_bad_max_fds2");
        group.Habit(
            "invalid_json_bad_max_fds3", "a max_msg_fds over 1024 is refused",
            trial => Refused(trial, Requests.Version(0, 0, """{ "capabilities": { "max_msg_fds": 1025 } }""")), mirrors: "invalid_json_bad_max_fds3");
        group.Habit(
            "invalid_json_bad_migration_object", "a migration that is no object is refused",
            trial => Refused(trial, Requests.Version(0, 0, """{ "capabilities": { "migration": "23" } }""")),
            mirrors: "invalid_json_bad_migration_object");
        group.Habit(
            "invalid_json_bad_pgsize", "a migration.pgsize that is no number is refused",
            trial => Refused(trial, Requests.Version(0, 0, """{ "capabilities": { "migration": { "pgsize": "foo" } } }""")),
            DeviceNeed.Migration, "invalid_json_bad_pgsize");
        group.Habit(
            "invalid_json_bad_pgsize2", "a migration.pgsize that is no power of two is refused",
            trial => Refused(trial, Requests.Version(0, 0, """{ "capabilities": { "migration": { "pgsize": 4095 } } }""")),
            DeviceNeed.Migration, "invalid_json_bad_pgsize2");
        Invalid(group, "bad_max_data_xfer_size", """{ "capabilities": { "max_data_xfer_size": "1M" } }""", "a max_data_xfer_size that is no number is refused");
        // One that knows no twin socket passes over it.
        group.Must(
            "invalid_json_bad_twin_socket", "a twin_socket that is no object is refused",
            trial => Refused(trial, Requests.Version(0, 0, """{ "capabilities": { "twin_socket": true } }""")), DeviceNeed.TwinSocket);
        group.Must(
            "valid_negotiate_no_json", "a VERSION without JSON is answered",
            trial => Answered(trial, null), mirrors: "valid_negotiate_no_json");
        group.Must(
            "valid_negotiate_empty_json", "a VERSION with an empty object is answered",
            trial => Answered(trial, "{}"), mirrors: "valid_negotiate_empty_json");
        group.Must(
            "valid_negotiate_json", "a VERSION with capabilities is answered",
            trial => Answered(trial, """{ "capabilities": { "max_msg_fds": 1024, "max_data_xfer_size": 1048576 } }"""),
            mirrors: "valid_negotiate_json");
        group.Must("empty_capabilities", "capabilities without a member are answered", trial => Answered(trial, """{"capabilities":{}}"""));
        group.Must(
            "qemu", "what QEMU 11 says is answered",
            trial => Answered(trial, """{"capabilities": {"pgsizes": 4096, "max_msg_fds": 16, "max_dma_maps": 65535, "max_data_xfer_size": 1048576, "migration": {"max_bitmap_size": 268435456, "pgsize": 4096}, "write_multiple": true}}"""));
        group.Must(
            "unknown_capability", "capabilities that the server does not know are passed over",
            trial => Answered(trial, """{"capabilities":{"max_msg_fds":8,"perpetual_motion":{"supported":true}},"maker":"nobody"}"""));
        group.Must(
            "white_space", "white space between the parts of JSON is passed over",
            trial => Answered(trial, " {\n\t\"capabilities\" : { } }\r\n"));
        group.Must("minor_not_larger", "the minor version of the reply is at most the proposed one", trial => MinorOf(trial, 0));
        group.Must(
            "minor_of_younger_client", "a client of a younger minor version is answered with an older or the same one",
            trial => MinorOf(trial, ushort.MaxValue));
        group.Must("twin_socket_only_if_proposed", "no twin socket is set up for a client that does not support it", TwinNotProposed);
        group.Must("twin_socket", "the twin socket's descriptor lies where fd_index says, and is a connected socket", Twin, DeviceNeed.TwinSocket);
        group.Habit("capabilities_said", "the reply says max_msg_fds and max_data_xfer_size", CapabilitiesSaid);
        group.Habit("second_version", "a second VERSION is refused", SecondVersion);
        group.Must("version_with_fds", "a VERSION that brings a descriptor does no harm", VersionWithFds);
        return group.Cases;
    }

    private static void Invalid(CaseGroup group, string name, string json, string summary, string? mirrors = null) =>
        group.Must(mirrors ?? $"invalid_json_{name}", summary, trial => Refused(trial, Requests.Version(0, 0, json)), mirrors: mirrors);

    private static byte[] Unterminated(string json) => new Payload().U16(0).U16(0).Text(json).ToArray();

    private static void Refused(ServerTrial trial, byte[] payload)
    {
        var peer = trial.Connect();
        peer.Send(VfioUserCommand.Version, payload);
        peer.RefusedOrEnded(Errno.EINVAL);
    }

    private static void LongWrite(ServerTrial trial)
    {
        var peer = trial.Connect();
        var header = VfioUserHeader.ForCommand(1, VfioUserCommand.Version, 0) with { MessageSize = uint.MaxValue };
        peer.TrySend(Conversation.ToBytes(header, default));
        peer.RefusedOrEnded(Errno.EINVAL);
    }

    private static void BadCommand(ServerTrial trial)
    {
        var peer = trial.Connect();
        peer.Send((VfioUserCommand)999, Requests.Version(0, 0, null));
        peer.RefusedOrEnded(Errno.EINVAL);
    }

    private static void CommandBeforeVersion(ServerTrial trial)
    {
        var peer = trial.Connect();
        peer.Send(VfioUserCommand.DeviceGetInfo, Requests.DeviceInfo());
        peer.RefusedOrEnded(Errno.EINVAL);
    }

    private static void Answered(ServerTrial trial, string? json)
    {
        var peer = trial.Connect();
        CheckReply(peer.Accept(VfioUserCommand.Version, Requests.Version(0, 0, json)), 0);
        peer.Accept(VfioUserCommand.DeviceGetInfo, Requests.DeviceInfo());
    }

    private static void MinorOf(ServerTrial trial, ushort minor) =>
        CheckReply(trial.Connect().Accept(VfioUserCommand.Version, Requests.Version(0, minor, null)), minor);

    // Returns the capabilities, or null where the reply has none.
    private static JsonElement? CheckReply(Message reply, ushort proposedMinor)
    {
        Expect.Equal(0, reply.U16(0), "the major version of the reply");
        Expect.That(reply.U16(2) <= proposedMinor, $"the minor version of the reply is {reply.U16(2)}, over the proposed {proposedMinor}.");
        if (reply.Payload.Length == 4)
            return null;
        var text = reply.Payload.AsSpan(4);
        Expect.That(text.IndexOf((byte)0) == text.Length - 1, "the JSON of the reply does not end with its only NUL.");
        try
        {
            using var document = JsonDocument.Parse(Encoding.UTF8.GetString(text[..^1]));
            Expect.That(document.RootElement.ValueKind == JsonValueKind.Object, "the JSON of the reply is no object.");
            return document.RootElement.TryGetProperty("capabilities", out var capabilities) ? capabilities.Clone() : null;
        }
        catch (JsonException failure)
        {
            throw new CaseFailedException($"the JSON of the reply cannot be read: {failure.Message}");
        }
    }

    private static void TwinNotProposed(ServerTrial trial)
    {
        var reply = trial.Connect().Negotiate().WithFds(0);
        var hasTwin = CheckReply(reply, 0) is { } capabilities && capabilities.TryGetProperty("twin_socket", out var twin)
            && twin.TryGetProperty("supported", out var supported) && supported.ValueKind == JsonValueKind.True;
        Expect.That(!hasTwin, "the reply says twin_socket.supported, which the client did not propose.");
    }

    private static void Twin(ServerTrial trial)
    {
        var peer = trial.Connect();
        var reply = peer.Negotiate("""{"capabilities":{"max_msg_fds":8,"twin_socket":{"supported":true}}}""");
        var capabilities = CheckReply(reply, 0);
        Expect.That(capabilities is not null, "the reply has no capabilities.");
        var twin = capabilities.Value.GetProperty("twin_socket");
        Expect.That(twin.TryGetProperty("fd_index", out var index) && index.TryGetInt32(out _), "twin_socket of the reply has no fd_index.");
        var number = index.GetInt32();
        Expect.That(number >= 0 && number < reply.Fds.Count, $"twin_socket.fd_index is {number}, and {reply.Fds.Count} descriptors came.");
        peer.AttachTwin(reply.Fds[number]);
        peer.Accept(VfioUserCommand.DeviceGetInfo, Requests.DeviceInfo());
    }

    private static void CapabilitiesSaid(ServerTrial trial)
    {
        var capabilities = CheckReply(trial.Connect().Negotiate(), 0);
        Expect.That(capabilities is not null, "the reply has no capabilities.");
        foreach (var name in (string[])["max_msg_fds", "max_data_xfer_size"])
            Expect.That(
                capabilities.Value.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Number,
                $"the reply does not say {name}.");
    }

    private static void SecondVersion(ServerTrial trial)
    {
        var peer = trial.Open();
        peer.Send(VfioUserCommand.Version, Requests.Version(0, 0, null));
        peer.RefusedOrEnded(Errno.EINVAL);
    }

    private static void VersionWithFds(ServerTrial trial)
    {
        var peer = trial.Connect();
        using var extra = EventFd.Create();
        peer.Send(VfioUserCommand.Version, Requests.Version(0, 0, "{}"), [extra.Descriptor.Number]);
        if (peer.Receive() is { Header.IsError: true } refusal)
            peer.CheckRefused(refusal, Errno.EINVAL);
    }
}
