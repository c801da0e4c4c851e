namespace VfioSharp.Nvme.Specification;

/// <summary>ONCS: I/O commands that a controller may have (NVMe Base 2.0, figure 275).</summary>
[Flags]
public enum OptionalIoCommand : ushort
{
    /// <summary>None.</summary>
    None = 0,

    /// <summary>Compare.</summary>
    Compare = 1 << 0,

    /// <summary>Write Uncorrectable.</summary>
    WriteUncorrectable = 1 << 1,

    /// <summary>Dataset Management.</summary>
    DatasetManagement = 1 << 2,

    /// <summary>Write Zeroes.</summary>
    WriteZeroes = 1 << 3,

    /// <summary>The Save and Select fields of features.</summary>
    SaveAndSelect = 1 << 4,

    /// <summary>Reservations.</summary>
    Reservations = 1 << 5,

    /// <summary>The timestamp feature.</summary>
    Timestamp = 1 << 6,

    /// <summary>Verify.</summary>
    Verify = 1 << 7,

    /// <summary>Copy.</summary>
    Copy = 1 << 8,
}
