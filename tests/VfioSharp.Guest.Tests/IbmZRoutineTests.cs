namespace VfioSharp.Guest.Tests;

/// <summary>
/// IBM Z's machine code on Mono for s390x under qemu-user, which has no PCI: the routines themselves, and with ordinary loads and stores in the
/// place of the PCI instructions. tests/VfioSharp.Tests.IbmZ holds the checks, each of which runs in a process of its own.
/// </summary>
public sealed class IbmZRoutineTests
{
    private const int Unavailable = 69;
    private const int IllegalInstruction = 128 + 4;
    private const int BusError = 128 + 7;

    // Enough for a first run that fetches QEMU and Mono.
    private static readonly TimeSpan PreparationLimit = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan CheckLimit = TimeSpan.FromMinutes(2);
    private static readonly string Folder = Repository.PathOf("artifacts/routines-mono");

    private static readonly Lazy<Task<string?>> Obstacle = new(Prepare);

    [Theory]
    [InlineData("instructions-raise-sigill", 0)]
    [InlineData("values", 0)]
    [InlineData("condition-codes", 0)]
    [InlineData("condition-code-3", 0)]
    [InlineData("faults", 0)]
    [InlineData("null-reference", 0)]
    [InlineData("window", 0)]
    [InlineData("default-illegal-fault", IllegalInstruction)]
    [InlineData("default-illegal-sent", IllegalInstruction)]
    [InlineData("default-bus-fault", BusError)]
    [InlineData("default-bus-sent", BusError)]
    [InlineData("ignored-illegal-fault", IllegalInstruction)]
    [InlineData("ignored-sent", 0)]
    [InlineData("once", IllegalInstruction)]
    public async Task The_machine_code_of_IBM_Z_holds_on_Mono(string check, int expectedExitCode)
    {
        if (await Obstacle.Value is { } obstacle)
            Assert.Skip(obstacle);
        // A process that a signal ends leaves no core behind.
        var run = await ProcessRun.Start(
            "sh", ["-c", "ulimit -c 0; exec \"$@\"", "sh", Repository.PathOf("guest/run-user"), "s390x", "--", Path.Combine(Folder, "VfioSharp.Tests.IbmZ"), check],
            CheckLimit);
        Assert.True(run.ExitCode == expectedExitCode, $"{check} ended with {run.ExitCode}: {run.Output}{run.Error}");
    }

    private static async Task<string?> Prepare() =>
        await Try(
            "guest/lib/publish-mono.sh", Repository.PathOf("tests/VfioSharp.Tests.IbmZ"), Folder, Repository.PathOf("artifacts/routines-mono-build"))
        ?? await Try("guest/run-user", "--prepare", "s390x");

    // Null where it worked, or why the tests are skipped.
    private static async Task<string?> Try(string script, params string[] arguments)
    {
        var run = await ProcessRun.Start(Repository.PathOf(script), arguments, PreparationLimit);
        return run.ExitCode switch
        {
            0 => null,
            Unavailable => $"no Mono for s390x: {run.Error.Trim()}",
            var code => throw new InvalidOperationException($"{script} failed with {code}:\n{run.Output}\n{run.Error}"),
        };
    }
}
