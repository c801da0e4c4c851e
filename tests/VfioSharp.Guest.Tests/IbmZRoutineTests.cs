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

    // A first run fetches Mono and QEMU.
    private static readonly TimeSpan PreparationLimit = TimeSpan.FromMinutes(15);
    private static readonly TimeSpan CheckLimit = TimeSpan.FromMinutes(2);

    private static readonly Lazy<Task<ProcessRun>> Preparation = new(() => ProcessRun.Start(
        Repository.PathOf("guest/lib/mono-user.sh"), [Repository.PathOf("tests/VfioSharp.Tests.IbmZ")], PreparationLimit));

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
        var preparation = await Preparation.Value;
        Assert.SkipWhen(preparation.ExitCode == Unavailable, preparation.Error.Trim());
        Assert.True(preparation.ExitCode == 0, preparation.Error);
        var run = await ProcessRun.Start(preparation.Output.Trim(), [check], CheckLimit);
        Assert.True(run.ExitCode == expectedExitCode, $"{check} ended with {run.ExitCode}: {run.Output}{run.Error}");
    }
}
