namespace VfioSharp.Zpci.Machine;

/// <summary>
/// How a PCI load, store or store block ended: with a condition code and, for condition code 1, a status, or with an exception
/// (arch/s390/include/asm/pci_insn.h, ZPCI_PCI_ST_*). Immutable.
/// </summary>
/// <param name="ConditionCode">0 done, 1 error, 2 busy, 3 invalid handle. Means nothing after an exception.</param>
/// <param name="Status">Why, for condition code 1.</param>
/// <param name="Exception">The exception, or none.</param>
public readonly record struct PciOutcome(int ConditionCode, byte Status = 0, ProgramException Exception = ProgramException.None)
{
    /// <summary>ZPCI_PCI_ST_BLOCKED: the function is in the error state.</summary>
    public const byte Blocked = 12;

    /// <summary>ZPCI_PCI_ST_INVAL_AS: the access does not lie within the BAR.</summary>
    public const byte InvalidAddressSpace = 20;

    /// <summary>The access was made.</summary>
    public static readonly PciOutcome Done;

    /// <summary>The function is busy.</summary>
    public static readonly PciOutcome Busy = new(2);

    /// <summary>No function has this handle.</summary>
    public static readonly PciOutcome InvalidHandle = new(3);

    /// <summary>The access was refused.</summary>
    /// <param name="status">Why.</param>
    /// <returns>Condition code 1 with that status.</returns>
    public static PciOutcome Error(byte status) => new(1, status);

    /// <summary>The instruction was not executed.</summary>
    /// <param name="exception">The exception.</param>
    /// <returns>The outcome.</returns>
    public static PciOutcome Interrupted(ProgramException exception) => new(0, 0, exception);

    /// <summary>
    /// The guess about the machine that it rests on; null where it rests on none, or where somebody asked for it (<see cref="InjectedFault"/>).
    /// </summary>
    public ArchitectureGuess? Guess { get; init; }

    /// <summary>Whether the access was made.</summary>
    public bool IsDone => ConditionCode == 0 && Exception == ProgramException.None;
}
