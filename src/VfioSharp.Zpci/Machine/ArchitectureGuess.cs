namespace VfioSharp.Zpci.Machine;

/// <summary>
/// Something about the machine that IBM does not publish and no hardware was at hand for: what the model, and the emulator of guest/qemu-mio, take for true
/// so that a kernel can run. guest/qemu-mio/GUESSES.md has each of them under the same number, with the reason for it. Immutable.
/// </summary>
public sealed class ArchitectureGuess
{
    private ArchitectureGuess(int number, string sentence)
    {
        Number = number;
        Sentence = sentence;
    }

    /// <summary>What the instructions do with an address that no function has.</summary>
    public static ArchitectureGuess NoMioAddress { get; } =
        new(1, "An address that is mapped, but to no function's BAR, is an addressing exception.");

    /// <summary>What the instructions are while the kernel has not allowed them.</summary>
    public static ArchitectureGuess SwitchedOff { get; } =
        new(2, "While bit 58 of control register 2 is off, each instruction is an operation exception.");

    /// <summary>Which register accesses there are.</summary>
    public static ArchitectureGuess Lengths { get; } =
        new(3, "PCILGI and PCISTGI take 1, 2, 4 and 8 as the length, in four bits; any other, and what the device does not take, is an operand exception.");

    /// <summary>How a register access must not lie.</summary>
    public static ArchitectureGuess Crossing { get; } =
        new(4, "An access that crosses a doubleword is an operand exception.");

    /// <summary>Which blocks there are.</summary>
    public static ArchitectureGuess Blocks { get; } =
        new(5, "PCISTBI takes what PCISTB does: a multiple of 8 from 16 to the function's maximum, at a multiple of 8, within 4 KiB; else a specification exception.");

    /// <summary>What an odd register is where a pair begins.</summary>
    public static ArchitectureGuess OddRegister { get; } =
        new(6, "An odd register where a pair has to begin is a specification exception.");

    /// <summary>What is left in the registers.</summary>
    public static ArchitectureGuess Registers { get; } =
        new(7, "Success leaves the status as it was, and a condition code above 0 the data register.");

    /// <summary>When there is which condition code.</summary>
    public static ArchitectureGuess ConditionCodes { get; } =
        new(8, "A function that is gone or not enabled is condition code 3, the error state 1 with status 12, an offset beyond the BAR 1 with status 20.");

    /// <summary>Where the addresses are.</summary>
    public static ArchitectureGuess Layout { get; } =
        new(9, "A function has 64 GiB of addresses from 0xffffc00000000000 on, 8 GiB for each BAR, and bit 2^45 asks for write-back.");

    /// <summary>What an ordinary load or store of a mapped BAR is.</summary>
    public static ArchitectureGuess OrdinaryAccess { get; } =
        new(10, "An ordinary load or store of a mapped BAR is an addressing exception.");

    /// <summary>What PCIWB does.</summary>
    public static ArchitectureGuess Barrier { get; } =
        new(11, "PCIWB has nothing to do.");

    /// <summary>How addresses are translated in access-register mode.</summary>
    public static ArchitectureGuess AccessRegisters { get; } =
        new(12, "No program is in access-register mode.");

    /// <summary>In which order stores go out.</summary>
    public static ArchitectureGuess Order { get; } =
        new(13, "No stores are combined, and all arrive in order.");

    /// <summary>All of them, by number.</summary>
    public static IReadOnlyList<ArchitectureGuess> All { get; } =
    [
        NoMioAddress, SwitchedOff, Lengths, Crossing, Blocks, OddRegister, Registers, ConditionCodes, Layout, OrdinaryAccess, Barrier, AccessRegisters, Order,
    ];

    /// <summary>Its number, from 1.</summary>
    public int Number { get; }

    /// <summary>What is guessed, in one sentence.</summary>
    public string Sentence { get; }

    /// <summary>"guess 1: An address ...".</summary>
    /// <returns>The text.</returns>
    public override string ToString() => $"guess {Number}: {Sentence}";
}
