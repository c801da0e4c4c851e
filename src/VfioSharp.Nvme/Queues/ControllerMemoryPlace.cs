using System.Globalization;
using VfioSharp.Regions;

namespace VfioSharp.Nvme;

/// <summary>What CMBLOC and CMBSZ say (NVMe Base 2.0, 3.1.3.13 and 3.1.3.14), unchecked.</summary>
/// <param name="Location">CMBLOC.</param>
/// <param name="Size">CMBSZ.</param>
internal readonly record struct ControllerMemoryPlace(uint Location, uint Size)
{
    private const int LargestUnit = 6;

    /// <summary>BIR: the BAR.</summary>
    public int Bar => (int)(Location & 7);

    /// <summary>OFST: where in the BAR.</summary>
    public ulong Offset => (Location >> 12) * UnitInBytes;

    /// <summary>SZ: how long.</summary>
    public ulong LengthInBytes => (Size >> 12) * UnitInBytes;

    /// <summary>SQS: whether submission queues may lie there.</summary>
    public bool TakesSubmissionQueues => (Size & 1) != 0;

    // SZU: 4 KiB, 64 KiB, 1 MiB, ... 64 GiB.
    private int Unit => (int)(Size >> 8 & 0xf);

    private ulong UnitInBytes => 1UL << (12 + (4 * Math.Min(Unit, LargestUnit)));

    /// <summary>Why no queue can lie there, as a phrase; null where one can.</summary>
    public string? FindObstacle(RegionSet regions)
    {
        if (Size == 0)
            return "the controller has none (CMBSZ is 0)";
        if (!TakesSubmissionQueues)
            return "submission queues may not lie in it (CMBSZ.SQS)";
        if (Unit > LargestUnit || Bar is 1 or > 5)
            return string.Create(CultureInfo.InvariantCulture, $"its registers make no sense (CMBLOC 0x{Location:x8}, CMBSZ 0x{Size:x8})");
        var length = regions[Bar].SizeInBytes;
        return Offset < length && LengthInBytes <= length - Offset
            ? null
            : string.Create(CultureInfo.InvariantCulture, $"it would not lie within BAR {Bar}, which has {length} bytes (CMBLOC 0x{Location:x8}, CMBSZ 0x{Size:x8})");
    }
}
