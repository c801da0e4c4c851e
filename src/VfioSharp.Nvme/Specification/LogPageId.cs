namespace VfioSharp.Nvme.Specification;

/// <summary>Log pages (NVMe Base 2.0, 5.16.1, figure 202).</summary>
public enum LogPageId : byte
{
    /// <summary>Supported Log Pages.</summary>
    SupportedLogPages = 0x00,

    /// <summary>Error Information.</summary>
    ErrorInformation = 0x01,

    /// <summary>SMART / Health Information.</summary>
    SmartHealth = 0x02,

    /// <summary>Firmware Slot Information.</summary>
    FirmwareSlot = 0x03,

    /// <summary>Changed Namespace List.</summary>
    ChangedNamespaces = 0x04,

    /// <summary>Commands Supported and Effects.</summary>
    CommandsAndEffects = 0x05,

    /// <summary>Device Self-test.</summary>
    DeviceSelfTest = 0x06,

    /// <summary>Telemetry Host-Initiated.</summary>
    TelemetryHostInitiated = 0x07,

    /// <summary>Telemetry Controller-Initiated.</summary>
    TelemetryControllerInitiated = 0x08,

    /// <summary>Persistent Event Log.</summary>
    PersistentEvents = 0x0d,

    /// <summary>Feature Identifiers Supported and Effects.</summary>
    FeaturesAndEffects = 0x12,
}
