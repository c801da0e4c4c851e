namespace VfioSharp.Nvme.Specification;

/// <summary>
/// The type of an asynchronous event: bits 2:0 of its completion's result; the event is in 15:8, the log page in 23:16 (NVMe Base 2.0,
/// 5.2.1, figure 146).
/// </summary>
public enum AsyncEventKind : byte
{
    /// <summary>Error status: <see cref="AsyncErrorEvent"/>.</summary>
    Error = 0,

    /// <summary>SMART / health status.</summary>
    SmartHealth = 1,

    /// <summary>Notice: 0 a namespace's attributes changed, 1 a firmware is to be activated.</summary>
    Notice = 2,

    /// <summary>Specific to an I/O command set.</summary>
    CommandSet = 6,

    /// <summary>Specific to a vendor.</summary>
    Vendor = 7,
}
