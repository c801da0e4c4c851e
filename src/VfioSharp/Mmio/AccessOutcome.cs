using VfioSharp.Interrupts;

namespace VfioSharp.Mmio;

/// <summary>What stopped an access to device memory.</summary>
public enum AccessFaultKind : byte
{
    /// <summary>Nothing: the access was made.</summary>
    None,

    /// <summary>An error number of a system call.</summary>
    Errno,

    /// <summary>A condition code other than 0 of one of IBM Z's PCI instructions.</summary>
    ConditionCode,

    /// <summary>A signal that the access raised and that was recovered.</summary>
    Signal,

    /// <summary>The device is in error state, in which it answers all ones whatever is read.</summary>
    ErrorState,

    /// <summary>The device was in error state a moment ago and answered all ones; the kernel has recovered it since.</summary>
    ErrorRecovered,
}

/// <summary>How an access that is not a plain load or store ended: done, or why not. The default value is "done".</summary>
public readonly record struct AccessOutcome
{
    // In this order the three fill eight bytes, which pass in a register.
    private AccessOutcome(AccessFaultKind kind, int code, byte status)
    {
        Kind = kind;
        Code = code;
        Status = status;
    }

    /// <summary>The access was made.</summary>
    public static AccessOutcome Done => default;

    /// <summary>What stopped the access.</summary>
    public AccessFaultKind Kind { get; }

    /// <summary>
    /// The status byte of the instruction, which says more where the condition code is 1 (arch/s390/include/asm/pci_insn.h, ZPCI_PCI_ST_*).
    /// 0 where there is none: a system call does not pass it on.
    /// </summary>
    public byte Status { get; }

    /// <summary>The error number, the condition code (1 to 3) or the signal's number, as <see cref="Kind"/> says; 0 where the access was made.</summary>
    public int Code { get; }

    /// <summary>Whether the access was made.</summary>
    public bool IsDone => Kind == AccessFaultKind.None;

    /// <summary>The error number; <see cref="VfioSharp.Errno.None"/> where it was something else.</summary>
    public Errno Errno => Kind == AccessFaultKind.Errno ? (Errno)Code : Errno.None;

    /// <summary>A system call's error number.</summary>
    /// <param name="errno">The number; <see cref="VfioSharp.Errno.None"/> makes <see cref="Done"/>.</param>
    /// <returns>The outcome.</returns>
    public static AccessOutcome OfErrno(Errno errno) => errno == Errno.None ? Done : new(AccessFaultKind.Errno, (int)errno, 0);

    /// <summary>A condition code.</summary>
    /// <param name="conditionCode">0 (which makes <see cref="Done"/>) to 3: 1 error, 2 busy, 3 the handle or address is no longer a function's.</param>
    /// <param name="status">The status byte where there is one.</param>
    /// <returns>The outcome.</returns>
    /// <exception cref="ArgumentOutOfRangeException">There is no such condition code.</exception>
    public static AccessOutcome OfConditionCode(int conditionCode, byte status = 0) => conditionCode switch
    {
        0 => Done,
        1 or 2 or 3 => new(AccessFaultKind.ConditionCode, conditionCode, status),
        _ => throw new ArgumentOutOfRangeException(nameof(conditionCode), conditionCode, "A condition code is 0 to 3."),
    };

    /// <summary>All ones, of a device that reported an error.</summary>
    internal static AccessOutcome OfAllOnes(AllOnesMeaning meaning) => meaning switch
    {
        AllOnesMeaning.InError => new(AccessFaultKind.ErrorState, 0, 0),
        AllOnesMeaning.Recovered => new(AccessFaultKind.ErrorRecovered, 0, 0),
        _ => Done,
    };

    /// <summary>A signal.</summary>
    /// <param name="signal">Its number, not 0: 4 SIGILL, 7 SIGBUS, 11 SIGSEGV.</param>
    /// <returns>The outcome.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The number is not positive.</exception>
    public static AccessOutcome OfSignal(int signal) => signal > 0
        ? new(AccessFaultKind.Signal, signal, 0)
        : throw new ArgumentOutOfRangeException(nameof(signal), signal, "A signal's number is positive.");
}
