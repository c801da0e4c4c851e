using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;

namespace VfioSharp.Zpci.Tests;

public sealed class ZpciHostDescriptionTests
{
    [Theory]
    [InlineData("linux-6.12,nomio")]
    [InlineData("linux-6.12.24,nomio")]
    [InlineData("linux-3.19,nomio")]
    [InlineData("linux-7.2,mio")]
    [InlineData("linux-7.2,pci=off")]
    [InlineData("linux-6.12,nomio,fault=on,mmap=on")]
    [InlineData("linux-7.2,mio,fault=off,fit=off,mmap=off")]
    [InlineData("linux-6.15,mio,fit=size")]
    [InlineData("linux-7.1,mio,driver=ism_vfio_pci")]
    public void A_host_is_written_as_it_is_read(string text) => Assert.Equal(text, ZpciHostDescription.Parse(text).ToString());

    [Theory]
    [InlineData("linux-6.14", false, FitRule.None, false)]
    [InlineData("linux-6.12.23", false, FitRule.None, false)]
    [InlineData("linux-6.12.24", true, FitRule.None, false)]
    [InlineData("linux-6.13.12", true, FitRule.None, false)]
    [InlineData("linux-6.14.3", true, FitRule.None, false)]
    [InlineData("linux-6.15", true, FitRule.Flag, true)]
    [InlineData("linux-7.2", true, FitRule.Flag, true)]
    public void The_three_parts_of_the_series_follow_the_kernel(string text, bool faultsIn, FitRule fit, bool allowsMmap)
    {
        var host = ZpciHostDescription.Parse(text);

        Assert.Equal((faultsIn, fit, allowsMmap), (host.FaultsIn, host.Fit, host.AllowsMmap));
    }

    [Theory]
    [InlineData("", "write linux-VERSION")]
    [InlineData("linux", "write linux-VERSION")]
    [InlineData("linux-6", "write linux-VERSION")]
    [InlineData("linux-6.x", "write linux-VERSION")]
    [InlineData("linux-6.12.1.1", "write linux-VERSION")]
    [InlineData("linux-99999.1", "write linux-VERSION")]
    [InlineData("linux-3.18", "came with 3.19")]
    [InlineData("linux-5.7,mio", "begins with 5.8")]
    [InlineData("linux-7.0,driver=ism_vfio_pci", "came with 7.1")]
    [InlineData("linux-7.2,mio,nomio", "says again")]
    [InlineData("linux-7.2,fault=on,fault=off", "says again")]
    [InlineData("linux-7.2,fault=maybe", "is not a property of a host")]
    [InlineData("linux-7.2,", "is not a property of a host")]
    public void What_is_no_host_is_refused_with_one_sentence(string text, string part)
    {
        var refusal = Assert.Throws<FormatException>(() => ZpciHostDescription.Parse(text));

        Assert.Contains(part, refusal.Message, StringComparison.Ordinal);
        Assert.EndsWith(".", refusal.Message, StringComparison.Ordinal);
    }

    [Property]
    public void Text_of_any_kind_is_a_host_or_gets_a_reason(string text)
    {
        if (ZpciHostDescription.TryParse(text, out var host, out var reason))
            Assert.Equal(host, ZpciHostDescription.Parse(host.ToString()));
        else
            Assert.NotEmpty(reason);
    }

    [Property]
    public Property Every_host_survives_being_written_and_read()
    {
        var hosts =
            from version in Gen.Elements("3.19", "5.8", "5.11", "6.8", "6.12", "6.12.24", "6.15", "7.1", "7.2", "7.2.13")
            from mode in Gen.Elements("", ",nomio", ",pci=off", ",mio")
            from fault in Gen.Elements("", ",fault=on", ",fault=off")
            from fit in Gen.Elements("", ",fit=on", ",fit=off", ",fit=size", ",fit=flag")
            from mmap in Gen.Elements("", ",mmap=on", ",mmap=off")
            select $"linux-{version}{(version == "3.19" && mode == ",mio" ? ",nomio" : mode)}{fault}{fit}{mmap}";
        return Prop.ForAll(hosts.ToArbitrary(), text =>
        {
            var host = ZpciHostDescription.Parse(text);
            Assert.Equal(host, ZpciHostDescription.Parse(host.ToString()));
        });
    }

    [Theory]
    [InlineData("linux-7.2,mio", null, true)]
    [InlineData("linux-7.2,nomio", null, false)]
    [InlineData("linux-7.2,nomio", true, false)]
    [InlineData("linux-7.2,pci=off", null, true)]
    [InlineData("linux-7.2,pci=off", false, false)]
    [InlineData("linux-5.1,pci=off", null, false)]
    public void Bit_21_of_HWCAP_is_hidden_by_nomio_and_not_by_pci_off(string text, bool? hasFacility, bool isSet)
    {
        var host = new ZpciHost(ZpciHostDescription.Parse(text), new ZpciHostOptions { HasMioFacility = hasFacility });

        Assert.Equal(isSet, (host.Hwcap & ZpciHost.HwcapPciMio) != 0);
    }

    [Fact]
    public void Kernel_versions_are_ordered_by_number_and_not_by_text()
    {
        Assert.True(new KernelVersion(6, 9) < new KernelVersion(6, 12));
        Assert.True(new KernelVersion(6, 12) <= new KernelVersion(6, 12, 24));
        Assert.True(new KernelVersion(7, 2) > new KernelVersion(6, 99, 99));
        Assert.True(new KernelVersion(7, 2) >= new KernelVersion(7, 2));
    }
}
