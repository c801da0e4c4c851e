using System.Text.Json;
using VfioSharp.InGuest;
using VfioSharp.InGuest.Mio;

namespace VfioSharp.Guest.Tests;

/// <summary>The tests of VfioSharp.InGuest: published once, run in one boot a kernel, or one by one in guests made for them.</summary>
internal static class InGuestAssembly
{
    private static readonly Dictionary<string, Lazy<Task<IReadOnlyDictionary<string, GuestTestResult>>>> Results =
        ((string[])[.. GuestMachine.Guests, .. GuestMachine.MioGuests]).ToDictionary(
            guest => guest, guest => new Lazy<Task<IReadOnlyDictionary<string, GuestTestResult>>>(() => RunAll(guest)));

    /// <summary>The program of tests in a guest.</summary>
    public const string Program = "/tests/VfioSharp.InGuest";

    private static readonly Lazy<Task<string>> PublishedForX64 = new(PublishForX64);
    private static readonly Lazy<Task<string>> PublishedForMono = new(PublishForMono);

    // Those of the devices of the x86-64 guest that QEMU has for IBM Z, too.
    private static readonly string[] IbmZDevices = ["--device", "nvme,id=nvme", "--device", "e1000e", "--device", "igb"];

    /// <summary>The folder with the program of tests for a guest's machine, built once.</summary>
    /// <param name="guest">Machine and kernel.</param>
    public static Task<string> Published(string guest) => (GuestMachine.IsIbmZ(guest) ? PublishedForMono : PublishedForX64).Value;

    /// <summary>How a test ended in the guest that runs them all.</summary>
    /// <param name="guest">Machine and kernel.</param>
    /// <param name="test">"Class.Method".</param>
    public static async Task<GuestTestResult> ResultOf(string guest, string test)
    {
        await GuestMachine.SkipWhereUnavailable(guest);
        return (await Results[guest].Value).TryGetValue(test, out var result)
            ? result
            : throw new InvalidOperationException($"{test} made no report: the tests in the guest ended before it.");
    }

    /// <summary>Runs one explicit test in a guest of its own.</summary>
    /// <param name="guest">Machine and kernel.</param>
    /// <param name="options">Options of guest/run.</param>
    /// <param name="test">"Class.Method".</param>
    public static async Task<GuestTestResult> RunOne(string guest, string[] options, string test)
    {
        await GuestMachine.SkipWhereUnavailable(guest);
        return (await Run(guest, options, [Program, test])).Values.Single();
    }

    /// <summary>Runs one explicit test in a guest of its own as an ordinary user who may open VFIO's files.</summary>
    /// <param name="guest">Machine and kernel.</param>
    /// <param name="options">Options of guest/run.</param>
    /// <param name="test">"Class.Method".</param>
    /// <param name="lockedMemoryInKibibytes">The user's RLIMIT_MEMLOCK.</param>
    public static async Task<GuestTestResult> RunOneUnprivileged(string guest, string[] options, string test, int lockedMemoryInKibibytes)
    {
        await GuestMachine.SkipWhereUnavailable(guest);
        var script = $"""
            echo nobody:x:65534:65534::/tmp:/bin/sh >>/etc/passwd
            find /dev/vfio /dev/iommu -type c -exec chmod a+rw '{"{}"}' ';' 2>/dev/null
            ulimit -l {lockedMemoryInKibibytes}
            exec su nobody -s /bin/sh -c '{Program} {test}'
            """;
        return (await Run(guest, options, [script])).Values.Single();
    }

    /// <summary>Passes, fails or skips the running test as the one in the guest did.</summary>
    /// <param name="result">How that one ended.</param>
    public static void Judge(GuestTestResult result)
    {
        Assert.SkipWhen(result.Outcome == GuestTestResult.Skip, result.Message);
        Assert.True(result.Outcome == GuestTestResult.Pass, result.Message);
    }

    private static Task<IReadOnlyDictionary<string, GuestTestResult>> RunAll(string guest) => GuestMachine.HasMio(guest)
        ? Run(
            guest, [.. IbmZDevices, .. MioGuest.Devices],
            [$"mount -t debugfs none /sys/kernel/debug; exec {Program} ordinary {string.Join(' ', MioGuest.Classes)}"])
        : Run(guest, GuestMachine.IsIbmZ(guest) ? IbmZDevices : [], [Program]);

    private static async Task<IReadOnlyDictionary<string, GuestTestResult>> Run(string guest, string[] options, string[] command)
    {
        var run = await GuestMachine.Run(
            guest, [.. options, "--include", $"{await Published(guest)}:/tests"], command);
        var results = run.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(line => JsonSerializer.Deserialize(line, GuestJson.Default.GuestTestResult)!).ToDictionary(result => result.Test);
        return results.Count > 0
            ? results
            : throw new InvalidOperationException($"The tests in the guest made no report; guest/run ended with {run.ExitCode}:\n{run.Error}");
    }

    // Compiled ahead, since under emulation the JIT would take longer than the tests.
    private static Task<string> PublishForX64()
    {
        var folder = Repository.PathOf("artifacts/in-guest");
        return Publish(folder, "dotnet", [
            "publish", Repository.PathOf("tests/VfioSharp.InGuest"), "-c", "Release", "-f", "net10.0", "-r", "linux-x64", "--self-contained",
            "-p:PublishReadyToRun=true", "--artifacts-path", Repository.PathOf("artifacts/in-guest-build"), "-o", folder, "-v", "quiet"]);
    }

    private static Task<string> PublishForMono()
    {
        var folder = Repository.PathOf("artifacts/in-guest-mono");
        return Publish(folder, Repository.PathOf("guest/lib/publish-mono.sh"), [
            Repository.PathOf("tests/VfioSharp.InGuest"), folder, Repository.PathOf("artifacts/in-guest-mono-build")]);
    }

    private static async Task<string> Publish(string folder, string program, string[] arguments)
    {
        var publish = await ProcessRun.Start(program, arguments, TimeSpan.FromMinutes(10));
        return publish.ExitCode == 0 ? folder : throw new InvalidOperationException($"The tests for the guest do not build:\n{publish.Output}\n{publish.Error}");
    }
}
