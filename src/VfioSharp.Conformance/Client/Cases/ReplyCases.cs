using VfioSharp.Backends.VfioUser.Wire;

namespace VfioSharp.Conformance.Client.Cases;

/// <summary>What a client makes of replies that are wrong in their header, late, in pieces, or never come: those to DEVICE_GET_INFO stand for all.</summary>
internal static class ReplyCases
{
    public static IEnumerable<ClientCase> All()
    {
        var group = new ClientCaseGroup("reply", "Header");
        group.Attaches("in_pieces", "a reply that comes byte by byte is taken", Info(answer => answer with { Piece = 1 }));
        group.Attaches("header_apart", "a reply whose payload comes later than its header is taken", Info(answer => answer with { Piece = 16 }));
        group.Attaches(
            "late", "a reply that comes after a quarter of a second is taken",
            Info(answer => answer with { Delay = TimeSpan.FromMilliseconds(250) }));
        group.Refuses("never", "a reply that never comes makes the client give up in time", Info(answer => answer with { Times = 0 }));
        group.Refuses("wrong_id", "a reply with another message id is not taken", Info(answer => answer with { IdOffset = 0x100 }));
        group.Survives(
            "wrong_command", "a reply that says another command does no harm",
            Info(answer => answer with { Command = (ushort)VfioUserCommand.DeviceReset }));
        group.Refuses(
            "command_type", "a command with the reply's id is not taken for the reply",
            Info(answer => answer with { Flags = VfioUserHeader.TypeCommand }));
        group.Refuses("no_payload", "a reply without its payload is not taken", Info(answer => answer with { Payload = [] }));
        group.Refuses("short", "a reply that ends within its fixed part is not taken", Info(answer => answer with { Payload = answer.Payload[..8] }));
        group.Survives(
            "long", "a reply that is longer than asked for does no harm",
            Info(answer => answer with { Payload = [.. answer.Payload, .. new byte[64]] }));
        group.Refuses("size_0", "a header that says a size of 0 makes the client give up", Info(answer => answer with { Size = 0 }));
        group.Refuses("size_15", "a header that says less than a header's size makes the client give up", Info(answer => answer with { Size = 15 }));
        group.Refuses("size_huge", "a header that says 4 GiB makes the client give up", Info(answer => answer with { Size = uint.MaxValue }));
        group.Refuses(
            "size_larger", "a header that says more than comes makes the client give up in time",
            Info(answer => answer with { Size = 64 }));
        group.Survives("twice", "a reply that comes twice does no harm", Info(answer => answer with { Times = 2 }));
        group.Refuses("error", "an error makes the client give up", Info(answer => answer with { Error = Errno.EIO, Payload = [] }));
        group.Refuses(
            "error_0", "so does one without a number",
            Info(answer => answer with { Flags = VfioUserHeader.TypeReply | VfioUserHeader.FlagError, Payload = [] }));
        group.Refuses(
            "error_with_payload", "so does one with a payload",
            Info(answer => answer with { Flags = VfioUserHeader.TypeReply | VfioUserHeader.FlagError }));
        group.Refuses(
            "ends_before", "a connection that ends instead of the reply makes the client give up",
            Info(answer => answer with { EndAfter = 0 }));
        group.Refuses("ends_in_header", "so does one that ends within the header", Info(answer => answer with { EndAfter = 7 }));
        group.Refuses("ends_in_payload", "so does one that ends within the payload", Info(answer => answer with { EndAfter = 20 }));
        group.Survives("fds", "descriptors with a reply that has none do no harm", Info(answer => answer with { Fds = [0, 1, 2] }));
        group.Survives("many_fds", "64 descriptors do no harm", Info(answer => answer with { Fds = Enumerable.Repeat(0, 64).ToArray() }));
        return group.Cases;
    }

    private static Script Info(Func<Answer, Answer> alter) => Script.On(VfioUserCommand.DeviceGetInfo, alter);
}
