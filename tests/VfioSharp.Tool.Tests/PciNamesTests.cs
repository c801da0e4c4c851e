using FsCheck.Xunit;
using VfioSharp.Tool.PciIds;

namespace VfioSharp.Tool.Tests;

public sealed class PciNamesTests
{
    private const string File = """
        # comment
        1b36  Red Hat, Inc.
        	0010  QEMU NVM Express Controller
        		1af4 1100  QEMU Virtual Machine
        8086  Intel Corporation
        	10d3  82574L Gigabit Network Connection
        C 01  Mass storage controller
        	08  Non-Volatile memory controller
        		02  NVM Express
        """;

    private static readonly HashSet<ushort> Wanted = [0x1b36, 0x8086];

    [Fact]
    public void Vendors_devices_and_classes_have_their_names()
    {
        var names = Parse(File);

        Assert.Equal("Red Hat, Inc.", names.Vendor(0x1b36));
        Assert.Equal("QEMU NVM Express Controller", names.Device(0x1b36, 0x0010));
        Assert.Equal("82574L Gigabit Network Connection", names.Device(0x8086, 0x10d3));
        Assert.Null(names.Device(0x8086, 0x0010));
        Assert.Equal("Non-Volatile memory controller", names.Class(0x010802));
        Assert.Null(names.Vendor(null));
    }

    [Fact]
    public void A_class_that_the_file_does_not_know_has_the_name_that_the_library_gives()
    {
        Assert.Equal("NVM Express controller", Parse("").Class(0x010802));
        Assert.Null(Parse("").Class(null));
    }

    [Theory]
    [InlineData("\t0010  device without vendor")]
    [InlineData("1b36 one space")]
    [InlineData("1b3  short")]
    [InlineData("1b36  ")]
    [InlineData("xyzw  no number")]
    [InlineData("C zz  no class\n\t08  nothing above")]
    [InlineData("S 01  syslog")]
    [InlineData("\t\t\t")]
    public void Odd_lines_name_nothing(string text)
    {
        var names = Parse(text);

        Assert.Null(names.Vendor(0x1b36));
        Assert.Null(names.Device(0x1b36, 0x0010));
    }

    [Fact]
    public void Vendors_that_are_not_wanted_are_skipped_with_their_devices()
    {
        var names = PciIdsParser.Parse(new StringReader(File), new HashSet<ushort> { 0x8086 });

        Assert.Null(names.Vendor(0x1b36));
        Assert.Null(names.Device(0x1b36, 0x0010));
        Assert.Equal("Intel Corporation", names.Vendor(0x8086));
        Assert.Equal("Non-Volatile memory controller", names.Class(0x010802));
    }

    [Fact]
    public void A_device_below_an_unknown_line_belongs_to_nobody() =>
        Assert.Null(Parse("1b36  Red Hat\nrubbish\n\t0010  device\n").Device(0x1b36, 0x0010));

    [Fact]
    public void Control_characters_do_not_reach_the_terminal() =>
        Assert.Equal("Red[31m Hat", Parse("1b36  Red\u001b[31m Hat\n").Vendor(0x1b36));

    [Property]
    public bool Any_text_is_read_without_an_exception(string? text) => Parse(text ?? string.Empty).Vendor(0x1b36) is null or { Length: > 0 };

    [Fact]
    public void Without_a_file_vendors_have_no_names() =>
        Assert.Null(PciNames.Load(["/nonexistent/pci.ids", "/proc"], Wanted).Vendor(0x1b36));

    private static PciNames Parse(string text) => PciIdsParser.Parse(new StringReader(text), Wanted);
}
