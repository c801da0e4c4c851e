namespace VfioSharp.Zpci.Tests.Golden;

/// <summary>Why the model is not held to a line of a recording.</summary>
internal enum LeftOutReason
{
    /// <summary>
    /// The emulator that ran the kernel reversed the bytes of each doubleword of a block store on a little-endian machine; hardware keeps their order.
    /// </summary>
    BlockStoreReversedByEmulator,

    /// <summary>A part of the kernel that the model does not have and no register access depends on.</summary>
    OtherSubsystem,

    /// <summary>What the recording program says of itself, or gets by code of its own: no answer of the kernel.</summary>
    RecordingProgram,
}

/// <summary>
/// Every line to which the model is not held, with the reason. Whatever is not named here is reproduced, and a line that is named here but
/// is in no recording makes the tests fail.
/// </summary>
internal static class LeftOutRows
{
    /// <summary>The recording (or "*" for all), the line from its start, and the reason.</summary>
    public static readonly IReadOnlyList<(string File, string Line, LeftOutReason Reason)> All =
    [
        ("linux-7.2", "nvme/group read ASQ/ACQ readback16: ret=0 errno=- data=00000076543210000000007654322000", LeftOutReason.BlockStoreReversedByEmulator),
        (
            "large-bar-no-quirk-linux-7.2",
            "mmio_read bar0+0x10 len=32: ret=0 errno=- data=1011121314151617101112131415161717161514131211101f1e1d1c1b1a1918",
            LeftOutReason.BlockStoreReversedByEmulator),
        ("*", "sys uname: ", LeftOutReason.OtherSubsystem),
        ("*", "mt uname: ", LeftOutReason.OtherSubsystem),
        ("*", "cpu features", LeftOutReason.OtherSubsystem),
        ("*", "drivers: ", LeftOutReason.OtherSubsystem),
        ("*", "procfs /proc/bus/pci/0001:00/00.0 open: ok", LeftOutReason.OtherSubsystem),
        ("*", "nvme/group iommu_group: 0", LeftOutReason.OtherSubsystem),
        ("*", "nvme/group container: ", LeftOutReason.OtherSubsystem),
        ("*", "nvme/group group: flags=0x1", LeftOutReason.OtherSubsystem),
        ("*", "nvme/group set_iommu type1v2: 0 -", LeftOutReason.OtherSubsystem),
        ("*", "nvme/group iommu cap: id=2", LeftOutReason.OtherSubsystem),
        ("*", "nvme/cdev ", LeftOutReason.OtherSubsystem),
        ("*", "== 0001:00:00.0 ism kernel ", LeftOutReason.RecordingProgram),
        ("*", "mt src=", LeftOutReason.RecordingProgram),
        ("mio-linux-7.2", "mt stub", LeftOutReason.RecordingProgram),
    ];

    /// <summary>The reason why a line is left out, or null where it is not.</summary>
    public static LeftOutReason? ReasonFor(GoldenRow row)
    {
        foreach (var (file, line, reason) in All)
        {
            if (Matches(file, line, row))
                return reason;
        }

        return null;
    }

    /// <summary>Whether an entry speaks of a line.</summary>
    public static bool Matches(string file, string line, GoldenRow row) =>
        (file == "*" || file == row.File) && row.Text.StartsWith(line, StringComparison.Ordinal);
}
