using VfioSharp.Backends.VfioUser.Wire;
using VfioSharp.Conformance.Trials;

namespace VfioSharp.Conformance.Client.Cases;

/// <summary>What a client makes of the reply to VERSION.</summary>
internal static class VersionReplyCases
{
    public static IEnumerable<ClientCase> All()
    {
        var group = new ClientCaseGroup("version_reply", "VFIO_USER_VERSION");
        Taken(group, "no_json", "a reply without JSON is taken", null);
        Taken(group, "empty_object", "an empty object is taken", "{}");
        Taken(group, "empty_capabilities", "capabilities without a member are taken", """{"capabilities":{}}""");
        Taken(group, "white_space", "white space between the parts of JSON is passed over", "{ \"capabilities\" :\n { \"max_msg_fds\" : 8 } }");
        Taken(group, "max_msg_fds_1", "a max_msg_fds of 1 is taken", """{"capabilities":{"max_msg_fds":1}}""");
        Taken(group, "max_msg_fds_16", "a max_msg_fds of 16 is taken", """{"capabilities":{"max_msg_fds":16}}""");
        Taken(group, "max_msg_fds_0", "a server that takes no descriptors is taken", """{"capabilities":{"max_msg_fds":0}}""", CaseDuty.Habit);
        Taken(group, "max_data_xfer_size_4096", "a max_data_xfer_size of 4096 is taken", """{"capabilities":{"max_data_xfer_size":4096}}""");
        Taken(group, "max_data_xfer_size_64m", "a max_data_xfer_size of 64 MiB is taken", """{"capabilities":{"max_data_xfer_size":67108864}}""");
        Taken(group, "pgsizes_two", "pages of 4 KiB and 2 MiB are taken", """{"capabilities":{"pgsizes":2101248}}""");
        Taken(group, "max_dma_maps_65535", "a max_dma_maps of 65535 is taken", """{"capabilities":{"max_dma_maps":65535}}""");
        Taken(group, "write_multiple", "write_multiple is taken", """{"capabilities":{"write_multiple":false}}""");
        Taken(group, "migration", "migration, which libvfio-user says, is taken", """{"capabilities":{"migration":{"pgsize":4096}}}""");
        Taken(group, "libvfio_user", "what libvfio-user says is taken", """{ "capabilities": { "max_msg_fds": 8, "max_data_xfer_size": 1048576, "migration": { "pgsize": 4096 } } }""");
        Taken(group, "unknown_capability", "a capability that does not exist is passed over", """{"capabilities":{"max_msg_fds":8,"perpetual_motion":true}}""");
        Taken(group, "twin_socket_false", "a twin_socket that is not supported is taken", """{"capabilities":{"twin_socket":{"supported":false}}}""");
        group.Refuses(
            "error", "an error makes the client give up",
            Script.On(VfioUserCommand.Version, answer => answer with { Error = Errno.EINVAL, Payload = [] }));
        group.Refuses(
            "closed", "a server that ends the connection makes the client give up",
            Script.On(VfioUserCommand.Version, answer => answer with { EndAfter = 0 }));
        group.Refuses(
            "empty", "a reply without a payload makes the client give up",
            Script.On(VfioUserCommand.Version, answer => answer with { Payload = [] }));
        group.Refuses(
            "half", "a reply of 3 bytes makes the client give up",
            Script.On(VfioUserCommand.Version, answer => answer with { Payload = [0, 0, 0] }));
        group.Refuses(
            "major_1", "another major version makes the client give up",
            Script.On(VfioUserCommand.Version, answer => answer.Json(ScriptedDevice.Capabilities, major: 1)));
        group.Refuses(
            "minor_larger", "a minor version over the proposed one makes the client give up",
            Script.On(VfioUserCommand.Version, answer => answer.Json(ScriptedDevice.Capabilities, minor: 999)), CaseDuty.Habit);
        Bad(group, "not_json", "hello");
        Bad(group, "json_ends_early", "{\"capabilities\":{");
        Bad(group, "capabilities_no_object", """{"capabilities":"23"}""");
        Bad(group, "max_msg_fds_string", """{"capabilities":{"max_msg_fds":"8"}}""");
        Bad(group, "max_msg_fds_negative", """{"capabilities":{"max_msg_fds":-1}}""");
        Bad(group, "max_data_xfer_size_string", """{"capabilities":{"max_data_xfer_size":"1M"}}""");
        Odd(group, "max_data_xfer_size_0", """{"capabilities":{"max_data_xfer_size":0}}""");
        Odd(group, "max_data_xfer_size_huge", """{"capabilities":{"max_data_xfer_size":9223372036854775807}}""");
        Odd(group, "max_data_xfer_size_beyond_64_bits", """{"capabilities":{"max_data_xfer_size":99999999999999999999999}}""");
        Odd(group, "max_msg_fds_huge", """{"capabilities":{"max_msg_fds":4294967296}}""");
        Odd(group, "pgsizes_2048", """{"capabilities":{"pgsizes":2048}}""");
        Odd(group, "pgsizes_0", """{"capabilities":{"pgsizes":0}}""");
        Odd(group, "max_dma_maps_0", """{"capabilities":{"max_dma_maps":0}}""");
        Odd(group, "twin_socket_without_fd", """{"capabilities":{"twin_socket":{"supported":true,"fd_index":0}}}""");
        Odd(group, "twin_socket_far_index", """{"capabilities":{"twin_socket":{"supported":true,"fd_index":4294967295}}}""");
        Odd(group, "deep", new string('[', 5000) + new string(']', 5000));
        group.Survives(
            "without_nul", "JSON without its NUL does no harm",
            Script.On(VfioUserCommand.Version, answer => answer with { Payload = answer.Payload[..^1] }));
        group.Survives(
            "bytes_behind_nul", "bytes behind the NUL do no harm",
            Script.On(VfioUserCommand.Version, answer => answer with { Payload = [.. answer.Payload, 1, 2, 3] }));
        group.Survives(
            "not_utf8", "text that is not UTF-8 does no harm",
            Script.On(VfioUserCommand.Version, answer => answer with { Payload = [.. new Payload().U32(0).ToArray(), 0x7b, 0xff, 0xfe, 0x7d, 0] }));
        group.Survives("fd", "a descriptor with the reply does no harm", new Script
        {
            Alter = (message, answer) => message.Header.Command == VfioUserCommand.Version ? answer with { Fds = [0] } : answer,
        });
        return group.Cases;
    }

    private static void Taken(ClientCaseGroup group, string name, string summary, string? json, CaseDuty duty = CaseDuty.Must) =>
        group.Attaches(name, summary, Script.On(VfioUserCommand.Version, answer => answer.Json(json)), duty);

    private static void Bad(ClientCaseGroup group, string name, string json) =>
        group.Refuses(
            name, $"the text {json} makes the client give up",
            Script.On(VfioUserCommand.Version, answer => answer.Json(json)), CaseDuty.Habit);

    private static void Odd(ClientCaseGroup group, string name, string json) => group.Survives(
        name, $"the text {(json.Length > 100 ? json[..8] + "..." : json)} does no harm", Script.On(VfioUserCommand.Version, answer => answer.Json(json)));
}
