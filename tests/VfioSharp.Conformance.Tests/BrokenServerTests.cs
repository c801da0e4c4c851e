using VfioSharp.Backends.VfioUser.Wire;
using VfioSharp.Conformance.Client;
using VfioSharp.Conformance.Trials;

namespace VfioSharp.Conformance.Tests;

/// <summary>A case that no server can fail says nothing: each of these servers is broken in one way, and the case that is for it finds it.</summary>
public sealed class BrokenServerTests
{
    private static readonly Dictionary<string, Script> Servers = new()
    {
        ["JSON without its NUL"] = Script.On(VfioUserCommand.Version, answer => answer with { Payload = answer.Payload[..^1] }),
        ["a minor version over the proposed one"] = Script.On(VfioUserCommand.Version, answer => answer.Json(ScriptedDevice.Capabilities, minor: 7)),
        ["a twin socket that nobody asked for"] = Script.On(VfioUserCommand.Version, answer => answer.Json("""{"capabilities":{"twin_socket":{"supported":true,"fd_index":0}}}""")),
        ["another message id"] = Script.On(VfioUserCommand.DeviceGetInfo, answer => answer with { IdOffset = 1 }),
        ["another command in the reply"] = Script.On(VfioUserCommand.DeviceGetInfo, answer => answer with { Command = 77 }),
        ["an error with a payload"] = new Script { Alter = (_, answer) => answer.Error == Errno.None ? answer : answer with { Payload = [1, 2, 3, 4] } },
        ["no errors at all"] = new Script { Alter = (_, answer) => answer.Error == Errno.None ? answer : new Answer { Payload = new byte[16] } },
        ["no PCI device"] = Script.On(VfioUserCommand.DeviceGetInfo, answer => answer.With(4, 1u)),
        ["a region's argsz that is not its size"] = Script.On(VfioUserCommand.DeviceGetRegionInfo, answer => answer.With(0, 30u)),
        ["a mappable region without a descriptor"] = Script.OnRegion(ScriptedDevice.SharedBar, answer => answer with { Fds = [] }),
        ["a descriptor with every region"] = Script.OnRegion(ScriptedDevice.TrappedBar, answer => answer with { Fds = [1] }),
        ["another file than the region"] = new Script { Alter = OtherBytes },
        ["the wrong count of a read"] = Script.On(VfioUserCommand.RegionRead, answer => answer.Payload.Length > 16 ? answer.With(12, 9u) : answer),
        ["a bit that flips"] = Script.On(VfioUserCommand.RegionRead, Flip),
        ["posted writes that are lost"] = LosesPostedWrites(),
        ["an interrupt index of another number"] = Script.On(VfioUserCommand.DeviceGetIrqInfo, answer => answer.Error == Errno.None ? answer.With(8, 9u) : answer),
        ["interrupts that never come"] = new Script(),
        ["memory mapped twice"] = new Script(),
        ["descriptors that are never closed"] = new Script(),
        ["a reply that is lost"] = Script.On(VfioUserCommand.DeviceReset, answer => answer with { Times = 0 }),
        ["a reset that hangs up"] = Script.On(VfioUserCommand.DeviceReset, answer => answer with { EndAfter = 0 }),
        ["replies in the wrong order"] = new Script { Alter = (command, answer) => command.Header.Command == VfioUserCommand.DeviceGetInfo ? answer with { IdOffset = (ushort)(command.Header.MessageId ^ 1) } : answer },
    };

    [Theory]
    [InlineData("JSON without its NUL", "negotiate/valid_negotiate_empty_json")]
    [InlineData("a minor version over the proposed one", "negotiate/minor_not_larger")]
    [InlineData("a twin socket that nobody asked for", "negotiate/twin_socket_only_if_proposed")]
    [InlineData("another message id", "request_errors/message_id_echoed")]
    [InlineData("another command in the reply", "request_errors/message_id_echoed")]
    [InlineData("an error with a payload", "region_access/bad_region")]
    [InlineData("no errors at all", "device_get_irq_info/bad_index")]
    [InlineData("no errors at all", "region_access/region_offset_overflow")]
    [InlineData("no errors at all", "request_errors/bad_command")]
    [InlineData("no PCI device", "device_get_info/device_get_info")]
    [InlineData("a region's argsz that is not its size", "device_get_region_info/each_region")]
    [InlineData("a mappable region without a descriptor", "device_get_region_info/mappable_has_fd")]
    [InlineData("a descriptor with every region", "device_get_region_info/unmappable_has_no_fd")]
    [InlineData("another file than the region", "device_get_region_info/mappable_is_the_region")]
    [InlineData("the wrong count of a read", "region_access/read_reply")]
    [InlineData("a bit that flips", "region_access/read_pieces")]
    [InlineData("posted writes that are lost", "region_access/posted_write")]
    [InlineData("an interrupt index of another number", "device_get_irq_info/device_get_irq_info")]
    [InlineData("interrupts that never come", "device_set_irqs/enable_trigger_none", true)]
    [InlineData("memory mapped twice", "dma_map/over_existing", true)]
    [InlineData("descriptors that are never closed", "request_errors/fds_of_any_command", true)]
    [InlineData("a reply that is lost", "device_reset/reset")]
    [InlineData("a reset that hangs up", "device_reset/reset")]
    [InlineData("replies in the wrong order", "concurrency/one_write")]
    public void A_broken_server_is_found_out_by_its_case(string server, string name, bool isAlwaysSo = false)
    {
        var found = Run(Servers[server], name);

        Assert.True(found.Status == CaseStatus.Failed, $"{name} is {found.Status}: {found.Reason}");
        Assert.NotEmpty(found.Reason!);
        // The same case lets a server pass that is right in this; what the scripted one never does right is named.
        if (!isAlwaysSo)
            Assert.Equal(CaseStatus.Passed, Run(new Script(), name).Status);
    }

    [Fact]
    public void A_server_that_falls_silent_costs_a_time_out_and_no_more()
    {
        var silent = new Script { Alter = (_, answer) => answer with { Times = 0 } };
        var watch = System.Diagnostics.Stopwatch.StartNew();

        var result = Run(silent, "device_get_info/device_get_info");

        Assert.True(result.IsFault);
        Assert.True(watch.Elapsed < TimeSpan.FromSeconds(8), watch.Elapsed.ToString());
    }

    private static CaseResult Run(Script script, string name)
    {
        using var peer = new ScriptedPeer(script);
        using var suite = new ServerSuite(new ServerSuiteOptions { SocketPath = peer.Path, Timeout = TimeSpan.FromSeconds(1) });
        return suite.Run([ServerSuite.AllCases.Single(item => item.Name == name)], TestContext.Current.CancellationToken).Single();
    }

    private static Answer OtherBytes(Message command, Answer answer) =>
        command.Header.Command == VfioUserCommand.RegionRead && command.U32(8) == ScriptedDevice.SharedBar && answer.Payload.Length > 16
            ? answer with { Payload = [.. answer.Payload[..16], .. Enumerable.Repeat((byte)0x5a, answer.Payload.Length - 16)] }
            : answer;

    // Only in short reads, so that pieces disagree with the whole.
    private static Answer Flip(Answer answer) => answer.Payload.Length == 17 ? answer with { Payload = [.. answer.Payload[..16], (byte)(answer.Payload[16] ^ 1)] } : answer;

    private static Script LosesPostedWrites()
    {
        ScriptedDevice? device = null;
        return new Script
        {
            Prepare = prepared => device = prepared,
            Alter = (command, answer) =>
            {
                // Undone before anybody can look.
                if (command.Header.IsPosted)
                    device!.Config.AsSpan(4, 2).Clear();
                return answer;
            },
        };
    }
}
