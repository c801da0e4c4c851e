using System.Diagnostics;

namespace VfioSharp.Tests.Mmio;

/// <summary>Runs a program to its end.</summary>
internal static class ExternalProgram
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(2);

    /// <summary>Its exit code (128 + signal where it died by one) and what it wrote.</summary>
    public static (int ExitCode, string Output) Run(string fileName, string[] arguments, params (string Name, string Value)[] environment)
    {
        var start = new ProcessStartInfo(fileName, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };

        // The child is the same whether or not a coverage tool or a debugger has put its profiler into this process.
        start.Environment["CORECLR_ENABLE_PROFILING"] = "0";
        foreach (var (name, value) in environment)
            start.Environment[name] = value;
        using var process = Process.Start(start)!;
        var error = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        var output = process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        if (!process.WaitForExit(Limit))
        {
            process.Kill(entireProcessTree: true);
            Assert.Fail($"{fileName} {string.Join(' ', arguments)} did not end within {Limit}.");
        }

        return (process.ExitCode, output.GetAwaiter().GetResult() + error.GetAwaiter().GetResult());
    }
}
