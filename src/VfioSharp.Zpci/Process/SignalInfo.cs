using VfioSharp.Zpci.Machine;
using VfioSharp.Zpci.Memory;

namespace VfioSharp.Zpci.Process;

/// <summary>The signals that a wrong access brings.</summary>
public enum Signal
{
    /// <summary>None.</summary>
    None = 0,
    /// <summary>Illegal instruction, which on s390 is also how an addressing or a specification exception is told.</summary>
    SIGILL = 4,
    /// <summary>The mapping is there, its owner refused.</summary>
    SIGBUS = 7,
    /// <summary>No mapping, or none that allows the access.</summary>
    SIGSEGV = 11,
}

/// <summary>
/// What a signal handler gets: siginfo_t (arch/s390/kernel/traps.c for exceptions, arch/s390/mm/fault.c for page faults). Immutable.
/// </summary>
/// <param name="Number">The signal; none where there is none.</param>
/// <param name="Code">si_code.</param>
/// <param name="IsAtInstruction">Whether si_addr is the instruction, as after an exception; else it is the page of the data.</param>
/// <param name="Address">si_addr where it is a page of data.</param>
public readonly record struct SignalInfo(Signal Number, int Code, bool IsAtInstruction, ulong Address = 0)
{
    /// <summary>Whether there is a signal.</summary>
    public bool IsRaised => Number != Signal.None;

    /// <summary>The signal of a page fault: the address is that of the page, since the machine reports no more.</summary>
    internal static SignalInfo FromFault(PageFault fault, ulong address) => fault switch
    {
        PageFault.NotMapped => new SignalInfo(Signal.SIGSEGV, 1, false, UserAddressSpace.PageOf(address)), // SEGV_MAPERR
        PageFault.NotAllowed => new SignalInfo(Signal.SIGSEGV, 2, false, UserAddressSpace.PageOf(address)), // SEGV_ACCERR
        PageFault.BusError => new SignalInfo(Signal.SIGBUS, 2, false, UserAddressSpace.PageOf(address)), // BUS_ADRERR
        _ => default,
    };

    /// <summary>The signal of an exception.</summary>
    internal static SignalInfo FromException(ProgramException exception) => exception switch
    {
        ProgramException.Operation => new SignalInfo(Signal.SIGILL, 1, true), // ILL_ILLOPC
        ProgramException.PrivilegedOperation => new SignalInfo(Signal.SIGILL, 5, true), // ILL_PRVOPC
        ProgramException.Operand or ProgramException.Specification => new SignalInfo(Signal.SIGILL, 2, true), // ILL_ILLOPN
        ProgramException.Addressing => new SignalInfo(Signal.SIGILL, 3, true), // ILL_ILLADR
        _ => default,
    };

    /// <summary>"SIGSEGV 1 at the data", or "none".</summary>
    /// <returns>The text.</returns>
    public override string ToString() => IsRaised ? $"{Number} {Code} at the {(IsAtInstruction ? "instruction" : "data")}" : "none";
}
