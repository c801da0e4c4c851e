namespace VfioSharp.Nvme.Specification;

/// <summary>The commands of the NVM command set (NVMe Base 2.0, 7, and NVM Command Set 1.0, 3.2).</summary>
public enum IoOpcode : byte
{
    /// <summary>Flush.</summary>
    Flush = 0x00,

    /// <summary>Write.</summary>
    Write = 0x01,

    /// <summary>Read.</summary>
    Read = 0x02,

    /// <summary>Write Uncorrectable.</summary>
    WriteUncorrectable = 0x04,

    /// <summary>Compare.</summary>
    Compare = 0x05,

    /// <summary>Write Zeroes.</summary>
    WriteZeroes = 0x08,

    /// <summary>Dataset Management.</summary>
    DatasetManagement = 0x09,

    /// <summary>Verify.</summary>
    Verify = 0x0c,

    /// <summary>Reservation Register.</summary>
    ReservationRegister = 0x0d,

    /// <summary>Reservation Report.</summary>
    ReservationReport = 0x0e,

    /// <summary>Reservation Acquire.</summary>
    ReservationAcquire = 0x11,

    /// <summary>Reservation Release.</summary>
    ReservationRelease = 0x15,

    /// <summary>Copy.</summary>
    Copy = 0x19,
}
