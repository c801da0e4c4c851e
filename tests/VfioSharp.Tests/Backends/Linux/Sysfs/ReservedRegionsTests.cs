using FsCheck.Xunit;
using VfioSharp.Backends.Linux;
using VfioSharp.Dma;

namespace VfioSharp.Tests.Backends.Linux.Sysfs;

public sealed class ReservedRegionsTests
{
    [Fact]
    public void Every_kind_counts_but_the_one_that_may_be_mapped_over()
    {
        using var sysfs = new FakeSysfs();
        sysfs.Set(
            "kernel/iommu_groups/7/reserved_regions",
            "0x0000000000000000 0x00000000ffffffff reserved\n" +
            "0x000000007b800000 0x000000007fffffff direct-relaxable\n" +
            "0x0000000140000000 0xffffffffffffffff reserved\n" +
            "0x00000000fee00000 0x00000000feefffff msi\n" +
            "0x0000000000100000 0x00000000001fffff direct\n");

        Assert.Equal(
            [Range(0, 0xffff_ffff), Range(0x1_4000_0000, ulong.MaxValue), Range(0xfee0_0000, 0xfeef_ffff), Range(0x10_0000, 0x1f_ffff)],
            ReservedRegions.Read(new SysfsTree(sysfs.Root), 7));
        Assert.Empty(ReservedRegions.Read(new SysfsTree(sysfs.Root), 8));
        Assert.Empty(ReservedRegions.Read(new SysfsTree(sysfs.Root), null));
    }

    [Theory]
    [InlineData("")]
    [InlineData("nonsense")]
    [InlineData("0x1000 0xfff reserved")]
    [InlineData("1000 2000 reserved")]
    [InlineData("0x1000 0x2000")]
    [InlineData("0x1000 0x10000000000000000 reserved")]
    [InlineData("0x1000  0x2000 reserved")]
    public void A_line_that_is_no_range_is_passed_over(string line) =>
        Assert.Equal([Range(0x3000, 0x3fff)], ReservedRegions.Parse(line + "\n0x3000 0x3fff reserved"));

    [Property]
    public void No_text_makes_it_throw(string? text) =>
        Assert.All(ReservedRegions.Parse(text), range => Assert.True(range.Start <= range.End));

    private static IovaRange Range(ulong start, ulong end) => new(new Iova(start), new Iova(end));
}
