namespace VfioSharp.Zpci.Tests;

public sealed class ZpciFunctionAddressTests
{
    [Theory]
    [InlineData("linux-7.2,nomio/nvme")]
    [InlineData("linux-7.2,mio/nic,mio=off")]
    [InlineData("linux-7.2,mio,driver=ism_vfio_pci/ism")]
    [InlineData("linux-7.2,nomio/scratch,shared=off")]
    [InlineData("linux-7.2,mio/edu,msix=on,mio=off")]
    public void An_address_is_written_as_it_is_read(string text) => Assert.Equal(text, ZpciFunctionAddress.Parse(text).ToString());

    [Theory]
    [InlineData("linux-7.2,nomio", "names no function")]
    [InlineData("linux-7.2,nomio/", "is no function")]
    [InlineData("linux-7.2,nomio/gpu", "is no function")]
    [InlineData("linux-7.2,nomio/scratch,shared=maybe", "no value of the option shared")]
    [InlineData("linux-7.2,nomio/edu,irq=1", "no option of edu")]
    [InlineData("linux-2.6/nvme", "came with 3.19")]
    public void What_is_no_address_is_refused_with_one_sentence(string text, string part) =>
        Assert.Contains(part, Assert.Throws<FormatException>(() => ZpciFunctionAddress.Parse(text)).Message, StringComparison.Ordinal);
}
