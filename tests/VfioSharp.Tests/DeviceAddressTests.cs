using FsCheck.Xunit;

namespace VfioSharp.Tests;

public sealed class DeviceAddressTests
{
    [Theory]
    [InlineData("0000:01:00.0", "0000:01:00.0")]
    [InlineData("01:00.0", "0000:01:00.0")]
    [InlineData("10000:E1:1F.7", "10000:e1:1f.7")]
    public void A_PCI_address_is_read_in_its_full_form(string text, string full)
    {
        var address = DeviceAddress.Parse(text);
        Assert.Equal(DeviceAddress.PciScheme, address.Scheme);
        Assert.Equal(full, address.Path);
        Assert.Equal(full, address.ToString());
    }

    [Theory]
    [InlineData("vfio-user:/run/nvme.sock", "vfio-user", "/run/nvme.sock")]
    [InlineData("zpci:linux-6.12,nomio/nvme", "zpci", "linux-6.12,nomio/nvme")]
    public void A_scheme_is_split_from_what_its_backend_reads(string text, string scheme, string path)
    {
        var address = DeviceAddress.Parse(text);
        Assert.Equal((scheme, path), (address.Scheme, address.Path));
        Assert.Equal(text, address.ToString());
    }

    [Theory]
    [InlineData("")]
    [InlineData(" ")]
    [InlineData("nvme")]
    [InlineData("0000:01:00")]
    [InlineData("0000:01:00.8")]
    [InlineData("0000:01:20.0")]
    [InlineData("000:01:00.0")]
    [InlineData("0000:1:00.0")]
    [InlineData("0000:01:00.0.0")]
    [InlineData("0000:01:00.0\n")]
    [InlineData("../../etc/passwd")]
    [InlineData("0000:01:../x.0")]
    [InlineData("vfio-user:")]
    [InlineData("-1:01:00.0")]
    [InlineData("0x00:01:00.0")]
    public void Anything_else_is_refused_with_what_an_address_looks_like(string text)
    {
        Assert.False(DeviceAddress.TryParse(text, out _));
        Assert.Contains("0000:01:00.0", Assert.Throws<FormatException>(() => DeviceAddress.Parse(text)).Message, StringComparison.Ordinal);
    }

    [Property]
    public void No_text_makes_it_throw(string? text) => Assert.Equal(DeviceAddress.TryParse(text, out var address), address is not null);

    [Property]
    public void What_it_prints_it_reads_back(uint domain, byte bus, byte device, byte function)
    {
        var text = $"{domain:x4}:{bus:x2}:{device & 0x1f:x2}.{function & 7}";
        Assert.Equal(text, DeviceAddress.Parse(text).ToString());
    }
}
