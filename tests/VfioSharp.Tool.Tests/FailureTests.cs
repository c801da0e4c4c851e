using System.Runtime.InteropServices;
using VfioSharp.Backends.Linux;

namespace VfioSharp.Tool.Tests;

public sealed class FailureTests
{
    [Fact]
    public async Task A_failure_that_nobody_foresaw_is_one_sentence_too()
    {
        var run = await ToolRun.RunWithAsync((_, _) => throw new InvalidOperationException("first\nsecond"), "probe 01:00.0");

        Assert.Equal((1, "", "vfio: unexpected failure: first second\n"), (run.ExitCode, run.Output, run.Error));
    }

    [Fact]
    public async Task The_trace_is_shown_when_it_is_asked_for()
    {
        var run = await ToolRun.RunWithAsync((_, _) => throw new VfioException("open the device", "x", Errno.EBUSY), "read 01:00.0 bar0 0", showsTrace: true);

        Assert.Equal(1, run.ExitCode);
        Assert.StartsWith("vfio: x: cannot open the device (EBUSY).\n", run.Error, StringComparison.Ordinal);
        Assert.Contains("   at ", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_interrupted_verb_says_so()
    {
        var run = await ToolRun.RunWithAsync((_, _) => throw new OperationCanceledException(), "probe 01:00.0");

        Assert.Equal((130, "", "vfio: interrupted.\n"), (run.ExitCode, run.Output, run.Error));
    }

    [Theory]
    [InlineData(PosixSignal.SIGINT, 130)]
    [InlineData(PosixSignal.SIGTERM, 143)]
    public void The_first_signal_cancels_and_the_second_ends_the_process(PosixSignal signal, int exitCode)
    {
        using var interruption = new Interruption();
        var (first, second) = (new PosixSignalContext(signal), new PosixSignalContext(signal));

        interruption.Handle(first);
        interruption.Handle(second);

        Assert.True(interruption.Token.IsCancellationRequested);
        Assert.Equal((true, false, exitCode), (first.Cancel, second.Cancel, interruption.ExitCode));
    }

    [Theory]
    [InlineData("probe 01:00.0", LinuxInterface.Automatic, false, null)]
    [InlineData("probe 01:00.0 --backend group", LinuxInterface.Group, false, null)]
    [InlineData("read 01:00.0 bar0 0 --backend iommufd --no-iommu", LinuxInterface.Iommufd, true, null)]
    [InlineData("dump 01:00.0 config --vf-token 00112233-4455-6677-8899-aabbccddeeff", LinuxInterface.Automatic, false, "00112233-4455-6677-8899-aabbccddeeff")]
    public async Task Options_reach_the_library(string arguments, LinuxInterface expected, bool allowsNoIommu, string? token)
    {
        VfioOptions? seen = null;

        await ToolRun.RunWithAsync(
            (address, options) =>
            {
                seen = options;
                throw new VfioException("open the device", address.ToString(), Errno.EBUSY);
            },
            arguments);

        Assert.Equal((expected, allowsNoIommu, token), (seen!.Interface, seen.AllowNoIommu, seen.VfToken?.ToString()));
    }

    [Fact]
    public async Task Output_that_goes_nowhere_is_one_sentence()
    {
        using var error = new StringWriter();
        using var nowhere = new FileStream("/dev/full", FileMode.Open, FileAccess.Write, FileShare.ReadWrite, bufferSize: 0);
        var full = new StreamWriter(nowhere) { AutoFlush = true };

        var code = await VfioCommand.RunAsync(["list", "--json"], new ToolHost
        {
            Output = full,
            Error = error,
            IsOutputRedirected = true,
            Functions = new PciFunctions("/nonexistent"),
        });

        Assert.Equal(1, code);
        Assert.StartsWith("vfio: ", error.ToString(), StringComparison.Ordinal);
        Assert.Equal(1, error.ToString().Count(character => character == '\n'));
    }
}
