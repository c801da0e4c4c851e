using System.CommandLine;

namespace VfioSharp.Tool.Tests;

public sealed class CommandLineTests
{
    [Theory]
    [InlineData("", "Say what to do")]
    [InlineData("frobnicate", "no verb 'frobnicate'")]
    [InlineData("@file", "no verb '@file'")]
    [InlineData("list extra", "'extra'")]
    [InlineData("list --nonsense", "'--nonsense'")]
    [InlineData("list --json --nfd", "exclude each other")]
    [InlineData("bind", "PCIADDRESS")]
    [InlineData("bind 0000:01:00.8", "not a device address")]
    [InlineData("bind vfio-user:/run/x", "not a PCI address")]
    [InlineData("bind a\u001b[31mb", "not a device address")]
    [InlineData("unbind 01:20.0", "not a device address")]
    [InlineData("read", "DEVICE")]
    [InlineData("read 01:00.0 bar0", "OFFSET")]
    [InlineData("read 0:1 bar0 0", "not a device address")]
    [InlineData("read 01:00.0 bar6 0", "not a region")]
    [InlineData("read 01:00.0 -1 0", "'-1'")]
    [InlineData("read 01:00.0 bar0 zz", "not a number")]
    [InlineData("read 01:00.0 bar0 0x1_0000_0000_0000_0000", "not a number")]
    [InlineData("read 01:00.0 bar0 2", "not aligned")]
    [InlineData("read 01:00.0 bar0 4 --width 64", "not aligned")]
    [InlineData("read 01:00.0 bar0 0 --width 24", "--width")]
    [InlineData("read 01:00.0 bar0 0 --width", "--width")]
    [InlineData("read 01:00.0 bar0 0 --path Teleport", "not a path")]
    [InlineData("read 01:00.0 bar0 0 --path Unreachable", "not a path")]
    [InlineData("read 01:00.0 bar0 0 --backend kvm", "--backend")]
    [InlineData("read 01:00.0 bar0 0 --vf-token 1234", "not a UUID")]
    [InlineData("write 01:00.0 bar0 0", "VALUE")]
    [InlineData("write 01:00.0 bar0 0 256 --width 8", "does not fit 8 bits")]
    [InlineData("write 01:00.0 bar0 0 0x1_0000 --width 16", "does not fit 16 bits")]
    [InlineData("write 01:00.0 bar0 0 0x1_0000_0000", "does not fit 32 bits")]
    [InlineData("dump 01:00.0 bar0 --length 0", "--length")]
    [InlineData("dump 01:00.0 bar0 --length 6", "--length")]
    [InlineData("dump 01:00.0 bar0 --offset 2", "not aligned")]
    [InlineData("bench 01:00.0 bar0 0 --rounds 0", "--rounds")]
    [InlineData("bench 01:00.0 bar0 3 --width 16", "not aligned")]
    public async Task A_wrong_command_line_gets_one_sentence_and_exit_code_2(string arguments, string expected)
    {
        var run = await ToolRun.RunAsync("/nonexistent", arguments.Split(' ', StringSplitOptions.RemoveEmptyEntries));

        run.AssertRefused(2, expected);
        Assert.DoesNotContain('\u001b', run.Error);
    }

    [Fact]
    public async Task Help_names_every_verb_and_the_exit_codes()
    {
        var run = await ToolRun.RunAsync("/nonexistent", "--help");

        Assert.Equal(0, run.ExitCode);
        Assert.Empty(run.Error);
        Assert.All(VfioCommandVerbs(), verb => Assert.Contains($"\n  {verb} ", run.Output, StringComparison.Ordinal));
        Assert.Contains("Exit codes:", run.Output, StringComparison.Ordinal);
        Assert.Contains("VFIO_TRACE", run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Every_verb_has_a_manual_that_fits_the_width()
    {
        foreach (var path in PathsOf(Root(), []))
        {
            var run = await ToolRun.RunAsync("/nonexistent", [.. path, "--help"]);

            Assert.Equal(0, run.ExitCode);
            Assert.Contains("Usage:", run.Output, StringComparison.Ordinal);
            Assert.All(run.Output.Split('\n'), line => Assert.True(line.Length <= 112, line));
        }
    }

    [Fact]
    public async Task The_version_is_that_of_the_assembly()
    {
        var run = await ToolRun.RunAsync("/nonexistent", "--version");

        Assert.Equal(0, run.ExitCode);
        Assert.Matches(@"^\d+\.\d+\.\d+", run.Output);
    }

    private static IEnumerable<string> VfioCommandVerbs() => Root().Subcommands.Select(verb => verb.Name);

    private static IEnumerable<string[]> PathsOf(Command verb, string[] path) =>
        verb.Subcommands.SelectMany(below => PathsOf(below, [.. path, below.Name]).Prepend([.. path, below.Name]));

    private static RootCommand Root() => VfioCommand.Create(new ToolHost
    {
        Output = TextWriter.Null,
        Error = TextWriter.Null,
        IsOutputRedirected = true,
        Functions = new Backends.Linux.PciFunctions(),
    });
}
