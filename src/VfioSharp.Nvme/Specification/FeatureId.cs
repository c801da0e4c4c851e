namespace VfioSharp.Nvme.Specification;

/// <summary>Features (NVMe Base 2.0, 5.27.1, figure 317; NVM Command Set 1.0, figure 81).</summary>
public enum FeatureId : byte
{
    /// <summary>Arbitration.</summary>
    Arbitration = 0x01,

    /// <summary>Power Management.</summary>
    PowerManagement = 0x02,

    /// <summary>LBA Range Type.</summary>
    LbaRangeType = 0x03,

    /// <summary>Temperature Threshold.</summary>
    TemperatureThreshold = 0x04,

    /// <summary>Error Recovery.</summary>
    ErrorRecovery = 0x05,

    /// <summary>Volatile Write Cache.</summary>
    VolatileWriteCache = 0x06,

    /// <summary>Number of Queues.</summary>
    NumberOfQueues = 0x07,

    /// <summary>Interrupt Coalescing.</summary>
    InterruptCoalescing = 0x08,

    /// <summary>Interrupt Vector Configuration.</summary>
    InterruptVectorConfiguration = 0x09,

    /// <summary>Write Atomicity Normal.</summary>
    WriteAtomicityNormal = 0x0a,

    /// <summary>Asynchronous Event Configuration.</summary>
    AsyncEventConfiguration = 0x0b,

    /// <summary>Autonomous Power State Transition.</summary>
    AutonomousPowerStateTransition = 0x0c,

    /// <summary>Host Memory Buffer.</summary>
    HostMemoryBuffer = 0x0d,

    /// <summary>Timestamp.</summary>
    Timestamp = 0x0e,

    /// <summary>Keep Alive Timer.</summary>
    KeepAliveTimer = 0x0f,

    /// <summary>Host Controlled Thermal Management.</summary>
    HostControlledThermalManagement = 0x10,

    /// <summary>Non-Operational Power State Config.</summary>
    NonOperationalPowerState = 0x11,

    /// <summary>Host Behavior Support.</summary>
    HostBehaviorSupport = 0x16,

    /// <summary>Sanitize Config.</summary>
    SanitizeConfig = 0x17,

    /// <summary>I/O Command Set Profile.</summary>
    CommandSetProfile = 0x19,

    /// <summary>Software Progress Marker.</summary>
    SoftwareProgressMarker = 0x80,

    /// <summary>Host Identifier.</summary>
    HostIdentifier = 0x81,

    /// <summary>Namespace Write Protection Config.</summary>
    NamespaceWriteProtection = 0x84,
}
