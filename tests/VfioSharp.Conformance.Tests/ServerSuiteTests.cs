using System.Diagnostics;

namespace VfioSharp.Conformance.Tests;

public sealed class ServerSuiteTests
{
    [Fact]
    public void Names_are_unique_and_every_case_says_its_clause_and_what_is_expected()
    {
        Assert.Equal(ServerSuite.AllCases.Count, ServerSuite.AllCases.Select(item => item.Name).Distinct().Count());
        Assert.All(ServerSuite.AllCases, item =>
        {
            Assert.Matches("^[a-z_0-9]+/[a-z_0-9]+$", item.Name);
            Assert.NotEmpty(item.Clause);
            Assert.False(item.Summary.EndsWith('.'), item.Summary);
        });
    }

    [Fact]
    public void A_server_that_is_not_there_fails_every_case_at_once()
    {
        using var suite = new ServerSuite(new ServerSuiteOptions { SocketPath = "/nonexistent/vfio.sock", Timeout = TimeSpan.FromSeconds(1) });
        var watch = Stopwatch.StartNew();

        var results = suite.Run(TestContext.Current.CancellationToken).ToList();

        Assert.Equal(ServerSuite.AllCases.Count, results.Count);
        Assert.All(results, result => Assert.Contains("server gone", result.Reason, StringComparison.Ordinal));
        Assert.True(watch.Elapsed < TimeSpan.FromSeconds(5), watch.Elapsed.ToString());
    }

    [Fact]
    public void A_command_that_ends_at_once_is_told()
    {
        using var suite = new ServerSuite(new ServerSuiteOptions { SocketPath = "/nonexistent/vfio.sock", Command = "exit 3" });

        var result = suite.Run([ServerSuite.AllCases[0]], TestContext.Current.CancellationToken).Single();

        Assert.True(result.IsFault);
        Assert.Contains("exit code 3", result.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void A_case_of_another_suite_is_refused_before_anything_runs()
    {
        using var suite = new ServerSuite(new ServerSuiteOptions { SocketPath = "/nonexistent/vfio.sock" });

        Assert.Throws<ArgumentException>(() => suite.Run([null!], TestContext.Current.CancellationToken));
    }
}
