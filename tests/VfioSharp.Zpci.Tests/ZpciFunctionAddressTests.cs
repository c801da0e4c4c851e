using VfioSharp.Zpci.Machine;

namespace VfioSharp.Zpci.Tests;

public sealed class ZpciFunctionAddressTests
{
    [Theory]
    [InlineData("linux-7.2,nomio/nvme")]
    [InlineData("linux-7.2,mio/nic,mio=off")]
    [InlineData("linux-7.2,mio,driver=ism_vfio_pci/ism")]
    [InlineData("linux-7.2,nomio/scratch,shared=off")]
    [InlineData("linux-7.2,mio/edu,msix=on,mio=off")]
    [InlineData("linux-7.2,mio/nvme,mio-fault=0x800")]
    [InlineData("linux-7.2,mio/edu,msix=on,mio=off,mio-fault=0x0")]
    public void An_address_is_written_as_it_is_read(string text) => Assert.Equal(text, ZpciFunctionAddress.Parse(text).ToString());

    [Fact]
    public void Places_that_fail_are_those_that_a_guest_has()
    {
        var host = new ZpciHost(ZpciHostDescription.Parse("linux-7.2,mio"));
        var function = ZpciFunctionAddress.Parse("linux-7.2,mio/nvme,mio-fault=2048").PlugInto(host);

        var outcomes = Enumerable.Range(0, 6).Select(i => function.Load(0, 0x800 + 8 * (ulong)i, 4, isByHandle: false, out _)).ToArray();

        Assert.Equal(InjectedFault.MioWindow(0).Select(fault => fault.Outcome), outcomes[..5]);
        Assert.True(outcomes[5].IsDone);
        Assert.True(function.Load(0, 0x800, 4, isByHandle: true, out _).IsDone);
    }

    [Theory]
    [InlineData("linux-7.2,nomio", "names no function")]
    [InlineData("linux-7.2,nomio/", "is no function")]
    [InlineData("linux-7.2,nomio/gpu", "is no function")]
    [InlineData("linux-7.2,nomio/scratch,shared=maybe", "no value of the option shared")]
    [InlineData("linux-7.2,nomio/edu,irq=1", "no option of edu")]
    [InlineData("linux-7.2,mio/nvme,mio-fault=0x804", "a multiple of 8")]
    [InlineData("linux-7.2,mio/nvme,mio-fault=pumpkin", "a multiple of 8")]
    [InlineData("linux-7.2,mio/nvme,mio-fault=", "a multiple of 8")]
    [InlineData("linux-2.6/nvme", "came with 3.19")]
    public void What_is_no_address_is_refused_with_one_sentence(string text, string part) =>
        Assert.Contains(part, Assert.Throws<FormatException>(() => ZpciFunctionAddress.Parse(text)).Message, StringComparison.Ordinal);
}
