using VfioSharp.Dma;

namespace VfioSharp.Tests.Dma;

public sealed class IovaAllocatorTests
{
    private const ulong Page = 4096;

    private static IovaAllocator Over(params (ulong Start, ulong End)[] ranges) =>
        new([.. ranges.Select(range => new IovaRange(new Iova(range.Start), new Iova(range.End)))], Page);

    [Fact]
    public void Takes_the_lowest_address_that_fits_and_never_zero()
    {
        var allocator = Over((0, ulong.MaxValue));
        Assert.Equal(new Iova(0x1000), allocator.Allocate(Page));
        Assert.Equal(new Iova(0x2000), allocator.Allocate(2 * Page));
        allocator.Free(new Iova(0x1000));
        Assert.Equal(new Iova(0x4000), allocator.Allocate(2 * Page));
        Assert.Equal(new Iova(0x1000), allocator.Allocate(Page));
    }

    [Fact]
    public void Zero_is_given_where_it_is_asked_for()
    {
        var allocator = Over((0, 0xffff));
        allocator.Reserve(new Iova(0), Page);
        Assert.Throws<VfioException>(() => allocator.Reserve(new Iova(0), Page));
        Assert.Equal(Page, allocator.Free(new Iova(0)));
    }

    [Fact]
    public void Alignment_is_honoured_and_the_gap_before_is_used_later()
    {
        var allocator = Over((0x1000, 0x1000_0000 - 1));
        Assert.Equal(new Iova(0x20_0000), allocator.Allocate(0x20_0000, 0x20_0000));
        Assert.Equal(new Iova(0x1000), allocator.Allocate(Page));
    }

    [Fact]
    public void A_limit_keeps_the_extent_below_it()
    {
        var allocator = Over((0xffff_e000, 0x1_ffff_ffff));
        Assert.Equal(new Iova(0xffff_e000), allocator.Allocate(2 * Page, highest: new Iova(0xffff_ffff)));
        var refusal = Assert.Throws<VfioException>(() => allocator.Allocate(Page, highest: new Iova(0xffff_ffff)));
        Assert.Contains("up to 0xffffffff", refusal.Message, StringComparison.Ordinal);
        Assert.Equal(new Iova(0x1_0000_0000), allocator.Allocate(Page));
    }

    [Fact]
    public void The_last_page_of_64_bits_can_be_taken_and_given_back()
    {
        var allocator = Over((0xffff_ffff_ffff_e000, ulong.MaxValue));
        Assert.Equal(new Iova(0xffff_ffff_ffff_e000), allocator.Allocate(2 * Page));
        Assert.Throws<VfioException>(() => allocator.Allocate(Page));
        Assert.Equal(2 * Page, allocator.Free(new Iova(0xffff_ffff_ffff_e000)));
        allocator.Reserve(new Iova(0xffff_ffff_ffff_f000), Page);
        Assert.Equal(new Iova(0xffff_ffff_ffff_e000), allocator.Allocate(Page));
    }

    [Fact]
    public void A_reservation_outside_of_the_ranges_names_the_ranges()
    {
        var allocator = Over((0x1000, 0xfedf_ffff), (0xfef0_0000, 0x7f_ffff_ffff));
        var refusal = Assert.Throws<VfioException>(() => allocator.Reserve(new Iova(0xfee0_0000), Page));
        Assert.Equal(
            "cannot reserve the IOVAs 0xfee00000-0xfee00fff: it does not lie in one of the usable ranges 0x1000-0xfedfffff, 0xfef00000-0x7fffffffff.",
            refusal.Message);
    }

    [Fact]
    public void A_reservation_that_overlaps_names_what_it_overlaps()
    {
        var allocator = Over((0x1000, 0xffff_ffff));
        allocator.Reserve(new Iova(0x8000), 4 * Page);
        var refusal = Assert.Throws<VfioException>(() => allocator.Reserve(new Iova(0x7000), 2 * Page));
        Assert.Contains("overlaps 0x8000-0xbfff", refusal.Message, StringComparison.Ordinal);
        allocator.Reserve(new Iova(0x7000), Page);
        allocator.Reserve(new Iova(0xc000), Page);
        Assert.Equal(3, allocator.AllocatedCount);
    }

    [Fact]
    public void Nothing_left_names_the_ranges_and_the_longest_free_extent()
    {
        var allocator = Over((0x1000, 0x4fff));
        allocator.Reserve(new Iova(0x2000), Page);
        var refusal = Assert.Throws<VfioException>(() => allocator.Allocate(3 * Page));
        Assert.Equal(
            "cannot find 12 KiB of free IOVAs at a multiple of 4 KiB: the usable ranges are 0x1000-0x4fff, and the longest extent that is free in them has 8 KiB.",
            refusal.Message);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(4097)]
    public void A_length_that_is_not_whole_pages_is_refused(ulong length)
    {
        var allocator = Over((0x1000, 0xffff));
        Assert.Throws<ArgumentOutOfRangeException>(() => allocator.Allocate(length));
        Assert.Throws<ArgumentOutOfRangeException>(() => allocator.Reserve(new Iova(0x1000), length));
    }

    [Fact]
    public void A_reservation_that_wraps_around_is_refused()
    {
        var allocator = Over((0, ulong.MaxValue));
        Assert.Throws<ArgumentOutOfRangeException>(() => allocator.Reserve(new Iova(0xffff_ffff_ffff_f000), 2 * Page));
        Assert.Throws<ArgumentOutOfRangeException>(() => allocator.Reserve(new Iova(0x1001), Page));
    }

    [Fact]
    public void Freeing_what_is_not_taken_is_an_error()
    {
        var allocator = Over((0x1000, 0xffff));
        var taken = allocator.Allocate(2 * Page);
        Assert.Throws<InvalidOperationException>(() => allocator.Free(taken + Page));
        allocator.Free(taken);
        Assert.Throws<InvalidOperationException>(() => allocator.Free(taken));
    }

    [Fact]
    public void Ragged_overlapping_and_unsorted_ranges_become_whole_pages_in_order()
    {
        var allocator = Over((0x9001, 0xbffe), (0x1234, 0x4fff), (0x4800, 0x6123), (0x20, 0xfff), (7, 3), (0x6000, 0x6fff));
        Assert.Equal([new IovaRange(new Iova(0x2000), new Iova(0x6fff)), new IovaRange(new Iova(0xa000), new Iova(0xafff))], allocator.Ranges);
    }

    [Fact]
    public void Ranges_that_shrink_keep_what_is_taken_and_do_not_hand_it_out_again()
    {
        var allocator = Over((0x1000, 0xffff));
        allocator.Reserve(new Iova(0x1000), 4 * Page);
        allocator.Reserve(new Iova(0x8000), Page);
        allocator.Update([new IovaRange(new Iova(0x3000), new Iova(0x9fff))], Page);
        Assert.Equal(new Iova(0x5000), allocator.Allocate(3 * Page));
        Assert.Equal(new Iova(0x9000), allocator.Allocate(Page));
        Assert.Throws<VfioException>(() => allocator.Allocate(Page));
        allocator.Free(new Iova(0x1000));
        Assert.Equal(new Iova(0x3000), allocator.Allocate(2 * Page));
        Assert.Throws<VfioException>(() => allocator.Allocate(Page));
    }

    [Fact]
    public void Passes_over_sixty_five_thousand_holes_that_are_too_small()
    {
        var allocator = Over((0, ulong.MaxValue));
        for (var i = 0ul; i < 131_072; i++)
            Assert.Equal(new Iova((i + 1) * Page), allocator.Allocate(Page));
        for (var i = 1ul; i < 131_072; i += 2)
            allocator.Free(new Iova(i * Page));
        // Each of these has to pass over 65,536 holes that are too small.
        for (var i = 0; i < 10_000; i++)
            Assert.True(allocator.Allocate(2 * Page).Value > 131_072 * Page);
    }
}
