namespace VfioSharp.Tests.Mmio;

/// <summary>
/// IBM Z's machine code on Mono for s390x under qemu-user, which has no PCI: the routines themselves, and with ordinary loads and stores in the
/// place of the PCI instructions. tests/VfioSharp.Tests.IbmZ holds the checks, each of which runs in a process of its own.
/// </summary>
public sealed class IbmZRoutineTests(IbmZRoutineTests.Program program) : IClassFixture<IbmZRoutineTests.Program>
{
    private const int IllegalInstruction = 128 + 4;
    private const int BusError = 128 + 7;

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
    public void The_machine_code_holds_on_a_big_endian_runtime(string check, int expectedExitCode)
    {
        Assert.SkipWhen(program.Launcher is null, program.WhyNot);
        var (exitCode, output) = ExternalProgram.Run(program.Launcher!, [check]);
        Assert.True(exitCode == expectedExitCode, $"{check} ended with {exitCode}: {output}");
    }

    /// <summary>The program, published for Mono once; null where its parts cannot be had.</summary>
    public sealed class Program
    {
        private const int Unavailable = 69;

        public Program()
        {
            var checkout = FindCheckout();
            if (checkout is null)
            {
                WhyNot = $"there is no checkout above {AppContext.BaseDirectory}";
                return;
            }

            var script = Path.Combine(checkout, "guest", "lib", "mono-user.sh");
            var (exitCode, output) = ExternalProgram.Run(TimeSpan.FromMinutes(8), script, [Path.Combine(checkout, "tests", "VfioSharp.Tests.IbmZ")]);
            WhyNot = output;
            if (exitCode == Unavailable)
                return;
            Assert.True(exitCode == 0, output);
            Launcher = output.Split('\n').Single(line => line.EndsWith("/launch", StringComparison.Ordinal));
        }

        public string? Launcher { get; }

        public string WhyNot { get; }

        private static string? FindCheckout()
        {
            for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
            {
                if (File.Exists(Path.Combine(folder.FullName, "VfioSharp.slnx")))
                    return folder.FullName;
            }

            return null;
        }
    }
}
