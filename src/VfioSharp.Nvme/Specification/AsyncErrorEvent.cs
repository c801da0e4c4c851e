namespace VfioSharp.Nvme.Specification;

/// <summary>What happened, where an asynchronous event is an error (NVMe Base 2.0, figure 147).</summary>
public enum AsyncErrorEvent : byte
{
    /// <summary>A doorbell of a queue that is not there was written.</summary>
    InvalidDoorbellRegister = 0,

    /// <summary>A doorbell got a value that makes no sense.</summary>
    InvalidDoorbellValue = 1,

    /// <summary>A diagnosis failed.</summary>
    DiagnosticFailure = 2,

    /// <summary>An internal error that lasts.</summary>
    PersistentInternalError = 3,

    /// <summary>An internal error that passed.</summary>
    TransientInternalError = 4,

    /// <summary>A firmware could not be loaded.</summary>
    FirmwareImageLoadError = 5,
}
