using FsCheck.Xunit;
using VfioSharp.Dma;

namespace VfioSharp.Tests.Dma;

/// <summary>Sets of ranges against sets of single addresses: 32 at the bottom of the address space, 32 at its top.</summary>
public sealed class IovaRangesProperties
{
    private const ulong Top = ulong.MaxValue - 31;

    [Property(MaxTest = 500)]
    public void What_is_in_both_is_in_the_intersection(byte[] first, byte[] second)
    {
        var common = IovaRanges.Intersect(ToRanges(first), ToRanges(second));
        AssertOrdered(common);
        Assert.Equal(ToAddresses(ToRanges(first)).Intersect(ToAddresses(ToRanges(second))).Order(), ToAddresses(common).Order());
    }

    [Property(MaxTest = 500)]
    public void What_is_subtracted_is_gone_and_the_rest_stays(byte[] from, byte[] what)
    {
        var rest = IovaRanges.Subtract(ToRanges(from), ToRanges(what));
        AssertOrdered(rest);
        Assert.Equal(ToAddresses(ToRanges(from)).Except(ToAddresses(ToRanges(what))).Order(), ToAddresses(rest).Order());
    }

    [Fact]
    public void All_of_the_address_space_can_be_cut_out_and_kept()
    {
        IovaRange[] all = [new(new Iova(0), new Iova(ulong.MaxValue))];
        Assert.Equal(all, IovaRanges.Intersect(all, all));
        Assert.Empty(IovaRanges.Subtract(all, all));
        Assert.Equal(all, IovaRanges.Subtract(all, []));
        Assert.Empty(IovaRanges.Intersect(all, []));
    }

    // Two bytes are a range: start and end, either of which may be the lower; the highest bit says bottom or top.
    private static IovaRange[] ToRanges(byte[] bytes) =>
        [.. bytes.Chunk(2).Where(pair => pair.Length == 2).Select(pair => new IovaRange(ToAddress(pair[0]), ToAddress((byte)((pair[1] & 0x1f) | (pair[0] & 0x80)))))];

    private static Iova ToAddress(byte code) => new((code & 0x80) != 0 ? Top + (ulong)(code & 0x1f) : (ulong)(code & 0x1f));

    private static HashSet<ulong> ToAddresses(IReadOnlyList<IovaRange> ranges)
    {
        var addresses = new HashSet<ulong>();
        foreach (var range in ranges.Where(range => range.Start <= range.End))
        {
            for (var distance = 0ul; distance <= range.End.Value - range.Start.Value; distance++)
                addresses.Add(range.Start.Value + distance);
        }

        return addresses;
    }

    private static void AssertOrdered(IReadOnlyList<IovaRange> ranges)
    {
        Assert.All(ranges, range => Assert.True(range.Start <= range.End));
        for (var i = 1; i < ranges.Count; i++)
            Assert.True(ranges[i - 1].End < ranges[i].Start);
    }
}
