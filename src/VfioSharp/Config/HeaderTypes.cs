namespace VfioSharp.Config;

/// <summary>The layouts of the header (PCI Express Base 7.5.1.1.9). Other values are reserved.</summary>
public enum HeaderLayout
{
    /// <summary>Type 0: an endpoint.</summary>
    Endpoint = 0,
    /// <summary>Type 1: a PCI-to-PCI bridge, a root port or a switch port.</summary>
    Bridge = 1,
    /// <summary>Type 2: a CardBus bridge.</summary>
    CardBusBridge = 2,
}

/// <summary>The INTx wires (PCI Express Base 7.5.1.1.13). Other values are reserved.</summary>
public enum InterruptPin
{
    /// <summary>No INTx.</summary>
    None = 0,
    /// <summary>INTA.</summary>
    IntA = 1,
    /// <summary>INTB.</summary>
    IntB = 2,
    /// <summary>INTC.</summary>
    IntC = 3,
    /// <summary>INTD.</summary>
    IntD = 4,
}

/// <summary>The command register (PCI Express Base 7.5.1.1.3).</summary>
[Flags]
public enum CommandFlags : ushort
{
    /// <summary>Nothing.</summary>
    None = 0,
    /// <summary>Answers accesses to I/O space.</summary>
    Io = 1 << 0,
    /// <summary>Answers accesses to memory space.</summary>
    Memory = 1 << 1,
    /// <summary>May send requests of its own: DMA, MSI, MSI-X.</summary>
    BusMaster = 1 << 2,
    /// <summary>Watches special cycles (conventional PCI).</summary>
    SpecialCycles = 1 << 3,
    /// <summary>May use memory write and invalidate (conventional PCI).</summary>
    MemoryWriteAndInvalidate = 1 << 4,
    /// <summary>Snoops the VGA palette (conventional PCI).</summary>
    VgaPaletteSnoop = 1 << 5,
    /// <summary>Reports poisoned packets and parity errors.</summary>
    ParityErrorResponse = 1 << 6,
    /// <summary>Reports errors to the root complex.</summary>
    SystemError = 1 << 8,
    /// <summary>May use fast back-to-back transactions (conventional PCI).</summary>
    FastBackToBack = 1 << 9,
    /// <summary>Must not pull its INTx wire.</summary>
    InterruptDisable = 1 << 10,
}

/// <summary>The status register (PCI Express Base 7.5.1.1.4).</summary>
[Flags]
public enum StatusFlags : ushort
{
    /// <summary>Nothing.</summary>
    None = 0,
    /// <summary>Is ready at once after a reset or D3hot.</summary>
    ImmediateReadiness = 1 << 0,
    /// <summary>INTx is pulled.</summary>
    Interrupt = 1 << 3,
    /// <summary>There is a list of capabilities.</summary>
    CapabilityList = 1 << 4,
    /// <summary>Can run at 66 MHz (conventional PCI).</summary>
    Runs66Megahertz = 1 << 5,
    /// <summary>Takes fast back-to-back transactions (conventional PCI).</summary>
    FastBackToBack = 1 << 7,
    /// <summary>As a requester, saw a poisoned completion or sent a poisoned request.</summary>
    MasterDataParityError = 1 << 8,
    /// <summary>The slower bit of the DEVSEL timing (conventional PCI).</summary>
    DevselTimingLow = 1 << 9,
    /// <summary>The slowest bit of the DEVSEL timing (conventional PCI).</summary>
    DevselTimingHigh = 1 << 10,
    /// <summary>Completed a request with Completer Abort.</summary>
    SignaledTargetAbort = 1 << 11,
    /// <summary>Got a completion with Completer Abort.</summary>
    ReceivedTargetAbort = 1 << 12,
    /// <summary>Got a completion with Unsupported Request.</summary>
    ReceivedMasterAbort = 1 << 13,
    /// <summary>Reported a fatal or non-fatal error.</summary>
    SignaledSystemError = 1 << 14,
    /// <summary>Got a poisoned packet.</summary>
    DetectedParityError = 1 << 15,
}

/// <summary>Who built the card around a function.</summary>
/// <param name="VendorId">The card's vendor.</param>
/// <param name="Id">The card, as that vendor numbers it.</param>
public readonly record struct SubsystemId(ushort VendorId, ushort Id)
{
    /// <summary>Both numbers in hexadecimal.</summary>
    /// <returns>"1af4:1100".</returns>
    public override string ToString() => $"{VendorId:x4}:{Id:x4}";
}
