using VfioSharp.Conformance;

namespace VfioSharp.Guest.Tests.Peers;

/// <summary>
/// What the conformance suite says of servers that others have written is what it said before, case by case: Recordings/NAME.txt has every case that
/// failed, differs from a habit, was skipped, or varies from run to run with the peer's luck, and docs/conformance.md explains them. A change of the peer's
/// or of the suite's shows here.
/// </summary>
public sealed class PeerConformanceTests
{
    private const string Recordings = "tests/VfioSharp.Guest.Tests/Peers/Recordings", Results = "artifacts/peers";
    private const string Varies = "varies ";

    public static TheoryData<string, string> Commands => new()
    {
        { "gpio-pci-idio-16", Peer.Sample("gpio-pci-idio-16") },
        { "server", Peer.Sample("server") },
        { "qemu-edu", Peer.QemuWith("edu") },
    };

    [Theory]
    [MemberData(nameof(Commands))]
    public async Task Results_are_those_that_were_recorded(string name, string command)
    {
        var version = await Peer.RequireVersion();
        var recorded = await File.ReadAllLinesAsync(Repository.PathOf($"{Recordings}/{name}.txt"), TestContext.Current.CancellationToken);
        Assert.SkipWhen(recorded[0] != $"# {version}", $"the recording is of {recorded[0][2..]}; this is {version}");
        using var folder = new TemporaryFolder();
        var path = folder.PathOf("socket");
        using var suite = new ServerSuite(new ServerSuiteOptions
        {
            SocketPath = path,
            Command = Peer.CommandLine(command),
            Timeout = TimeSpan.FromSeconds(3),
        });

        var results = suite.Run(TestContext.Current.CancellationToken).ToList();

        string[] varying = [.. recorded.Where(line => line.StartsWith(Varies, StringComparison.Ordinal)).Select(line => line[Varies.Length..])];
        string[] found = [recorded[0], .. Summarize(results.Where(result => !varying.Contains(result.Case.Name)).ToList()), .. varying.Select(name => Varies + name)];
        Directory.CreateDirectory(Repository.PathOf(Results));
        await File.WriteAllLinesAsync(Repository.PathOf($"{Results}/{name}.txt"), found, TestContext.Current.CancellationToken);
        var reasons = results.ToDictionary(result => result.Case.Name, result => result.Reason);
        var differences = found.Except(recorded).Select(line => $"now  {line}: {reasons.GetValueOrDefault(line.Split(' ')[^1])}")
            .Concat(recorded.Except(found).Select(line => $"then {line}")).ToList();
        Assert.True(differences.Count == 0, $"{string.Join('\n', differences)}\nAll of it is in {Results}/{name}.txt.");
    }

    private static IEnumerable<string> Summarize(List<CaseResult> results)
    {
        int Count(Func<CaseResult, bool> which) => results.Count(which);
        yield return $"# {Count(result => result.Status == CaseStatus.Passed)} passed, {Count(result => result.IsFault)} failed, "
            + $"{Count(result => result.Status == CaseStatus.Failed && !result.IsFault)} habits, {Count(result => result.Status == CaseStatus.Skipped)} skipped";
        foreach (var result in results.Where(result => result.Status != CaseStatus.Passed))
            yield return $"{(result.Status == CaseStatus.Skipped ? "skipped" : result.IsFault ? "failed" : "habit")} {result.Case.Name}";
    }
}
