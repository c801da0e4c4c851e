using FsCheck.Xunit;
using VfioSharp.Regions;
using VfioSharp.Tests.Fakes;

namespace VfioSharp.Tests.Regions;

/// <summary>A region ends where the next one begins in the device's file, however long it says that it is.</summary>
public sealed class ReachableLengthTests
{
    private const ulong Size = 1ul << 48;

    private static readonly DeviceAddress Address = DeviceAddress.Parse("0001:00:00.0");

    [Fact]
    public void A_region_that_reaches_over_the_next_one_is_cut()
    {
        using var device = Open(40);
        var region = device.Regions[0];
        Assert.Equal(Size, region.SizeInBytes);
        Assert.Equal(1ul << 40, region.ReachableLengthInBytes);
        using var window = region.Open();
        Assert.Equal(1ul << 40, window.LengthInBytes);
        Assert.EndsWith(
            "Only its first 0x10000000000 bytes are within reach: behind them another region begins in the device's file.",
            window.Plan.Reason, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(1ul << 41, 8ul)]
    [InlineData(1ul << 40, 8ul)]
    [InlineData((1ul << 40) - 8, 16ul)]
    [InlineData(0ul, Size)]
    [InlineData(1ul << 40, null)]
    public void A_window_beyond_is_refused_with_the_driver_that_has_room(ulong offset, ulong? length)
    {
        using var device = Open(40);
        var options = new WindowOptions { Offset = offset, LengthInBytes = length };
        foreach (var act in new Action[] { () => device.Regions[0].Open(options), () => device.Regions[0].Plan(options) })
        {
            var failure = Assert.Throws<VfioException>(act);
            Assert.Contains("0x10000000000 bytes after the start of BAR0 another region begins", failure.Message, StringComparison.Ordinal);
            Assert.Contains("ism_vfio_pci", failure.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Where_the_kernel_leaves_room_all_of_it_is_reached()
    {
        using var device = Open(48);
        using var window = device.Regions[0].Open(new WindowOptions { Offset = Size - 8 });
        Assert.Equal(8ul, window.LengthInBytes);
        Assert.DoesNotContain("within reach", window.Plan.Reason, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(Size, 8ul)]
    [InlineData(Size - 4, 8ul)]
    [InlineData(0ul, 0ul)]
    public void What_lies_beyond_the_region_itself_is_a_wrong_argument(ulong offset, ulong length)
    {
        using var device = Open(40);
        Assert.Throws<ArgumentOutOfRangeException>(() => device.Regions[0].Open(new WindowOptions { Offset = offset, LengthInBytes = length }));
    }

    [Property]
    public void No_window_holds_a_byte_of_the_next_region(ulong offset, ulong length, byte shift)
    {
        using var device = Open(12 + shift % 40);
        var options = new WindowOptions { Offset = offset % Size, LengthInBytes = 1 + (length % Size) };
        try
        {
            using var window = device.Regions[0].Open(options);
            Assert.True(window.RegionOffset + window.LengthInBytes <= device.Regions[1].Description.FileOffset);
        }
        catch (Exception refused) when (refused is VfioException or ArgumentOutOfRangeException)
        {
            Assert.True(options.Offset + options.LengthInBytes > Math.Min(Size, device.Regions[1].Description.FileOffset));
        }
    }

    private static VfioDevice Open(int shift) => VfioDevice.Open(
        Address,
        new ByteArrayBackend { HostOfMappings = new IbmZHost(0).Describe(), FileOffsetShift = shift, ClaimedSize = Size }
            .With(0, new byte[8]).With((int)RegionIndex.Config, [0x14, 0x10, 0xed, 0x04, .. new byte[0xfc]]));
}
