using VfioSharp.Emulation.Functions;
using VfioSharp.Emulation.Nvme;
using VfioSharp.Zpci.Machine;
using VfioSharp.Zpci.Memory;
using VfioSharp.Zpci.Process;
using VfioSharp.Zpci.Sysfs;
using VfioSharp.Zpci.Tests.Fakes;

namespace VfioSharp.Zpci.Tests;

// drivers/pci/pci-sysfs.c, arch/s390/pci/pci_sysfs.c.
public sealed class SysfsTests
{
    // Recording mio-linux-7.2 and mio-machine-pci-nomio-linux-7.2.
    [Theory]
    [InlineData("linux-7.2,mio", "1", "0xffffc00000000000 0xffffc00000003fff 0x0000000000140204")]
    [InlineData("linux-7.2,nomio", "0", "0x4000000000000000 0x4000000000003fff 0x0000000000140204")]
    public void The_resource_is_a_MIO_address_or_a_cookie(string host, string mioEnabled, string line)
    {
        var sysfs = new HostUnderTest(host).Function.Sysfs;

        Assert.Equal(mioEnabled, sysfs.Attributes["mio_enabled"]);
        Assert.Equal(line, sysfs.ResourceLines[0]);
        Assert.Equal(6, sysfs.ResourceLines.Count);
        Assert.Equal("0x0000000000000000 0x0000000000000000 0x0000000000000000", sysfs.ResourceLines[1]);
        Assert.Equal("flr bus", sysfs.Attributes["reset_method"]);
    }

    // Recording ism-linux-6.12.
    [Fact]
    public void Each_BAR_has_an_entry_of_its_own_in_the_table_of_cookies()
    {
        var lines = new HostUnderTest("linux-6.12,nomio", new IsmFunction()).Function.Sysfs.ResourceLines;

        Assert.StartsWith("0x4000000000000000 0x4000ffffffffffff", lines[0], StringComparison.Ordinal);
        Assert.StartsWith("0x4001000000000000 0x4001000000000fff", lines[2], StringComparison.Ordinal);
        Assert.StartsWith("0x4002000000000000 0x4002000000001fff", lines[4], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("linux-6.12,nomio", "")]
    [InlineData("linux-6.15,nomio", "resource0 resource2 resource2_wc")]
    [InlineData("linux-7.2,mio", "resource0 resource2 resource2_wc")]
    public void Files_for_BARs_are_there_from_6_15_on_and_one_more_for_what_may_be_combined(string host, string expected) =>
        Assert.Equal(expected, string.Join(' ', new HostUnderTest(host, new DoorbellNicFunction()).Function.Sysfs.ResourceFiles));

    [Fact]
    public void A_function_with_BARs_that_cannot_be_mapped_has_no_files_for_them()
    {
        var sysfs = new HostUnderTest("linux-7.2,nomio", new IsmFunction()).Function.Sysfs;

        Assert.Empty(sysfs.ResourceFiles);
        Assert.Equal(Errno.ENOENT, sysfs.OpenResource("resource0", out var file).Errno);
        Assert.Null(file);
        Assert.Equal(Errno.EINVAL, ZpciSysfs.SelectProcBusPciMemory().Errno);
    }

    [Theory]
    [InlineData("resource2")]
    [InlineData("resource2_wc")]
    public void A_file_can_be_mapped_and_all_its_pages_are_there_at_once(string name)
    {
        var under = new HostUnderTest("linux-7.2,mio", new DoorbellNicFunction());
        Assert.Equal(0, under.Function.Sysfs.OpenResource(name, out var file).Value);

        var address = (ulong)under.Process.Memory.Map(file, 0, 0x10000, HostUnderTest.ReadWrite, MapFlags.Shared).Value;

        Assert.True(under.Process.Memory.IsPresent(address + 0xf000));
        Assert.True(under.Process.Pcistgi(address + 0xf000, 4, 1).IsDone);
        Assert.Equal(0, under.SysRead(address, 4, out _).Value);
        Assert.Equal(Errno.EIO, SysfsResourceFile.Read().Errno);
    }

    [Fact]
    public void No_zap_and_no_SIGBUS_reach_such_a_mapping()
    {
        var under = new HostUnderTest("linux-7.2,mio");
        under.Function.Sysfs.OpenResource("resource0", out var file);
        var address = (ulong)under.Process.Memory.Map(file, 0, 0x4000, HostUnderTest.ReadWrite, MapFlags.Shared).Value;
        var device = under.Open();
        HostUnderTest.SetMemory(device, false);

        Assert.True(under.Process.Pcilgi(address, 4).IsDone);
    }

    // CONFIG_IO_STRICT_DEVMEM: vfio-pci requests the BAR's addresses at its first use until 7.1, at open from 7.2 on.
    [Theory]
    [InlineData("linux-7.2,nomio", Errno.EINVAL)]
    [InlineData("linux-7.1,nomio", Errno.None)]
    public void A_BAR_that_a_driver_holds_is_not_for_others(string host, Errno expected)
    {
        var under = new HostUnderTest(host);
        under.Function.Sysfs.OpenResource("resource0", out var file);
        under.Open();

        Assert.Equal(expected, under.Process.Memory.Map(file, 0, 0x1000, HostUnderTest.ReadWrite, MapFlags.Shared).Errno);
    }

    // Seen on a real kernel: 8 bytes of page table for each of 2^36 pages.
    [Fact]
    public void Mapping_256_TiB_eagerly_needs_more_page_tables_than_there_is_memory()
    {
        var under = new HostUnderTest("linux-7.2,nomio,fit=off", new IsmFunction());
        under.Function.Sysfs.OpenResource("resource0", out var file);

        Assert.Equal(Errno.ENOMEM, under.Process.Memory.Map(file, 0, 1ul << 48, HostUnderTest.ReadWrite, MapFlags.Shared).Errno);
        Assert.Single(under.Host.Log.Messages);
        Assert.False(under.Process.Memory.Map(file, 0, 1ul << 30, HostUnderTest.ReadWrite, MapFlags.Shared).IsError);
    }

    [Fact]
    public void The_modalias_is_that_of_the_identity() => Assert.Equal(
        "pci:v00001014d000004EDsv00001014sd000004EDbc00sc00i00", new HostUnderTest("linux-7.2,nomio", new IsmFunction()).Function.Sysfs.Attributes["modalias"]);

    [Fact]
    public void Two_functions_have_domains_handles_and_addresses_of_their_own()
    {
        var under = new HostUnderTest("linux-7.2,mio");
        var other = under.Host.Plug(new NvmeFunction());

        Assert.Equal("0001:00:00.0", under.Function.Address);
        Assert.Equal("0002:00:00.0", other.Address);
        Assert.NotEqual(under.Function.Handle, other.Handle);
        Assert.NotEqual(under.Function.Bars[0].Start, other.Bars[0].Start);
        Assert.Throws<ArgumentException>(() => under.Host.Plug(new NvmeFunction(), new ZpciFunctionOptions { UserId = 1 }));
        Assert.Equal(Signal.SIGSEGV, under.Process.Pcilgi(other.Bars[0].Start, 4).Signal.Number);
    }
}
