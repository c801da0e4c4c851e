namespace VfioSharp.Nvme.Specification;

/// <summary>The register CSTS (NVMe Base 2.0, 3.1.3.6).</summary>
/// <param name="Value">The register.</param>
public readonly record struct ControllerStatus(uint Value)
{
    /// <summary>RDY: whether the controller takes commands.</summary>
    public bool IsReady => (Value & 1) != 0;

    /// <summary>CFS: whether it failed beyond what a completion can say.</summary>
    public bool IsFatal => (Value & 2) != 0;

    /// <summary>SHST: how far a shutdown is.</summary>
    public ShutdownStatus Shutdown => (ShutdownStatus)(Value >> 2 & 3);

    /// <summary>NSSRO: whether an NVM subsystem reset has happened; a driver clears it by writing it.</summary>
    public bool HadSubsystemReset => (Value & 0x10) != 0;

    /// <summary>PP: whether the controller does not process commands at present.</summary>
    public bool IsPaused => (Value & 0x20) != 0;

    /// <summary>Whether every bit is set: no controller answered.</summary>
    public bool IsAbsent => Value == uint.MaxValue;
}

/// <summary>CSTS.SHST.</summary>
public enum ShutdownStatus
{
    /// <summary>Normal operation.</summary>
    Normal = 0,

    /// <summary>The shutdown goes on.</summary>
    Occurring = 1,

    /// <summary>The shutdown is done.</summary>
    Complete = 2,
}
