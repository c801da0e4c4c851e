using VfioSharp.Backends.VfioUser.Wire;
using VfioSharp.Conformance.Trials;

namespace VfioSharp.Conformance.Tests;

public sealed class ClientSuiteTests
{
    [Fact]
    public void Names_are_unique_and_every_case_says_its_clause_and_what_is_expected()
    {
        Assert.Equal(ClientSuite.AllCases.Count, ClientSuite.AllCases.Select(item => item.Name).Distinct().Count());
        Assert.All(ClientSuite.AllCases, item =>
        {
            Assert.Matches("^[a-z_0-9]+/[a-z_0-9]+$", item.Name);
            Assert.NotEmpty(item.Clause);
            Assert.False(item.Summary.EndsWith('.'), item.Summary);
        });
    }

    [Theory]
    [InlineData("conduct/")]
    [InlineData("version_reply/no_json")]
    [InlineData("version_reply/error")]
    [InlineData("reply/in_pieces")]
    [InlineData("reply/wrong_id")]
    [InlineData("reply/ends_in_payload")]
    [InlineData("region_info/two_fds")]
    [InlineData("server_end/ends")]
    public void A_careful_client_passes(string names) => Assert.All(Run(names, Careful), result => Assert.True(result.Status == CaseStatus.Passed, $"{result.Case.Name}: {result.Reason}"));

    [Fact]
    public void A_client_that_uses_a_device_of_which_the_server_says_no_is_found_out() => AssertFault("version_reply/error", Careless);

    [Fact]
    public void A_client_that_does_not_look_at_message_ids_is_found_out() => AssertFault("reply/wrong_id", Careless);

    [Fact]
    public void A_client_that_does_not_begin_with_version_is_found_out() =>
        AssertFault("conduct/version_first", path => Converse(path, peer => UseDevice(peer)));

    [Fact]
    public void A_client_that_reads_behind_a_region_is_found_out() => AssertFault("conduct/accesses", path => Converse(path, peer =>
    {
        peer.Negotiate();
        UseDevice(peer);
        peer.Ask(VfioUserCommand.RegionRead, Requests.RegionRead(Numbers.ConfigRegion, 255, 4));
    }));

    [Fact]
    public void A_client_that_sends_too_many_descriptors_is_found_out() => AssertFault("conduct/fd_counts", path => Converse(path, peer =>
    {
        peer.Negotiate();
        UseDevice(peer);
        peer.Ask(VfioUserCommand.DeviceReset, default, Enumerable.Repeat(0, 9).ToArray());
    }));

    [Fact]
    public void A_command_that_a_signal_ends_is_a_crash()
    {
        var result = Run("conduct/attaches", null, "kill -SEGV $$").Single();

        Assert.True(result.IsFault);
        Assert.Contains("signal 11", result.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void A_client_that_never_comes_costs_a_time_out_and_no_more()
    {
        var result = Run("conduct/attaches", static _ => { }).Single();

        Assert.True(result.IsFault);
        Assert.Contains("no client connected", result.Reason, StringComparison.Ordinal);
    }

    private static void AssertFault(string name, Action<string> client)
    {
        var result = Run(name, client).Single();
        Assert.True(result.Status == CaseStatus.Failed, $"{name} is {result.Status}");
    }

    // The client runs on a thread of its own, once for each case, as a person would start it.
    internal static List<CaseResult> Run(string names, Action<string>? client, string? command = null)
    {
        var path = Path.Combine(Path.GetTempPath(), $"vfiosharp-{Guid.NewGuid():N}.sock");
        using var suite = new ClientSuite(new ClientSuiteOptions
        {
            SocketPath = path,
            Command = command,
            Timeout = TimeSpan.FromSeconds(2),
            Settle = TimeSpan.FromMilliseconds(200),
        });
        var results = new List<CaseResult>();
        var cases = ClientSuite.AllCases.Where(item => item.Name.StartsWith(names, StringComparison.Ordinal)).ToList();
        Assert.NotEmpty(cases);
        foreach (var item in cases)
        {
            var thread = client is null ? null : new Thread(() => client(path));
            // A connection from before the case begins is taken for a late one of the case before.
            using var later = thread is null ? null : new Timer(_ => thread.Start(), null, TimeSpan.FromMilliseconds(100), Timeout.InfiniteTimeSpan);
            results.AddRange(suite.Run([item], TestContext.Current.CancellationToken));
            if (thread is not null && thread.ThreadState != ThreadState.Unstarted)
                thread.Join();
        }

        return results;
    }

    private static void Converse(string path, Action<Conversation> talk)
    {
        try
        {
            using var peer = new Conversation(UnixSocket.Connect(path, null), TimeSpan.FromSeconds(1));
            talk(peer);
            // Stays a while, as a client does that uses its device.
            peer.ServeUntil(() => false);
        }
        catch (Exception failure) when (failure is CaseFailedException or VfioException)
        {
            // It gives up.
        }
    }

    private static void Careful(string path) => Converse(path, peer =>
    {
        peer.Negotiate();
        UseDevice(peer, (command, payload) => peer.Accept(command, payload));
    });

    private static void Careless(string path) => Converse(path, peer =>
    {
        peer.Send(VfioUserCommand.Version, Requests.Version(0, 0, null));
        peer.Receive();
        UseDevice(peer);
    });

    private static void UseDevice(Conversation peer, Action<VfioUserCommand, byte[]>? ask = null)
    {
        ask ??= (command, payload) =>
        {
            peer.Send(command, payload);
            peer.Receive();
        };
        ask(VfioUserCommand.DeviceGetInfo, Requests.DeviceInfo());
        for (var region = 0u; region < 9; region++)
            ask(VfioUserCommand.DeviceGetRegionInfo, Requests.RegionInfo(region));
        ask(VfioUserCommand.RegionRead, Requests.RegionRead(Numbers.ConfigRegion, 0, 64));
    }
}
