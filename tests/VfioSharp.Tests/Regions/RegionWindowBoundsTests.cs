using System.Numerics;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;
using VfioSharp.Mmio;
using VfioSharp.Regions;

namespace VfioSharp.Tests.Regions;

/// <summary>Which accesses a window lets through: exactly those inside it that are aligned in the region, whatever the numbers.</summary>
public sealed class RegionWindowBoundsTests : IDisposable
{
    private static readonly int[] Widths = [1, 2, 4, 8];

    private readonly SharedMemory _memory = new();

    public void Dispose() => _memory.Dispose();

    [Property(MaxTest = 500)]
    public Property An_access_passes_exactly_when_it_lies_inside_and_is_aligned() => Prop.ForAll(
        Arb.From(Gen.Choose(0, 64)), Arb.From(Gen.Choose(0, 64)), Arb.From(Offsets), (start, length, offset) =>
        {
            using var mapped = _memory.Open((ulong)start, (ulong)length);
            using var asked = RegionWindow.OverAccessor(
                SharedMemory.Describe(AccessPath.RegionFile, (ulong)start, (ulong)length), new FakeAccessor(256));
            foreach (var width in Widths)
            {
                var fits = (BigInteger)offset + width <= length && (start + (BigInteger)offset) % width == 0;
                foreach (var window in new[] { mapped, asked })
                {
                    Assert.Equal(fits, Passes(() => Read(window, offset, width)));
                    Assert.Equal(fits, Passes(() => Write(window, offset, width)));
                }
            }
        });

    [Property(MaxTest = 500)]
    public Property A_block_passes_exactly_when_all_of_it_does() => Prop.ForAll(
        Arb.From(Gen.Choose(0, 40)), Arb.From(Gen.Choose(0, 80)), Arb.From(Gen.Elements(-1, 0, 1, 2, 3, 4, 5, 8, 16)), (offset, length, width) =>
        {
            var accessor = new FakeAccessor(64);
            using var window = RegionWindow.OverAccessor(SharedMemory.Describe(AccessPath.RegionFile, 0, 64), accessor);
            var fits = width is 1 or 2 or 4 or 8 && length % width == 0 && offset + length <= 64 && offset % width == 0;

            Assert.Equal(fits, Passes(() => window.ReadBlock((ulong)offset, new byte[length], width)));
            Assert.Equal(fits, Passes(() => window.WriteBlock((ulong)offset, new byte[length], width)));
            Assert.Equal(fits ? 2 * length / width : 0, accessor.Calls.Count);
        });

    [Theory]
    [InlineData(RegionFlags.Read)]
    [InlineData(RegionFlags.Write)]
    public void What_the_region_does_not_offer_is_refused_before_anything_is_touched(RegionFlags flags)
    {
        _memory.Write(0, [1, 2, 3, 4, 5, 6, 7, 8]);
        using var window = _memory.Open(flags: flags);
        Assert.Equal(flags == RegionFlags.Read, window.CanRead);
        Assert.Equal(flags == RegionFlags.Write, window.CanWrite);

        foreach (var width in Widths)
        {
            var read = Record.Exception(() => Read(window, 0, width));
            var write = Record.Exception(() => Write(window, 0, width));
            Assert.IsType<NotSupportedException>(flags == RegionFlags.Read ? write : read);
            Assert.Null(flags == RegionFlags.Read ? read : write);
        }

        if (flags == RegionFlags.Read)
            Assert.Equal([1, 2, 3, 4, 5, 6, 7, 8], _memory.Read(0, 8));
    }

    [Fact]
    public void The_message_names_the_offset_the_width_and_the_length()
    {
        using var window = _memory.Open(0x20, 0x40);

        var beyond = Assert.Throws<ArgumentOutOfRangeException>(() => window.Read32(0x40));
        var misaligned = Assert.Throws<ArgumentOutOfRangeException>(() => window.Read32(2));

        Assert.StartsWith("4 bytes at offset 0x40 reach beyond the window, which has 0x40 bytes of BAR0.", beyond.Message, StringComparison.Ordinal);
        Assert.StartsWith("Offset 0x22 of BAR0 is no multiple of 4", misaligned.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_window_cannot_reach_beyond_its_mapping()
    {
        using var mapping = _memory.Map();
        Assert.Throws<ArgumentOutOfRangeException>(
            () => RegionWindow.OverMapping(SharedMemory.Describe(AccessPath.LoadStore, 0, 4096), mapping, 8));
    }

    [Fact]
    public void A_window_needs_a_mapping_that_fits_its_alignment_and_its_flags()
    {
        using var readOnly = _memory.Map(access: MappingAccess.Read);
        Assert.Throws<ArgumentOutOfRangeException>(
            () => RegionWindow.OverMapping(SharedMemory.Describe(AccessPath.LoadStore, 0, 16, RegionFlags.Read), readOnly, 4));
        Assert.Throws<ArgumentException>(() => RegionWindow.OverMapping(SharedMemory.Describe(AccessPath.LoadStore, 0, 16), readOnly, 0));
    }

    // Near the window, and near the ends of the number's range, where a sum would overflow.
    private static Gen<ulong> Offsets => Gen.OneOf(
        Gen.Choose(0, 80).Select(value => (ulong)value),
        Gen.Choose(0, 80).Select(value => ulong.MaxValue - (ulong)value),
        Gen.Choose(0, 80).Select(value => (1ul << 63) - 40 + (ulong)value));

    private static bool Passes(Action access)
    {
        try
        {
            access();
            return true;
        }
        catch (ArgumentOutOfRangeException)
        {
            return false;
        }
    }

    private static void Read(RegionWindow window, ulong offset, int width) => _ = width switch
    {
        1 => window.Read8(offset),
        2 => window.Read16(offset),
        4 => window.Read32(offset),
        _ => window.Read64(offset),
    };

    private static void Write(RegionWindow window, ulong offset, int width)
    {
        switch (width)
        {
            case 1:
                window.Write8(offset, 0);
                break;
            case 2:
                window.Write16(offset, 0);
                break;
            case 4:
                window.Write32(offset, 0);
                break;
            default:
                window.Write64(offset, 0);
                break;
        }
    }
}
