using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;
using VfioSharp.Backends.Linux;

namespace VfioSharp.Tests.Backends.Linux.Sysfs;

public sealed class PciResourceTests
{
    [Fact]
    public void A_64_bit_prefetchable_BAR_is_read()
    {
        var resource = Assert.Single(PciResource.Parse("0x0000004000000000 0x00000040ffffffff 0x000000000014220c\n"));

        Assert.Equal(new PciResource(0, 0x40_0000_0000, 0x1_0000_0000, 0x14220c), resource);
        Assert.True(resource is { IsBar: true, IsMemory: true, IsPrefetchable: true, Is64Bit: true, IsPorts: false });
    }

    [Fact]
    public void A_BAR_for_which_the_kernel_found_no_address_says_so()
    {
        Assert.True(Assert.Single(PciResource.Parse("0x0000000000000000 0x0000000000000fff 0x0000000020140204\n")).IsUnassigned);
        Assert.True(Assert.Single(PciResource.Parse("0x0000000000000000 0x0000ffffffffffff 0x0000000000140204\n")).IsUnassigned);
        Assert.False(Assert.Single(PciResource.Parse("0x0000000000000000 0x0000000000000007 0x0000000000040101\n")).IsUnassigned);
        Assert.False(Assert.Single(PciResource.Parse("0x00000000febf1000 0x00000000febf1fff 0x0000000000040200\n")).IsUnassigned);
    }

    [Fact]
    public void An_unused_line_keeps_its_number()
    {
        var resources = PciResource.Parse(
            FakeSysfs.Line(0, 0, 0) + FakeSysfs.Line(0xc000, 0xc01f, 0x40101) + "rubbish\n" + FakeSysfs.Line(0x1000, 0x1fff, 0x200));

        Assert.Equal([1, 3], resources.Select(resource => resource.Index));
        Assert.True(resources[0].IsPorts);
    }

    [Fact]
    public void No_text_has_no_resources() => Assert.Empty(PciResource.Parse(null));

    [Fact]
    public void A_length_of_one_more_than_64_bit_is_no_resource() =>
        Assert.Empty(PciResource.Parse(FakeSysfs.Line(0, ulong.MaxValue, 0x200)));

    [Property]
    public bool What_the_kernel_prints_is_read_back(ulong start, ulong length, ulong flags)
    {
        var isUsable = length != 0 && flags != 0 && start <= ulong.MaxValue - (length - 1) && (start | (start + length - 1)) != 0;
        if (!isUsable)
            return true;

        var resource = PciResource.Parse(FakeSysfs.Line(start, start + length - 1, flags)).Single();
        return resource.Start == start && resource.LengthInBytes == length && resource.Flags == flags;
    }

    [Property]
    public bool Any_text_is_read_without_an_exception(string? text) => Validate(PciResource.Parse(text));

    [Property]
    public Property Any_text_of_the_right_letters_is_read_without_an_exception() => Prop.ForAll(
        Gen.Elements("0x", "0", "1", "f", " ", "\n", "0xffffffffffffffff", "-", "g", "0x200").ListOf().Select(string.Concat).ToArbitrary(),
        text => Validate(PciResource.Parse(text)));

    private static bool Validate(IReadOnlyList<PciResource> resources) =>
        resources.All(resource => resource is { LengthInBytes: > 0, Index: >= 0 and < 64, Flags: not 0 }
            && resource.Start <= ulong.MaxValue - (resource.LengthInBytes - 1));
}
