using System.Globalization;
using VfioSharp.Zpci.Machine;

namespace VfioSharp.Zpci.Process;

/// <summary>What an instruction of a program did: went on with a condition code, or brought a signal. Immutable.</summary>
/// <param name="ConditionCode">
/// 0 done, 1 error, 2 busy, 3 invalid handle; 0 for instructions that set none. Means nothing after a signal.
/// </param>
/// <param name="Value">What is in the data register afterwards.</param>
/// <param name="LengthRegister">What is in the register that held the length: its bits 32 to 39 are the status.</param>
/// <param name="Signal">The signal, or none.</param>
/// <param name="Verification">
/// How it is known that a real machine answers with this condition code or signal. What is in the registers after a condition code above 0 rests on
/// <see cref="ArchitectureGuess.Registers"/> in any case.
/// </param>
/// <param name="Guess">The guess that the condition code or the signal rests on where it is <see cref="Verification.Derived"/>, else null.</param>
public readonly record struct InstructionOutcome(
    int ConditionCode, ulong Value, ulong LengthRegister, SignalInfo Signal, Verification Verification, ArchitectureGuess? Guess = null)
{
    /// <summary>The status: why the condition code is 1.</summary>
    public byte Status => (byte)(LengthRegister >> 24);

    /// <summary>Whether the instruction did what it was to do.</summary>
    public bool IsDone => ConditionCode == 0 && !Signal.IsRaised;

    internal static InstructionOutcome Done(ulong value, Verification verification, ulong lengthRegister = 0) =>
        new(0, value, lengthRegister, default, verification);

    internal static InstructionOutcome Signalled(SignalInfo signal, Verification verification) => new(0, 0, 0, signal, verification);

    // That the instruction takes this exception is the guess; what the kernel makes of the exception is not.
    internal static InstructionOutcome Interrupted(ProgramException exception, ArchitectureGuess guess) =>
        new(0, 0, 0, SignalInfo.FromException(exception), Verification.Derived, guess);

    /// <summary>"cc 0", "cc 1 status 12", "SIGILL 3 at the instruction".</summary>
    /// <returns>The text.</returns>
    public override string ToString() => Signal.IsRaised
        ? Signal.ToString()
        : string.Create(CultureInfo.InvariantCulture, $"cc {ConditionCode}{(ConditionCode == 1 ? $" status {Status}" : string.Empty)}");
}
