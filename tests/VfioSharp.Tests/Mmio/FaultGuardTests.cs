using VfioSharp.Mmio;

namespace VfioSharp.Tests.Mmio;

/// <summary>What the signal handler leaves as it was; each in a child process, since most end by a signal.</summary>
public sealed class FaultGuardTests
{
    private const int EndedBySigbus = 128 + 7;

    [Fact]
    public void Loads_and_stores_are_guarded_here()
    {
        Assert.True(MmioSupport.HasLoadStore);
        Assert.True(MmioSupport.IsGuarded, MmioSupport.Description);
    }

    [Fact]
    public void A_fault_of_somebody_elses_ends_the_process_as_it_did_before()
    {
        var (without, _) = RunChild("fault-without-guard");
        var (with, _) = RunChild("fault-with-guard");

        Assert.True(without > 128, $"The child ended with {without}.");
        Assert.Equal(without, with);
    }

    [Fact]
    public void A_stack_overflow_ends_the_process_as_it_did_before()
    {
        var (without, _) = RunChild("overflow-without-guard");
        var (with, _) = RunChild("overflow-with-guard");

        Assert.True(without > 128, $"The child ended with {without}.");
        Assert.Equal(without, with);
    }

    [Fact]
    public void A_fault_over_a_default_handler_ends_the_process_with_its_signal() => AssertEndsBySigbus("fault-over-default");

    [Fact]
    public void A_signal_sent_over_a_default_handler_ends_the_process() => AssertEndsBySigbus("sent-over-default");

    [Fact]
    public void An_ignored_signal_stays_ignored_and_a_fault_is_not() => AssertEndsBySigbus("ignored");

    [Theory]
    [InlineData("forbidden-by-switch")]
    [InlineData("forbidden-by-system")]
    public void Without_executable_pages_registers_are_reached_unguarded_and_disposal_is_safe(string role)
    {
        var (exitCode, output) = RunChild(role);
        Assert.True(exitCode == 0, output);
    }

    [Fact]
    public void Mappings_that_wait_for_collection_give_way_where_addresses_are_short()
    {
        var (exitCode, output) = RunChild("little-address-space");
        Assert.True(exitCode == 0, output);
    }

    private static void AssertEndsBySigbus(string role)
    {
        var (exitCode, output) = RunChild(role);
        Assert.True(exitCode == EndedBySigbus, $"The child ended with {exitCode}: {output}");
    }

    // "forbidden-by-system" refuses one page that becomes executable; the JIT does that too, unless it is told to write to executable pages.
    private static (int ExitCode, string Output) RunChild(string role) => ExternalProgram.Run(
        Path.Combine(AppContext.BaseDirectory, "VfioSharp.Tests.Child"), [role], ("DOTNET_EnableWriteXorExecute", role == "forbidden-by-system" ? "0" : "1"));
}
