using VfioSharp.Zpci.Machine;
using VfioSharp.Zpci.Memory;

namespace VfioSharp.Zpci.Process;

// The MIO instructions as a program executes them on a mapping. Not published are the order in which an instruction checks, which exception it
// takes, and what it leaves in its registers: there the model does what the machine of the recordings and of the guests does, and names the guess.
// What Linux makes of a page fault is certain: both are unmodified kernels.
public sealed partial class UserProcess
{
    // The recordings' machine takes the low 4 bits as the length of a register access, the low 13 as that of a block.
    private const ulong LengthMask = 0xf;
    private const ulong BlockLengthMask = 0x1fff;

    /// <summary>PCILGI (RRE b9d6): loads 1, 2, 4 or 8 bytes from a device.</summary>
    /// <param name="address">The even register of the pair: a virtual address of the program.</param>
    /// <param name="lengthRegister">The odd register: the length in its low bits.</param>
    /// <param name="oldValue">What was in the data register, which stays there where nothing is loaded.</param>
    /// <returns>The bytes as a big-endian number, right-justified, or condition code and status, or the signal.</returns>
    public InstructionOutcome Pcilgi(ulong address, ulong lengthRegister, ulong oldValue = 0)
    {
        if (!Host.HaveMio)
            return SwitchedOff;
        var length = lengthRegister & LengthMask;
        if (RefuseRegister(address, length) is { } refusal)
            return refusal;
        var fault = Reach(address, MemoryAccess.Load, out var target);
        if (fault != PageFault.None)
            return InstructionOutcome.Signalled(SignalInfo.FromFault(fault, address), Verification.RealKernelOnEmulatedMio);
        if (target is not var (function, bar, offset))
            return NowhereToGo;
        var outcome = function.Load(bar, offset, length, isByHandle: false, out var value);
        return Conclude(outcome, outcome.IsDone ? value : oldValue, lengthRegister);
    }

    /// <summary>PCISTGI (RRE b9d4): stores 1, 2, 4 or 8 bytes to a device.</summary>
    /// <param name="address">The even register of the pair: a virtual address of the program.</param>
    /// <param name="lengthRegister">The odd register: the length in its low bits.</param>
    /// <param name="value">The bytes as a big-endian number, right-justified.</param>
    /// <returns>Condition code and status, or the signal.</returns>
    public InstructionOutcome Pcistgi(ulong address, ulong lengthRegister, ulong value)
    {
        if (!Host.HaveMio)
            return SwitchedOff;
        var length = lengthRegister & LengthMask;
        if (RefuseRegister(address, length) is { } refusal)
            return refusal;
        var fault = Reach(address, MemoryAccess.Store, out var target);
        if (fault != PageFault.None)
            return InstructionOutcome.Signalled(SignalInfo.FromFault(fault, address), Verification.RealKernelOnEmulatedMio);
        return target is var (function, bar, offset)
            ? Conclude(function.Store(bar, offset, length, isByHandle: false, value), value, lengthRegister)
            : NowhereToGo;
    }

    /// <summary>PCISTBI (RSY eb..d4): stores a block to a device: a multiple of 8 from 16 up to the function's maximum, within 4 KiB.</summary>
    /// <param name="address">The destination: a virtual address of the program, a multiple of 8.</param>
    /// <param name="lengthRegister">The length in its low bits.</param>
    /// <param name="source">The block in memory, at a multiple of 8.</param>
    /// <returns>Condition code and status, or the signal.</returns>
    public InstructionOutcome Pcistbi(ulong address, ulong lengthRegister, ulong source)
    {
        if (!Host.HaveMio)
            return SwitchedOff;
        var length = lengthRegister & BlockLengthMask;
        if (length is < 16 or > UserAddressSpace.PageSize || ((address | source | length) & 7) != 0
            || address % UserAddressSpace.PageSize + length > UserAddressSpace.PageSize)
        {
            return InstructionOutcome.Interrupted(ProgramException.Specification, ArchitectureGuess.Blocks);
        }

        var fault = Reach(address, MemoryAccess.Store, out var target);
        if (fault != PageFault.None)
            return InstructionOutcome.Signalled(SignalInfo.FromFault(fault, address), Verification.RealKernelOnEmulatedMio);
        if (target is not var (function, bar, offset))
            return NowhereToGo;
        Span<byte> block = stackalloc byte[(int)length];
        var copied = Memory.CopyFrom(source, block);
        if (copied < block.Length)
            return FaultOf(source + (ulong)copied);
        return Conclude(function.StoreBlock(bar, offset, block, isByHandle: false), 0, lengthRegister);
    }

    /// <summary>PCIWB (RRE b9d5): lets stores that were combined go out. The model combines none.</summary>
    /// <returns>Success, or the signal.</returns>
    public InstructionOutcome Pciwb() => Host.HaveMio ? InstructionOutcome.Done(0, Verification.RealKernelOnEmulatedMio) : SwitchedOff;

    /// <summary>PCILGI or PCISTGI with an odd register where the pair begins.</summary>
    /// <returns>The signal.</returns>
    public InstructionOutcome PcilgiWithOddPair() =>
        Host.HaveMio ? InstructionOutcome.Interrupted(ProgramException.Specification, ArchitectureGuess.OddRegister) : SwitchedOff;

    private static InstructionOutcome SwitchedOff => InstructionOutcome.Interrupted(ProgramException.Operation, ArchitectureGuess.SwitchedOff);

    private static InstructionOutcome NowhereToGo => InstructionOutcome.Interrupted(ProgramException.Addressing, ArchitectureGuess.NoMioAddress);

    // What is not aligned is taken for something that the device refuses, as QEMU's devices do.
    private static InstructionOutcome? RefuseRegister(ulong address, ulong length)
    {
        if (length is 1 or 2 or 4 or 8 && (address & (length - 1)) == 0)
            return null;
        var isCrossing = length is 2 or 4 or 8 && length > 8 - (address & 7);
        return InstructionOutcome.Interrupted(ProgramException.Operand, isCrossing ? ArchitectureGuess.Crossing : ArchitectureGuess.Lengths);
    }

    // arch/s390/include/asm/pci_insn.h has the condition codes and where the status is.
    private static InstructionOutcome Conclude(PciOutcome outcome, ulong value, ulong lengthRegister)
    {
        var verification = outcome.Guess is null ? Verification.RealKernelOnEmulatedMio : Verification.Derived;
        if (outcome.Exception != ProgramException.None)
            return new InstructionOutcome(0, 0, 0, SignalInfo.FromException(outcome.Exception), verification, outcome.Guess);
        return outcome.ConditionCode == 0
            ? InstructionOutcome.Done(value, verification, lengthRegister)
            : new InstructionOutcome(
                outcome.ConditionCode, value, (lengthRegister & ~0xff00_0000ul) | (ulong)outcome.Status << 24, default, verification, outcome.Guess);
    }

    // Where a virtual address leads: to a BAR, or nowhere that MIO can reach (memory, or the cookie of a function without MIO addresses).
    private PageFault Reach(ulong address, MemoryAccess access, out (ZpciFunction Function, int Bar, ulong Offset)? target)
    {
        target = null;
        var fault = Memory.Translate(address, access, out var entry);
        if (fault == PageFault.None && entry.Ram is null)
            target = MioWindow.Find(Host, entry.PhysicalAddress + address % UserAddressSpace.PageSize);
        return fault;
    }

    private InstructionOutcome FaultOf(ulong address)
    {
        var fault = Memory.Translate(address, MemoryAccess.Load, out _);
        return fault == PageFault.None
            ? NowhereToGo
            : InstructionOutcome.Signalled(SignalInfo.FromFault(fault, address), Verification.RealKernelOnEmulatedMio);
    }
}
