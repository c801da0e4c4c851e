using System.Runtime.InteropServices;
using VfioSharp.Config;
using VfioSharp.Emulation;
using VfioSharp.Zpci.Machine;
using VfioSharp.Zpci.Tests.Fakes;

namespace VfioSharp.Zpci.Tests;

public sealed class ZpciHostTests
{
    [Fact]
    public void Options_that_contradict_the_description_are_refused()
    {
        var mio = ZpciHostDescription.Parse("linux-7.2,mio");

        Assert.Throws<ArgumentException>(() => new ZpciHost(mio, new ZpciHostOptions { HasMioFacility = false }));
        Assert.Throws<ArgumentException>(() => new ZpciHost(mio, new ZpciHostOptions { MemoryInBytes = 0 }));
        Assert.Throws<ArgumentException>(() => new ZpciHost(mio, new ZpciHostOptions { MemoryInBytes = 5000 }));
        Assert.Throws<ArgumentOutOfRangeException>(() => new ZpciHost(mio, new ZpciHostOptions { IoremapLengthInBytes = 0 }));
    }

    // arch/s390/include/asm/pci_io.h: a cookie has 48 bits for the offset.
    [Theory]
    [InlineData("linux-7.2,nomio")]
    [InlineData("linux-7.2,mio")]
    public void A_BAR_of_more_than_256_TiB_cannot_be_plugged_in(string host)
    {
        var description = ZpciHostDescription.Parse(host);

        new ZpciHost(description).Plug(new LargeFunction(1ul << 48));
        Assert.Throws<ArgumentException>(() => new ZpciHost(description).Plug(new LargeFunction(1ul << 49)));
    }

    // Seen on the recordings' machine: what does not fit into 8 GiB, and ISM, gets no MIO addresses.
    [Theory]
    [InlineData(33, 0, true)]
    [InlineData(34, 0, false)]
    [InlineData(14, 5, false)]
    public void MIO_addresses_are_for_small_BARs_and_not_for_ISM(int sizeInBits, byte functionType, bool expected)
    {
        var under = new HostUnderTest("linux-7.2,mio", new LargeFunction(1ul << sizeInBits), new ZpciFunctionOptions { FunctionType = functionType });

        Assert.Equal(expected, under.Function.ReportsMio);
        Assert.Equal(expected ? 0xffff_c000_0000_0000 : 1ul << 62, under.Function.Bars[0].Start);
    }

    [Fact]
    public void With_pci_off_Linux_has_no_functions()
    {
        var under = new HostUnderTest("linux-7.2,pci=off");

        Assert.Empty(under.Host.Functions);
        Assert.Equal(Errno.ENODEV, Assert.Throws<VfioException>(() => under.Open()).Errno);
    }

    [Fact]
    public void A_function_that_is_gone_cannot_be_opened_or_reset()
    {
        var under = new HostUnderTest("linux-7.2,nomio");
        var device = under.Open();
        under.Function.Remove();

        Assert.Equal(Errno.ENODEV, device.Reset().Errno);
        device.Close();
        Assert.Equal(Errno.ENODEV, Assert.Throws<VfioException>(() => under.Open()).Errno);
    }

    // __zpci_load() asks a busy function again without end.
    [Fact]
    public void A_fault_that_would_keep_the_kernel_busy_for_ever_is_refused()
    {
        Assert.Throws<ArgumentException>(() => new InjectedFault(0, 0, 4, PciOutcome.Busy, hitsHandles: true));
        Assert.Null(new InjectedFault(0, 0, 4, PciOutcome.Busy).Remaining);
    }

    // Recordings linux-6.12 and linux-7.2: "devcap: ZPCI_BASE ver=2 ... fh=0x80020000"; version 1, without the handle, until 5.19.
    [Theory]
    [InlineData("linux-5.9,nomio", 3u, 0, 0)]
    [InlineData("linux-5.19,nomio", 0x83u, 1, 24)]
    [InlineData("linux-6.0,nomio", 0x83u, 2, 28)]
    public void VFIO_tells_the_handle_and_sysfs_the_same(string host, uint flags, int version, int lengthInBytes)
    {
        var under = new HostUnderTest(host);
        var info = under.Open().GetInfo();

        Assert.Equal((flags, 9, 5), (info.Flags, info.RegionCount, info.InterruptCount));
        Assert.Equal("0x80020000", under.Function.Sysfs.Attributes["function_handle"]);
        if (version == 0)
        {
            Assert.Empty(info.Capabilities);
            return;
        }

        Assert.Equal([1, 2, 4], info.Capabilities.Select(capability => (int)capability.Id));
        Assert.Equal((version, lengthInBytes), (info.Capabilities[0].Version, info.Capabilities[0].Payload.Length));
        if (version == 2)
            Assert.Equal(0x8002_0000u, MemoryMarshal.Read<uint>(info.Capabilities[0].Payload.Span[24..]));
    }

    private sealed class LargeFunction(ulong lengthInBytes)
        : PciFunction(new PciIdentity(0x1014, 0x04ee, new ClassCode(0)), [new FunctionBar(0, lengthInBytes)])
    {
        protected override void OnRead(int bar, ulong offset, Span<byte> destination) => destination.Clear();

        protected override void OnWrite(int bar, ulong offset, ReadOnlySpan<byte> source)
        {
        }
    }
}
