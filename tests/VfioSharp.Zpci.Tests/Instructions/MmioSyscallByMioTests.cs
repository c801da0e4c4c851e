using VfioSharp.Zpci.Machine;
using VfioSharp.Zpci.Memory;
using VfioSharp.Zpci.Tests.Fakes;

namespace VfioSharp.Zpci.Tests.Instructions;

// arch/s390/pci/pci_mmio.c with MIO: recording mio-linux-7.2.
public sealed class MmioSyscallByMioTests
{
    private const ulong Asq = 0x28;

    [Theory]
    [InlineData("linux-7.2,mio")]
    [InlineData("linux-7.2,mio,fault=off")]
    public void The_first_touch_always_worked(string host)
    {
        var under = new HostUnderTest(host);
        var address = under.MapBar(under.Open());

        Assert.Equal(0, under.SysRead(address, 4, out var data).Value);
        Assert.Equal([0xff, 0x07, 0x01, 0x0f], data);
    }

    [Fact]
    public void Whatever_cannot_be_resolved_is_ENXIO()
    {
        var under = new HostUnderTest("linux-7.2,mio");
        var readOnly = under.MapBar(under.Open(), protection: Protection.Read);
        var memory = (ulong)under.Process.AllocateMemory(4096).Value;

        Assert.Equal(Errno.ENXIO, under.SysRead(0x7000_0000, 4, out _).Errno);
        Assert.Equal(Errno.ENXIO, under.SysRead(memory, 4, out _).Errno);
        Assert.Equal(Errno.ENXIO, under.SysRead(under.Process.CodeAddress, 4, out _).Errno);
        Assert.Equal(Errno.ENXIO, under.SysWrite(readOnly + Asq, 0, 0, 0, 0).Errno);
    }

    [Fact]
    public void A_mapping_for_writing_alone_can_be_read()
    {
        var under = new HostUnderTest("linux-7.2,mio");
        var address = under.MapBar(under.Open(), protection: Protection.Write);

        Assert.Equal(0, under.SysRead(address, 4, out _).Value);
    }

    // Recording: "sys_read NULL buffer: ret=2", "unmapped buffer len1: EFAULT", "last byte of 3 unmapped: EFAULT". Until 6.12 the condition
    // code was read before the loop.
    [Theory]
    [InlineData("linux-7.2,mio", 1, -14)]
    [InlineData("linux-7.2,mio", 2, 2)]
    [InlineData("linux-7.2,mio", 8, 2)]
    [InlineData("linux-6.12,mio,mmap=on", 8, -14)]
    public void A_bad_buffer_looks_like_a_busy_device(string host, int length, long expected)
    {
        var under = new HostUnderTest(host);
        var address = under.MapBar(under.Open());

        Assert.Equal(expected, under.Process.MmioRead(address, 0, (ulong)length).Value);
    }

    [Fact]
    public void A_write_from_NULL_is_EINVAL_and_from_another_bad_address_ENXIO()
    {
        var under = new HostUnderTest("linux-7.2,mio");
        var address = under.MapBar(under.Open());

        Assert.Equal(Errno.EINVAL, under.Process.MmioWrite(address + Asq, 0, 8).Errno);
        Assert.Equal(Errno.ENXIO, under.Process.MmioWrite(address + Asq, 1ul << 62, 8).Errno);
    }

    // Recording: "sys_write buffer half unmapped 16 (pcistbi)": 8 bytes are there, and are stored.
    [Fact]
    public void The_part_of_a_buffer_that_is_there_is_written()
    {
        var under = new HostUnderTest("linux-7.2,mio");
        var address = under.MapBar(under.Open());
        under.Process.Memory.Unmap(under.Buffer + UserAddressSpace.PageSize, UserAddressSpace.PageSize);
        var source = under.Buffer + UserAddressSpace.PageSize - 8;
        under.Process.Poke(source, [0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11]);

        Assert.Equal(Errno.ENXIO, under.Process.MmioWrite(address + Asq, source, 16).Errno);

        Assert.Equal(0, under.SysRead(address + Asq, 8, out var data).Value);
        Assert.All(data, octet => Assert.Equal(0x11, octet));
    }

    [Theory]
    [InlineData(0, 1)]
    [InlineData(8, 2)]
    [InlineData(16, 3)]
    public void Condition_codes_are_returned_as_they_are(ulong place, long expected)
    {
        var under = new HostUnderTest("linux-7.2,mio", options: new ZpciFunctionOptions { Faults = InjectedFault.MioWindow(0x800) });
        var address = under.MapBar(under.Open()) + 0x800 + place;

        Assert.Equal(expected, under.SysRead(address, 4, out var data).Value);
        Assert.All(data, octet => Assert.Equal(0xa5, octet));
        Assert.Equal(expected, under.SysWrite(address, 1, 2, 3, 4).Value);
    }

    [Fact]
    public void Chunks_before_the_one_that_failed_are_delivered()
    {
        var under = new HostUnderTest("linux-7.2,mio", options: new ZpciFunctionOptions { Faults = InjectedFault.MioWindow(0x800) });
        var address = under.MapBar(under.Open()) + 0x7f8;

        Assert.Equal(1, under.SysRead(address, 16, out var data).Value);
        Assert.Equal(new byte[8], data[..8]);
        Assert.All(data[8..], octet => Assert.Equal(0xa5, octet));
    }
}
