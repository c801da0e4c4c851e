using VfioSharp.Regions;

namespace VfioSharp.InGuest;

/// <summary>
/// Accesses whose results a compiler would like to narrow, merge or drop, each kind at a register of its own, so that QEMU's trace tells
/// them apart. Explicit: it needs a guest whose QEMU writes that trace.
/// </summary>
public sealed class WitnessedAccesses
{
    /// <summary>What the trace must hold: offset in NVMe's BAR0, width, loads and stores.</summary>
    public static readonly (ulong Offset, int Width, int Loads, int Stores)[] Expected =
    [
        (Version, 4, MaskedLoads, 0),
        (InterruptMaskSet, 4, IgnoredLoads, 0),
        (ControllerConfiguration, 2, NarrowLoads, 0),
        (AdminQueueAttributes, 4, CastLoads, 0),
        (AdminSubmissionQueue, 8, WideCastLoads, 0),
        (AdminCompletionQueue, 4, ReadModifyWrites, ReadModifyWrites),
        (AdminCompletionQueueHigh, 4, 0, RepeatedStores),
    ];

    /// <summary>A value stored once before the accesses begin: what the firmware did before is not meant.</summary>
    public const uint BeginMark = 0xfeed_c0de;

    private const ulong Version = 0x08, InterruptMaskSet = 0x0c, ControllerConfiguration = 0x14, AdminQueueAttributes = 0x24;
    private const ulong AdminSubmissionQueue = 0x28, AdminCompletionQueue = 0x30, AdminCompletionQueueHigh = 0x34;
    private const int MaskedLoads = 137, IgnoredLoads = 41, NarrowLoads = 11, CastLoads = 29, WideCastLoads = 13, ReadModifyWrites = 17, RepeatedStores = 23;

    [Fact(Explicit = true)]
    public void Of_every_kind()
    {
        using var device = Guest.Open("nvme");
        using var registers = device.Regions[RegionIndex.Bar0].Open(new WindowOptions { OnFault = OnFault.Throw });
        registers.Write32(AdminCompletionQueueHigh, BeginMark);
        var odd = 0;
        for (var i = 0; i < MaskedLoads; i++)
        {
            if ((registers.Read32(Version) & 1) != 0)
                odd++;
        }

        for (var i = 0; i < IgnoredLoads; i++)
            _ = registers.Read32(InterruptMaskSet);
        for (var i = 0; i < NarrowLoads; i++)
            _ = registers.Read16(ControllerConfiguration);
        for (var i = 0; i < CastLoads; i++)
            odd += (byte)registers.Read32(AdminQueueAttributes) & 1;
        for (var i = 0; i < WideCastLoads; i++)
            odd += (int)((uint)registers.Read64(AdminSubmissionQueue) & 1);
        for (var i = 0; i < ReadModifyWrites; i++)
            registers.Write32(AdminCompletionQueue, registers.Read32(AdminCompletionQueue) | 0x1000);
        for (var i = 0; i < RepeatedStores; i++)
            registers.Write32(AdminCompletionQueueHigh, 0);
        // What the registers hold is the firmware's; here it only matters that the results are used.
        Assert.InRange(odd, 0, MaskedLoads + CastLoads + WideCastLoads);
    }
}
