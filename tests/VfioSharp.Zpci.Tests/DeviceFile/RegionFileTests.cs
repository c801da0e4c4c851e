using VfioSharp.Config;
using VfioSharp.Emulation;
using VfioSharp.Emulation.Functions;
using VfioSharp.Zpci.Machine;
using VfioSharp.Zpci.Tests.Fakes;

namespace VfioSharp.Zpci.Tests.DeviceFile;

// drivers/vfio/pci/vfio_pci_rdwr.c and vfio_pci_config.c.
public sealed class RegionFileTests
{
    private const ulong Config = 7ul << 40;

    [Theory]
    [InlineData("linux-6.12,nomio")]
    [InlineData("linux-7.2,mio")]
    public void Registers_come_in_memory_order(string host)
    {
        var device = new HostUnderTest(host).Open();
        var data = new byte[9];

        Assert.Equal(9, device.Read(0, data).Value);
        Assert.Equal([0xff, 0x07, 0x01, 0x0f, 0x20, 0x08, 0x40, 0x00, 0x00], data);
    }

    // 4df13a6871d9 (Linux 6.11).
    [Theory]
    [InlineData("linux-6.10,nomio", 0, 16, "4 4 4 4")]
    [InlineData("linux-6.11,nomio", 0, 16, "8 8")]
    [InlineData("linux-6.11,nomio", 2, 8, "2 4 2")]
    [InlineData("linux-6.11,nomio", 1, 4, "1 2 1")]
    public void Accesses_are_as_wide_as_alignment_allows(string host, int offset, int length, string expected)
    {
        var function = new WidthRecorder();
        var device = new HostUnderTest(host, function).Open();

        Assert.Equal(length, device.Read((ulong)offset, new byte[length]).Value);
        Assert.Equal(expected, string.Join(' ', function.Widths));
    }

    // Recording linux-7.2: "pread4@end-2: ret=2", "pread4@end: EINVAL".
    [Fact]
    public void A_read_is_clipped_at_the_end_and_refused_behind_it()
    {
        var device = new HostUnderTest("linux-7.2,nomio").Open();

        Assert.Equal(2, device.Read(0x3ffe, new byte[4]).Value);
        Assert.Equal(Errno.EINVAL, device.Read(0x4000, new byte[4]).Errno);
        Assert.Equal(Errno.EINVAL, device.Read(1ul << 40, new byte[4]).Errno);
        Assert.Equal(Errno.EINVAL, device.Read(9ul << 40, new byte[4]).Errno);
        Assert.Equal(Errno.EINVAL, device.Write(6ul << 40, new byte[4]).Errno);
        Assert.Equal(0, device.Read(0, []).Value);
    }

    [Fact]
    public void The_MSI_X_table_reads_as_ones_and_takes_no_writes()
    {
        var under = new HostUnderTest("linux-7.2,nomio");
        var device = under.Open();
        var data = new byte[8];

        Assert.Equal(8, device.Read(0x1ffc, data).Value);
        Assert.Equal([0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff], data);
        Assert.Equal(16, device.Write(0x2000, new byte[16]).Value);
        Assert.True(under.Function.Device.Msix!.IsMasked(0));
    }

    [Fact]
    public void With_memory_off_it_is_EIO()
    {
        var device = new HostUnderTest("linux-7.2,nomio").Open();
        HostUnderTest.SetMemory(device, false);

        Assert.Equal(Errno.EIO, device.Read(0, new byte[4]).Errno);
        Assert.Equal(Errno.EIO, device.Write(0x24, new byte[4]).Errno);
    }

    // zpci_read(): a load that fails is all ones, and nobody is told. Recording mio-linux-7.2, "(pread) ret=4 data=ffffffff", also for a busy
    // function.
    [Theory]
    [InlineData(0)]
    [InlineData(8)]
    [InlineData(16)]
    [InlineData(24)]
    [InlineData(32)]
    public void A_failed_access_reads_as_ones_without_an_error(int place)
    {
        var device = new HostUnderTest("linux-7.2,mio", options: new ZpciFunctionOptions { Faults = InjectedFault.MioWindow(0x800) }).Open();
        var data = new byte[4];

        Assert.Equal(4, device.Read((ulong)(0x800 + place), data).Value);
        Assert.Equal([0xff, 0xff, 0xff, 0xff], data);
        Assert.Equal(4, device.Write((ulong)(0x800 + place), data).Value);
    }

    // mio_wt is 0 for such a function, and ioremap() maps the physical address 0: seen on both 6.12 and 7.2.
    [Theory]
    [InlineData("linux-6.12,mio")]
    [InlineData("linux-7.2,mio")]
    public void A_function_without_MIO_addresses_reads_as_ones_on_a_machine_that_uses_MIO(string host)
    {
        var device = new HostUnderTest(host, options: new ZpciFunctionOptions { ReportsMio = false }).Open();
        var data = new byte[8];

        Assert.Equal(8, device.Read(0, data).Value);
        Assert.All(data, octet => Assert.Equal(0xff, octet));
    }

    // Recording: "cfg: command initial=0x0002", "cfg: command after |=6: 0x0006".
    [Fact]
    public void COMMAND_has_memory_on_and_bus_mastering_off_at_first()
    {
        var device = new HostUnderTest("linux-7.2,nomio").Open();
        var command = new byte[2];

        Assert.Equal(2, device.Read(Config + 4, command).Value);
        Assert.Equal([2, 0], command);
        Assert.Equal(2, device.Write(Config + 4, [6, 0]).Value);
        Assert.Equal(2, device.Read(Config + 4, command).Value);
        Assert.Equal([6, 0], command);
    }

    // Recording ism-linux-6.12: "cfg BAR0 after all-ones write=040000000000ffff".
    [Fact]
    public void A_BAR_in_configuration_space_tells_its_length_and_has_no_address()
    {
        var device = new HostUnderTest("linux-6.12,nomio", new IsmFunction()).Open();
        var bar = new byte[8];

        Assert.Equal(8, device.Read(Config + 0x10, bar).Value);
        Assert.Equal([4, 0, 0, 0, 0, 0, 0, 0], bar);
        Assert.Equal(8, device.Write(Config + 0x10, [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]).Value);
        Assert.Equal(8, device.Read(Config + 0x10, bar).Value);
        Assert.Equal([4, 0, 0, 0, 0, 0, 0xff, 0xff], bar);
    }

    [Fact]
    public void Configuration_space_is_refused_as_a_whole_beyond_its_end()
    {
        var device = new HostUnderTest("linux-7.2,nomio").Open();

        Assert.Equal(Errno.EFAULT, device.Read(Config + 0xfe, new byte[4]).Errno);
        Assert.Equal(Errno.EFAULT, device.Write(Config + 0x100, new byte[1]).Errno);
        Assert.Equal(2, device.Read(Config + 0xfe, new byte[2]).Value);
    }

    [Fact]
    public void A_reset_by_the_express_capability_resets_the_function()
    {
        var under = new HostUnderTest("linux-7.2,nomio");
        var device = under.Open();
        Assert.Equal(4, device.Write(0x24, [0x1f, 0, 0x1f, 0]).Value);
        var express = FindExpress(under.Function.Device.Config);

        Assert.Equal(2, device.Write(Config + (ulong)express + 8, [0, 0x80]).Value);

        var data = new byte[4];
        Assert.Equal(4, device.Read(0x24, data).Value);
        Assert.Equal(new byte[4], data);
    }

    private static int FindExpress(FunctionConfigSpace config)
    {
        Span<byte> header = stackalloc byte[2];
        config.Read(0x34, header[..1]);
        for (int offset = header[0]; ; offset = header[1])
        {
            Assert.NotEqual(0, offset);
            config.Read(offset, header);
            if (header[0] == 0x10)
                return offset;
        }
    }

    private sealed class WidthRecorder() : PciFunction(new PciIdentity(0x1af4, 0x10f0, new ClassCode(0)), [new FunctionBar(0, 0x1000)])
    {
        public List<int> Widths { get; } = [];

        protected override void OnRead(int bar, ulong offset, Span<byte> destination)
        {
            Widths.Add(destination.Length);
            destination.Clear();
        }

        protected override void OnWrite(int bar, ulong offset, ReadOnlySpan<byte> source) => Widths.Add(source.Length);
    }
}
