using System.Text.Json;

namespace VfioSharp.Tool.Tests;

public sealed class ConformanceVerbTests
{
    [Theory]
    [InlineData("conformance", "Say what to do")]
    [InlineData("conformance server", "--socket PATH")]
    [InlineData("conformance server --socket /x --timeout 0", "--timeout")]
    [InlineData("conformance server --socket /x --timeout soon", "'soon'")]
    [InlineData("conformance server --socket /x --case negotiate/none", "no case 'negotiate/none'")]
    [InlineData("conformance server --socket /x --filter zzz", "'zzz'")]
    [InlineData("conformance client", "--socket PATH")]
    [InlineData("conformance client --socket /x --case negotiate/short_write", "no case 'negotiate/short_write'")]
    public async Task A_wrong_command_line_gets_one_sentence_and_exit_code_2(string arguments, string expected)
    {
        var run = await ToolRun.RunAsync("/nonexistent", arguments.Split(' '));

        run.AssertRefused(2, expected);
    }

    [Fact]
    public async Task Cases_are_listed_with_their_clause()
    {
        var run = await ToolRun.RunAsync("/nonexistent", "conformance", "server", "--list", "--filter", "negotiate/");

        Assert.Equal(0, run.ExitCode);
        Assert.Contains("negotiate/invalid_major ", run.Output, StringComparison.Ordinal);
        Assert.All(run.Output.TrimEnd().Split('\n'), line => Assert.Contains("VFIO_USER_VERSION", line, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Cases_are_listed_as_json_with_the_test_that_they_mirror()
    {
        var run = await ToolRun.RunAsync("/nonexistent", "conformance", "server", "--list", "--json", "--case", "negotiate/invalid_major");

        using var document = JsonDocument.Parse(run.Output);
        var item = Assert.Single(document.RootElement.EnumerateArray());
        Assert.Equal("test_negotiate.py::test_invalid_major", item.GetProperty("mirrors").GetString());
        Assert.Equal("must", item.GetProperty("duty").GetString());
    }

    [Fact]
    public async Task A_client_that_a_signal_ends_is_told_in_tap_and_by_exit_code_1()
    {
        var path = Path.Combine(Path.GetTempPath(), $"vfiosharp-{Guid.NewGuid():N}.sock");

        var run = await ToolRun.RunAsync(
            "/nonexistent", "conformance", "client", "--socket", path, "--case", "conduct/attaches", "conduct/stream", "--command", "kill -SEGV $$");

        Assert.Equal(1, run.ExitCode);
        Assert.StartsWith("TAP version 14\n1..2\n", run.Output, StringComparison.Ordinal);
        Assert.Contains("not ok 2 - conduct/stream\n", run.Output, StringComparison.Ordinal);
        Assert.Contains("signal 11", run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_client_suite_refuses_a_path_where_it_cannot_listen()
    {
        var run = await ToolRun.RunAsync("/nonexistent", "conformance", "client", "--socket", "/nonexistent/s", "--case", "conduct/attaches");

        run.AssertRefused(1, "the folder does not exist");
    }

    [Fact]
    public async Task A_server_that_is_not_there_is_exit_code_1_and_a_full_report()
    {
        var run = await ToolRun.RunAsync("/nonexistent", "conformance", "server", "--socket", "/nonexistent/s", "--json", "--filter", "negotiate/");

        Assert.Equal(1, run.ExitCode);
        using var document = JsonDocument.Parse(run.Output);
        Assert.False(document.RootElement.GetProperty("summary").GetProperty("conformant").GetBoolean());
        Assert.All(document.RootElement.GetProperty("cases").EnumerateArray(), item => Assert.Equal("failed", item.GetProperty("status").GetString()));
    }
}
