using VfioSharp.Zpci.Machine;
using VfioSharp.Zpci.Process;
using VfioSharp.Zpci.Tests.Fakes;

namespace VfioSharp.Zpci.Tests.Instructions;

/// <summary>What the model answers by a guess about the machine names the guess, and what the kernel decides names none.</summary>
public sealed class ArchitectureGuessTests
{
    [Fact]
    public void They_are_numbered_from_one_on_and_each_is_a_sentence()
    {
        Assert.Equal(Enumerable.Range(1, ArchitectureGuess.All.Count), ArchitectureGuess.All.Select(guess => guess.Number));
        Assert.All(ArchitectureGuess.All, guess => Assert.Matches("^[A-Z].+[^.][.]$", guess.Sentence));
        Assert.Equal(ArchitectureGuess.All.Count, ArchitectureGuess.All.Select(guess => guess.Sentence).Distinct().Count());
    }

    [Theory]
    [InlineData("linux-7.2,nomio")]
    [InlineData("linux-7.2,pci=off")]
    public void An_instruction_that_is_switched_off_names_its_guess(string host)
    {
        var process = new HostUnderTest(host).Process;

        Assert.All(
            [process.Pcilgi(0, 8), process.Pcistgi(0, 8, 0), process.Pcistbi(0, 16, 0), process.Pciwb(), process.PcilgiWithOddPair()],
            outcome => AssertRestsOn(ArchitectureGuess.SwitchedOff, outcome));
    }

    [Fact]
    public void An_exception_names_the_guess_that_made_it()
    {
        var under = new HostUnderTest("linux-7.2,mio");
        var address = under.MapBar(under.Open());

        AssertRestsOn(ArchitectureGuess.NoMioAddress, under.Process.Pcilgi(under.Buffer, 4));
        AssertRestsOn(ArchitectureGuess.NoMioAddress, under.Process.Pcistbi(under.Buffer, 16, under.Buffer));
        AssertRestsOn(ArchitectureGuess.Blocks, under.Process.Pcistbi(address, 12, under.Buffer));
        AssertRestsOn(ArchitectureGuess.Blocks, under.Process.Pcistbi(address, 136, under.Buffer));
        AssertRestsOn(ArchitectureGuess.OddRegister, under.Process.PcilgiWithOddPair());
        AssertRestsOn(ArchitectureGuess.OrdinaryAccess, under.Process.Load(address, 4));
        AssertRestsOn(ArchitectureGuess.OrdinaryAccess, under.Process.Store(address, 4, 0));
    }

    [Fact]
    public void Condition_codes_of_the_machine_are_guessed_and_those_that_were_asked_for_are_not()
    {
        var under = new HostUnderTest("linux-7.2,mio", options: new ZpciFunctionOptions { Faults = InjectedFault.MioWindow(0x800) });
        var address = under.MapBar(under.Open());

        for (var offset = 0x800ul; offset < 0x828; offset += 8)
            Assert.Equal((Verification.RealKernelOnEmulatedMio, null), VerificationOf(under.Process.Pcilgi(address + offset, 4)));
        under.Function.Remove();

        AssertRestsOn(ArchitectureGuess.ConditionCodes, under.Process.Pcilgi(address, 4));
        AssertRestsOn(ArchitectureGuess.ConditionCodes, under.Process.Pcistgi(address, 4, 0));
    }

    [Fact]
    public void A_system_call_names_the_guess_behind_a_condition_code_and_none_behind_an_error_number()
    {
        var under = new HostUnderTest("linux-7.2,mio");
        var address = under.MapBar(under.Open());

        Assert.Null(under.SysRead(under.Buffer, 4, out _).Guess);
        under.Function.Remove();
        var gone = under.SysRead(address, 4, out _);

        Assert.Equal((3, ArchitectureGuess.ConditionCodes), (gone.Value, gone.Guess));
    }

    [Fact]
    public void What_the_kernel_decides_names_no_guess()
    {
        var under = new HostUnderTest("linux-7.2,mio");
        var device = under.Open();
        var address = under.MapBar(device);
        var done = under.Process.Pcilgi(address, 4);
        HostUnderTest.SetMemory(device, false);

        Assert.Equal((Verification.RealKernelOnEmulatedMio, null), VerificationOf(done));
        Assert.Equal((Verification.RealKernelOnEmulatedMio, null), VerificationOf(under.Process.Pcilgi(address, 4)));
        Assert.Equal((Verification.RealKernel, null), VerificationOf(under.Process.Load(address, 4)));
        Assert.Equal((Verification.RealKernel, null), VerificationOf(UserProcess.Pcilg()));
    }

    private static (Verification Verification, ArchitectureGuess? Guess) VerificationOf(InstructionOutcome outcome) => (outcome.Verification, outcome.Guess);

    private static void AssertRestsOn(ArchitectureGuess guess, InstructionOutcome outcome)
    {
        Assert.False(outcome.IsDone);
        Assert.Equal((Verification.Derived, guess), VerificationOf(outcome));
    }
}
