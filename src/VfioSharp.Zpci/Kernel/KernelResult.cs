using System.Globalization;
using VfioSharp.Zpci.Machine;

namespace VfioSharp.Zpci.Kernel;

/// <summary>What a system call returned, as the kernel has it: 0 or more, or minus an error number. Immutable.</summary>
/// <param name="Value">The value.</param>
public readonly record struct KernelResult(long Value)
{
    /// <summary>Success of a call that returns nothing else.</summary>
    public static readonly KernelResult Success = new(0);

    // include/linux/err.h, MAX_ERRNO.
    private const long MostErrno = 4095;

    /// <summary>
    /// The guess about the machine that a condition code rests on which the call passes on; null for what the kernel alone decides. Which exception
    /// an instruction took does not matter to a call: all of them are the same error number.
    /// </summary>
    public ArchitectureGuess? Guess { get; init; }

    /// <summary>Whether the call failed with an error number.</summary>
    public bool IsError => Value is < 0 and >= -MostErrno;

    /// <summary>The error number, or <see cref="Errno.None"/>.</summary>
    public Errno Errno => IsError ? (Errno)(-Value) : Errno.None;

    /// <summary>What libc's wrapper returns: -1 where there is an error number.</summary>
    public long Return => IsError ? -1 : Value;

    /// <summary>A failure.</summary>
    /// <param name="errno">The error number.</param>
    public static implicit operator KernelResult(Errno errno) => FromErrno(errno);

    /// <summary>A failure, or success for <see cref="Errno.None"/>.</summary>
    /// <param name="errno">The error number.</param>
    /// <returns>The result.</returns>
    public static KernelResult FromErrno(Errno errno) => new(-(long)errno);

    /// <summary>"0", "4", "-1 EINVAL".</summary>
    /// <returns>The text.</returns>
    public override string ToString() => IsError
        ? $"-1 {(Enum.IsDefined(Errno) ? Errno.ToString() : $"errno {(int)Errno}")}"
        : Value.ToString(CultureInfo.InvariantCulture);
}
