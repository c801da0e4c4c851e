using VfioSharp.Config;
using static VfioSharp.Tests.Config.ConfigBytes;

namespace VfioSharp.Tests.Config;

public sealed class CapabilityTests
{
    [Fact]
    public void Both_lists_of_an_nvme_function_are_followed_in_order()
    {
        var config = Over(NvmeLike());
        var standard = config.ReadCapabilities();
        Assert.Null(standard.Problem);
        Assert.Equal(
            [(CapabilityId.Msix, 0x40, 12), (CapabilityId.PciExpress, 0x80, null), (CapabilityId.PowerManagement, 0x60, 8)],
            standard.Entries.Select(entry => (entry.Id, entry.Offset, entry.LengthInBytes)));
        Assert.Equal(["MSI-X", "PCI Express", "Power Management"], standard.Entries.Select(entry => entry.Name));
        var extended = config.ReadExtendedCapabilities();
        Assert.Null(extended.Problem);
        Assert.Equal(
            [(ExtendedCapabilityId.AdvancedErrorReporting, 2, 0x100, null), (ExtendedCapabilityId.DeviceSerialNumber, 1, 0x150, 12)],
            extended.Entries.Select(entry => (entry.Id, entry.Version, entry.Offset, entry.LengthInBytes)));
    }

    [Fact]
    public void A_function_without_lists_has_empty_ones()
    {
        var config = Over(new byte[4096]);
        Assert.Equal((0, null), (config.ReadCapabilities().Entries.Count, config.ReadCapabilities().Problem));
        Assert.Equal((0, null), (config.ReadExtendedCapabilities().Entries.Count, config.ReadExtendedCapabilities().Problem));
        Assert.Empty(Over(new byte[256]).ReadExtendedCapabilities().Entries);
    }

    [Fact]
    public void A_function_that_answers_all_ones_is_named_as_such()
    {
        var bytes = new byte[4096];
        Array.Fill(bytes, (byte)0xff);
        var config = Over(bytes);
        Assert.Empty(config.ReadCapabilities().Entries);
        Assert.Equal("The function answers all ones: it is gone, in reset, or asleep.", config.ReadCapabilities().Problem);
        Assert.Empty(config.ReadExtendedCapabilities().Entries);
        Assert.Equal("The list stops at 0x100, which reads all ones.", config.ReadExtendedCapabilities().Problem);
        Assert.Null(config.FindMsix());
    }

    [Theory]
    [InlineData(0x60, 0x80, "The list stops at 0x61, which leads back to 0x80: it is a loop.")]
    [InlineData(0x60, 0x60, "The list stops at 0x61, which leads back to 0x60: it is a loop.")]
    [InlineData(0x60, 0x3c, "The list stops at 0x61, which points to 0x3c, where no capability of this list can be.")]
    public void A_broken_pointer_ends_the_list_where_it_is(int capability, byte pointer, string problem)
    {
        var bytes = NvmeLike();
        bytes[capability + 1] = pointer;
        var list = Over(bytes).ReadCapabilities();
        Assert.Equal(3, list.Entries.Count);
        Assert.Equal(problem, list.Problem);
    }

    [Fact]
    public void The_first_pointer_can_be_broken_too()
    {
        var bytes = NvmeLike();
        bytes[0x34] = 0x10;
        var list = Over(bytes).ReadCapabilities();
        Assert.Empty(list.Entries);
        Assert.StartsWith("The list stops at 0x34, which points to 0x10", list.Problem, StringComparison.Ordinal);
    }

    [Fact]
    public void The_reserved_low_bits_of_a_pointer_are_masked()
    {
        var bytes = NvmeLike();
        bytes[0x34] |= 3;
        bytes[MsixAt + 1] |= 1;
        Put32(bytes, 0x100, 0x1532_0001);
        var config = Over(bytes);
        Assert.Equal([0x40, 0x80, 0x60], config.ReadCapabilities().Entries.Select(entry => entry.Offset));
        Assert.Equal([0x100, 0x150], config.ReadExtendedCapabilities().Entries.Select(entry => entry.Offset));
    }

    [Theory]
    [InlineData(64)]
    [InlineData(65)]
    [InlineData(67)]
    [InlineData(130)]
    public void A_space_that_is_cut_short_is_never_read_beyond_its_end(int length)
    {
        var list = Over(NvmeLike()[..length]).ReadCapabilities();
        Assert.NotNull(list.Problem);
        Assert.All(list.Entries, entry => Assert.InRange(entry.Offset, 0x40, length - 4));
    }

    [Fact]
    public void A_capability_that_runs_over_the_end_is_listed_but_has_no_view()
    {
        var bytes = new byte[256];
        bytes[0x06] = 0x10;
        bytes[0x34] = 0xf8;
        bytes[0xf8] = 0x11;
        var config = Over(bytes);
        var list = config.ReadCapabilities();
        Assert.Equal(0xf8, Assert.Single(list.Entries).Offset);
        Assert.Equal("The capability MSI-X at 0xf8 has 12 bytes and runs over the end at 0x100.", list.Problem);
        Assert.Null(config.FindMsix());
    }

    [Fact]
    public void An_extended_list_that_loops_or_points_into_conventional_space_ends_there()
    {
        var bytes = NvmeLike();
        Put32(bytes, 0x150, 0x1001_0003);
        Assert.Equal("The list stops at 0x150, which leads back to 0x100: it is a loop.", Over(bytes).ReadExtendedCapabilities().Problem);
        Put32(bytes, 0x150, 0x0401_0003);
        var list = Over(bytes).ReadExtendedCapabilities();
        Assert.Equal(2, list.Entries.Count);
        Assert.Equal("The list stops at 0x150, which points to 0x40, where no capability of this list can be.", list.Problem);
        Assert.Equal(
            "The list stops at 0x100, which points to 0x150, behind the end of the space at 0x140.",
            Over(NvmeLike()[..0x140]).ReadExtendedCapabilities().Problem);
    }

    [Fact]
    public void A_null_capability_at_the_head_leads_on()
    {
        var bytes = NvmeLike();
        Put32(bytes, 0x100, 0x1500_0000);
        Assert.Equal(["Null", "Device Serial Number"], Over(bytes).ReadExtendedCapabilities().Entries.Select(entry => entry.Name));
    }

    [Fact]
    public void Lengths_that_a_capability_says_of_itself_are_taken_with_care()
    {
        var bytes = new byte[4096];
        bytes[0x06] = 0x10;
        bytes[0x34] = 0x40;
        Put32(bytes, 0x40, 0x0014_5009);
        Put32(bytes, 0x50, 0x0002_6009);
        Put32(bytes, 0x60, 0x0180_0005);
        Put32(bytes, 0x100, 0x2001_000b);
        Put32(bytes, 0x104, 0x0180_0000);
        Put32(bytes, 0x200, 0xffc1_0023);
        Put32(bytes, 0x204, 0x0040_0000);
        Put32(bytes, 0xffc, 0x0001_000b);
        var config = Over(bytes);
        Assert.Equal([0x14, null, 24], config.ReadCapabilities().Entries.Select(entry => entry.LengthInBytes));
        Assert.Equal([0x18, null, null], config.ReadExtendedCapabilities().Entries.Select(entry => entry.LengthInBytes));
        Assert.Null(config.ReadExtendedCapabilities().Problem);
    }

    [Fact]
    public void Numbers_without_a_name_are_said_as_numbers()
    {
        Assert.Equal("unknown (0x42)", new Capability((CapabilityId)0x42, 0x40, null).Name);
        Assert.Equal("unknown (0x0142)", new ExtendedCapability((ExtendedCapabilityId)0x142, 1, 0x100, null).Name);
        Assert.All(Enum.GetValues<CapabilityId>(), id => Assert.DoesNotContain("unknown", CapabilityNames.Of(id), StringComparison.Ordinal));
        Assert.All(Enum.GetValues<ExtendedCapabilityId>(), id => Assert.DoesNotContain("unknown", CapabilityNames.Of(id), StringComparison.Ordinal));
        Assert.Equal("MSI-X", CapabilityNames.Of(CapabilityId.Msix));
        Assert.Equal("MMIO Register Block Locator", CapabilityNames.Of(ExtendedCapabilityId.MmioRegisterBlockLocator));
    }
}
