using System.Text.Json;
using VfioSharp.Guest.Tests.Served;
using VfioSharp.InGuest;

namespace VfioSharp.Guest.Tests;

/// <summary>One boot of a guest: what its commands and the tests inside of it came to.</summary>
/// <param name="Run">What guest/run did.</param>
/// <param name="Commands">What each command did.</param>
internal sealed record GuestSession(ProcessRun Run, IReadOnlyDictionary<string, ProcessRun> Commands)
{
    // How guest/run marks what QEMU said of a served device.
    private const string QemuMark = "QEMU: ";

    // What guest/run says of a device that its QEMU does not have: as of any other mistake in its command line.
    private const int MissingDevice = 2;

    /// <summary>What QEMU printed, such as that it did not like a reply.</summary>
    public IEnumerable<string> QemuMessages => Run.Error.Split('\n').Where(line => line.Contains(QemuMark, StringComparison.Ordinal));

    /// <summary>Boots a guest with functions that this process serves and runs commands there, with the tests for guests at hand.</summary>
    /// <param name="guest">Machine and kernel.</param>
    /// <param name="devices">The functions.</param>
    /// <param name="options">Further options of guest/run.</param>
    /// <param name="commands">The commands.</param>
    public static async Task<GuestSession> Start(string guest, ServedDevices devices, string[] options, params (string Name, string Command)[] commands)
    {
        await GuestMachine.SkipWhereUnavailable(guest);
        return await Boot(
            guest,
            [.. devices.GuestOptions, .. options, "--include", $"{await InGuestAssembly.Published(guest)}:/tests"],
            NamedCommands.Script(commands));
    }

    /// <summary>Boots a guest and runs a script of named commands there.</summary>
    /// <param name="guest">Machine and kernel.</param>
    /// <param name="options">Options of guest/run.</param>
    /// <param name="script">A script with those of <see cref="NamedCommands"/> in it.</param>
    public static async Task<GuestSession> Boot(string guest, string[] options, string script)
    {
        await GuestMachine.SkipWhereUnavailable(guest);
        var run = await GuestMachine.Run(guest, options, script);
        // Of the versions of QEMU that can be taught MIO instructions, the oldest do not have vfio-user-pci.
        Assert.SkipWhen(
            GuestMachine.HasMio(guest) && run.ExitCode == MissingDevice && run.Error.Contains("has no vfio-user-pci", StringComparison.Ordinal), run.Error);
        var results = NamedCommands.Parse(run.Output);
        return run.ExitCode == 0 && results.Count > 0
            ? new GuestSession(run, results)
            : throw new InvalidOperationException($"The session in the guest did not come to its end; guest/run ended with {run.ExitCode}:\n{run.Output}\n{run.Error}");
    }

    /// <summary>The output of a command, which has to have done its work.</summary>
    public string OutputOf(string command)
    {
        var result = Commands[command];
        Assert.True(result.ExitCode == 0, $"'{command}' ended with {result.ExitCode}: {result.Output}\n{result.Error}\n{Run.Error}");
        return result.Output;
    }

    /// <summary>Every test that a command ran in the guest passed, and there were some.</summary>
    /// <param name="command">The command, which ran the program of tests.</param>
    /// <param name="fewest">How many have to have passed at least, since those that lack something in the guest are skipped.</param>
    public void AssertTestsPassed(string command, int fewest)
    {
        var result = Commands[command];
        var results = result.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(line => JsonSerializer.Deserialize(line, GuestJson.Default.GuestTestResult)!).ToList();
        var failures = results.Where(test => test.Outcome == GuestTestResult.Fail).Select(test => $"{test.Test}: {test.Message}").ToList();
        Assert.True(failures.Count == 0 && result.ExitCode == 0, string.Join("\n\n", [.. failures, result.Error, .. QemuMessages]));
        Assert.InRange(results.Count(test => test.Outcome == GuestTestResult.Pass), fewest, int.MaxValue);
    }
}
