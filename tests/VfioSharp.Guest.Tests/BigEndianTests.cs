using System.Text.Json;

namespace VfioSharp.Guest.Tests;

/// <summary>
/// The unit tests of what bytes mean (configuration space, capability chains, the kernel's structures, registers), on Debian's Mono for
/// s390x under QEMU's user mode emulation: what is read the wrong way round passes on x86-64 and fails here.
/// </summary>
public sealed class BigEndianTests
{
    private const int Unavailable = 69;

    // Enough for a first run that fetches QEMU and Mono.
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(10);

    [Fact]
    public async Task Unit_tests_pass_where_the_most_significant_byte_comes_first()
    {
        var program = await Publish();
        var run = await ProcessRun.Start(Repository.PathOf("guest/run-user"), ["s390x", "--", program], Limit);
        Assert.SkipWhen(run.ExitCode == Unavailable, $"no Mono for s390x: {run.Error.Trim()}");
        var results = run.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonDocument.Parse(line).RootElement).ToList();
        Assert.NotEmpty(results);
        var failures = results.Where(result => result.GetProperty("outcome").GetString() == "fail")
            .Select(result => $"{result.GetProperty("test")}: {result.GetProperty("message")}").ToList();
        Assert.True(failures.Count == 0, string.Join("\n\n", failures));
        Assert.True(run.ExitCode == 0, $"the tests ended with {run.ExitCode} after {results.Count} of them:\n{run.Error}");
    }

    private static async Task<string> Publish()
    {
        var folder = Repository.PathOf("artifacts/unit-tests-mono");
        var publish = await ProcessRun.Start(
            Repository.PathOf("guest/lib/publish-mono.sh"),
            [Repository.PathOf("tests/VfioSharp.Tests.Mono"), folder, Repository.PathOf("artifacts/unit-tests-mono-build")],
            Limit);
        Assert.SkipWhen(publish.ExitCode == Unavailable, $"a package cannot be had: {publish.Error.Trim()}");
        Assert.True(publish.ExitCode == 0, $"the tests cannot be published for Mono:\n{publish.Error}");
        return Path.Combine(folder, "VfioSharp.Tests.Mono");
    }
}
