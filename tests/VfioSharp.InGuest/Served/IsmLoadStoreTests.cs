using VfioSharp.Regions;

namespace VfioSharp.InGuest.Served;

/// <summary>
/// The library reaches an ISM device's BAR of 256 TiB by loads and stores, through a real vfio-pci on x86-64. Explicit: it needs a guest that has room
/// for the BAR, and to which one is served, as "stock", that takes its block stores as writes of 8 bytes.
/// </summary>
public sealed class IsmLoadStoreTests
{
    // What vfio-pci's file has for each region (drivers/vfio/pci/vfio_pci_priv.h, VFIO_PCI_OFFSET_SHIFT).
    private const ulong Reachable = 1ul << 40;

    [Fact(Explicit = true)]
    public void Stores_reach_every_place_before_the_next_region_and_arrive_once()
    {
        using var ism = new IsmDevice("stock");
        Assert.Equal(AccessPath.LoadStore, ism.Moves.Plan.Path);
        Assert.Equal(Reachable, ism.Moves.LengthInBytes);
        foreach (var offset in (ulong[])[0, 0x1008, 1ul << 32, (1ul << 39) - 8, 1ul << 39, Reachable - 0x1000, Reachable - 8])
            AssertArrives(ism, ism.Moves, offset, offset);
    }

    [Fact(Explicit = true)]
    public void A_window_on_a_part_shows_that_part()
    {
        using var ism = new IsmDevice("stock");
        foreach (var from in (ulong[])[0x1000, (1ul << 35) + 0x40, Reachable - 0x1000])
        {
            using var part = ism.Device.Regions[RegionIndex.Bar0].Open(new WindowOptions { Offset = from, LengthInBytes = 0x80, OnFault = OnFault.Throw });
            Assert.Equal(AccessPath.LoadStore, part.Plan.Path);
            AssertArrives(ism, part, 0x78, from + 0x78);
        }
    }

    // The kernel has all of the BAR mapped for itself: 256 TiB of its addresses, for which it needs page tables of five levels.
    [Fact(Explicit = true)]
    public void The_file_of_the_device_reaches_as_far()
    {
        using var ism = new IsmDevice("stock");
        using var file = ism.Device.Regions[RegionIndex.Bar0].Open(new WindowOptions { Path = AccessPath.RegionFile, OnFault = OnFault.Throw });
        foreach (var offset in (ulong[])[0x40, 1ul << 39, Reachable - 8])
            AssertArrives(ism, file, offset, offset);
    }

    [Fact(Explicit = true)]
    public void What_lies_behind_is_refused_with_the_reason_and_the_plan_says_how_far_it_goes()
    {
        using var ism = new IsmDevice("stock");
        var moves = ism.Device.Regions[RegionIndex.Bar0];
        Assert.Equal(1ul << 48, moves.SizeInBytes);
        Assert.Equal(Reachable, moves.ReachableLengthInBytes);
        Assert.Contains("Only its first 0x10000000000 bytes are within reach", ism.Moves.Plan.Reason, StringComparison.Ordinal);
        foreach (var (offset, length) in ((ulong, ulong)[])[(Reachable, 8), (2 * Reachable, 8), (Reachable - 8, 16), (0, 1ul << 48), ((1ul << 48) - 8, 8)])
        {
            var failure = Assert.Throws<VfioException>(() => moves.Open(new WindowOptions { Offset = offset, LengthInBytes = length }));
            Assert.Contains("another region begins in the device's file", failure.Message, StringComparison.Ordinal);
        }
    }

    // The function tells where the last store arrived, and how many there were.
    private static void AssertArrives(IsmDevice ism, RegionWindow window, ulong offset, ulong place)
    {
        var before = ism.ReadNumber(IsmDevice.MovesNoted);
        var value = place ^ 0x0123_4567_89ab_cdef;
        window.Write64(offset, value);
        Assert.Equal(before + 1, ism.ReadNumber(IsmDevice.MovesNoted));
        Assert.Equal(place, ism.ReadNumber(IsmDevice.MoveOffsetNoted));
        Assert.Equal(8ul, ism.ReadNumber(IsmDevice.MoveLengthNoted));
        Assert.Equal(BitConverter.GetBytes(value), ism.Read(IsmDevice.MoveDataNoted, 8));
    }
}
