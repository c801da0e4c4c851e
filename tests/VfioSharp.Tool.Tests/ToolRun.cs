using Spectre.Console;
using VfioSharp.Backends;
using VfioSharp.Backends.Linux;
using VfioSharp.Tool.Demo;

namespace VfioSharp.Tool.Tests;

/// <summary>What one run of the command printed and returned.</summary>
internal sealed record ToolRun(int ExitCode, string Output, string Error)
{
    /// <summary>Runs the command in this process on a tree that stands for sysfs.</summary>
    public static Task<ToolRun> RunAsync(string sysfsRoot, params string[] arguments) =>
        RunAsync(sysfsRoot, VfioDevice.Open, arguments);

    /// <summary>Runs the command in this process on a device that is not one of this machine.</summary>
    public static Task<ToolRun> RunOnAsync(DeviceBackend backend, string arguments) =>
        RunAsync("/nonexistent", (address, options) => VfioDevice.Open(address, backend, options), arguments.Split(' '));

    /// <summary>Runs the command in this process with a way of its own to open a device.</summary>
    public static Task<ToolRun> RunWithAsync(Func<DeviceAddress, VfioOptions, VfioDevice> open, string arguments, bool showsTrace = false) =>
        RunAsync("/nonexistent", open, arguments.Split(' '), showsTrace);

    /// <summary>Runs the command in this process with something on its standard input.</summary>
    public static Task<ToolRun> RunWithInputAsync(string input, string arguments) =>
        RunAsync("/nonexistent", VfioDevice.Open, arguments.Split(' '), input: input);

    /// <summary>Runs the command in this process with another program in its own place, where it starts itself once more.</summary>
    public static Task<ToolRun> RunWithProgramAsync(ToolProgram program, string arguments) =>
        RunAsync("/nonexistent", VfioDevice.Open, arguments.Split(' '), program: program);

    /// <summary>Runs the command in this process with data on its standard streams, at a terminal or not.</summary>
    public static Task<ToolRun> RunWithStreamsAsync(StandardStreams streams, params string[] arguments) =>
        RunAsync("/nonexistent", VfioDevice.Open, arguments, input: streams.Answer ?? string.Empty, streams: streams);

    private static async Task<ToolRun> RunAsync(
        string sysfsRoot,
        Func<DeviceAddress, VfioOptions, VfioDevice> open,
        string[] arguments,
        bool showsTrace = false,
        string input = "",
        ToolProgram? program = null,
        StandardStreams? streams = null)
    {
        using var reader = new StringReader(input);
        using var output = new StringWriter { NewLine = "\n" };
        using var error = new StringWriter { NewLine = "\n" };
        var code = await VfioCommand.RunAsync(arguments, new ToolHost
        {
            Output = output,
            Error = error,
            Input = reader,
            IsOutputRedirected = true,
            IsInputRedirected = streams?.Answer is null,
            IsErrorRedirected = streams?.ShowsProgress is not true,
            ErrorAnsi = AnsiSupport.Yes,
            OpenInput = () => new MemoryStream(streams?.Input ?? [], writable: false),
            OpenOutput = () => streams?.Output ?? Stream.Null,
            Functions = new PciFunctions(sysfsRoot),
            PciIdsFiles = [],
            OpenDevice = open,
            ShowsTrace = showsTrace,
            Program = program ?? ToolProgram.OfThisProcess(),
        });
        return new ToolRun(code, output.ToString(), error.ToString());
    }

    /// <summary>Checks that a run ended with one sentence on standard error, nothing on standard output and no trace.</summary>
    public void AssertRefused(int exitCode, string expectedPart)
    {
        Assert.Equal(exitCode, ExitCode);
        Assert.Empty(Output);
        Assert.StartsWith("vfio: ", Error, StringComparison.Ordinal);
        Assert.EndsWith(".\n", Error, StringComparison.Ordinal);
        Assert.Equal(1, Error.Count(character => character == '\n'));
        Assert.DoesNotContain("unexpected failure", Error, StringComparison.Ordinal);
        Assert.Contains(expectedPart, Error, StringComparison.Ordinal);
    }
}
