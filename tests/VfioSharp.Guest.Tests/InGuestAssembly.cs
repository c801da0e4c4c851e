using System.Text.Json;
using VfioSharp.InGuest;

namespace VfioSharp.Guest.Tests;

/// <summary>The tests of VfioSharp.InGuest: published once, run in one boot a kernel, or one by one in guests made for them.</summary>
internal static class InGuestAssembly
{
    private static readonly Dictionary<string, Lazy<Task<IReadOnlyDictionary<string, GuestTestResult>>>> Results =
        GuestMachine.Kernels.ToDictionary(kernel => kernel, kernel => new Lazy<Task<IReadOnlyDictionary<string, GuestTestResult>>>(() => RunAll(kernel)));

    private const string Program = "/tests/VfioSharp.InGuest";

    private static readonly Lazy<Task<string>> Published = new(Publish);

    /// <summary>How a test ended in the guest that runs them all.</summary>
    /// <param name="kernel">The kernel.</param>
    /// <param name="test">"Class.Method".</param>
    public static async Task<GuestTestResult> ResultOf(string kernel, string test)
    {
        await GuestMachine.SkipWhereUnavailable(kernel);
        return (await Results[kernel].Value).TryGetValue(test, out var result)
            ? result
            : throw new InvalidOperationException($"{test} made no report: the tests in the guest ended before it.");
    }

    /// <summary>Runs one explicit test in a guest of its own.</summary>
    /// <param name="kernel">The kernel.</param>
    /// <param name="options">Options of guest/run.</param>
    /// <param name="test">"Class.Method".</param>
    public static async Task<GuestTestResult> RunOne(string kernel, string[] options, string test)
    {
        await GuestMachine.SkipWhereUnavailable(kernel);
        return (await Run(kernel, options, [Program, test])).Values.Single();
    }

    /// <summary>Runs one explicit test in a guest of its own as an ordinary user who may open VFIO's files.</summary>
    /// <param name="kernel">The kernel.</param>
    /// <param name="options">Options of guest/run.</param>
    /// <param name="test">"Class.Method".</param>
    /// <param name="lockedMemoryInKibibytes">The user's RLIMIT_MEMLOCK.</param>
    public static async Task<GuestTestResult> RunOneUnprivileged(string kernel, string[] options, string test, int lockedMemoryInKibibytes)
    {
        await GuestMachine.SkipWhereUnavailable(kernel);
        var script = $"""
            echo nobody:x:65534:65534::/tmp:/bin/sh >>/etc/passwd
            find /dev/vfio /dev/iommu -type c -exec chmod a+rw '{"{}"}' ';' 2>/dev/null
            ulimit -l {lockedMemoryInKibibytes}
            exec su nobody -s /bin/sh -c '{Program} {test}'
            """;
        return (await Run(kernel, options, [script])).Values.Single();
    }

    /// <summary>Passes, fails or skips the running test as the one in the guest did.</summary>
    /// <param name="result">How that one ended.</param>
    public static void Judge(GuestTestResult result)
    {
        Assert.SkipWhen(result.Outcome == GuestTestResult.Skip, result.Message);
        Assert.True(result.Outcome == GuestTestResult.Pass, result.Message);
    }

    private static Task<IReadOnlyDictionary<string, GuestTestResult>> RunAll(string kernel) => Run(kernel, ["--timeout", "600"], [Program]);

    private static async Task<IReadOnlyDictionary<string, GuestTestResult>> Run(string kernel, string[] options, string[] command)
    {
        var run = await GuestMachine.Run(
            kernel, [.. options, "--include", $"{await Published.Value}:/tests"], command);
        var results = run.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(line => JsonSerializer.Deserialize(line, GuestJson.Default.GuestTestResult)!).ToDictionary(result => result.Test);
        return results.Count > 0
            ? results
            : throw new InvalidOperationException($"The tests in the guest made no report; guest/run ended with {run.ExitCode}:\n{run.Error}");
    }

    // Compiled ahead, since under emulation the JIT would take longer than the tests.
    private static async Task<string> Publish()
    {
        var folder = Repository.PathOf("artifacts/in-guest");
        var publish = await ProcessRun.Start("dotnet", [
            "publish", Repository.PathOf("tests/VfioSharp.InGuest"), "-c", "Release", "-r", "linux-x64", "--self-contained", "-p:PublishReadyToRun=true",
            "--artifacts-path", Repository.PathOf("artifacts/in-guest-build"), "-o", folder, "-v", "quiet"], TimeSpan.FromMinutes(10));
        return publish.ExitCode == 0 ? folder : throw new InvalidOperationException($"The tests for the guest do not build:\n{publish.Output}\n{publish.Error}");
    }
}
