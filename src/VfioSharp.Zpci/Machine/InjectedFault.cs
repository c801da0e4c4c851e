namespace VfioSharp.Zpci.Machine;

/// <summary>
/// A place in a BAR where accesses end otherwise than they should, so that a driver's handling of it can be seen. Not thread-safe.
/// </summary>
public sealed class InjectedFault
{
    /// <summary>Describes a fault.</summary>
    /// <param name="bar">The BAR's number.</param>
    /// <param name="offset">The first byte.</param>
    /// <param name="lengthInBytes">How many bytes; an access that begins in one of them is hit.</param>
    /// <param name="outcome">How such an access ends.</param>
    /// <param name="times">How many accesses are hit; null for all.</param>
    /// <param name="hitsHandles">Whether accesses by function handle are hit as well as those by MIO address.</param>
    /// <exception cref="ArgumentException">
    /// The outcome is "busy", without an end and by function handle: the kernel would try again for ever (arch/s390/pci/pci_insn.c, zpci_load).
    /// </exception>
    public InjectedFault(int bar, ulong offset, ulong lengthInBytes, PciOutcome outcome, int? times = null, bool hitsHandles = false)
    {
        if (hitsHandles && outcome is { ConditionCode: 2, Exception: ProgramException.None } && times is null)
            throw new ArgumentException("A function that stays busy would keep the kernel trying for ever: say how many times.", nameof(times));
        Bar = bar;
        Offset = offset;
        LengthInBytes = lengthInBytes;
        Outcome = outcome;
        Remaining = times;
        HitsHandles = hitsHandles;
    }

    /// <summary>The BAR's number.</summary>
    public int Bar { get; }

    /// <summary>The first byte.</summary>
    public ulong Offset { get; }

    /// <summary>How many bytes.</summary>
    public ulong LengthInBytes { get; }

    /// <summary>How an access ends.</summary>
    public PciOutcome Outcome { get; }

    /// <summary>How many accesses are still to be hit; null for all.</summary>
    public int? Remaining { get; private set; }

    /// <summary>Whether accesses by function handle are hit too.</summary>
    public bool HitsHandles { get; }

    /// <summary>
    /// The window of the recordings in which every kind of failure can be had: at BAR 0 <paramref name="offset"/> condition code 1 with status
    /// 12, then, each 8 bytes further, condition codes 2 and 3, an operand exception, an addressing exception. It hits accesses by MIO address
    /// alone.
    /// </summary>
    /// <param name="offset">Where it begins, a multiple of 8.</param>
    /// <returns>The five faults.</returns>
    public static IReadOnlyList<InjectedFault> MioWindow(ulong offset) =>
    [
        new(0, offset, 8, PciOutcome.Error(PciOutcome.Blocked)),
        new(0, offset + 8, 8, PciOutcome.Busy),
        new(0, offset + 16, 8, PciOutcome.InvalidHandle),
        new(0, offset + 24, 8, PciOutcome.Interrupted(ProgramException.Operand)),
        new(0, offset + 32, 8, PciOutcome.Interrupted(ProgramException.Addressing)),
    ];

    internal bool TryHit(int bar, ulong offset, bool isByHandle)
    {
        if (bar != Bar || offset < Offset || offset - Offset >= LengthInBytes || (isByHandle && !HitsHandles) || Remaining == 0)
            return false;
        Remaining--;
        return true;
    }
}
