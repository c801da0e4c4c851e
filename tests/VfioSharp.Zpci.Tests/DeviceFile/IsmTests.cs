using VfioSharp.Emulation.Functions;
using VfioSharp.Regions;
using VfioSharp.Zpci.Tests.Fakes;

namespace VfioSharp.Zpci.Tests.DeviceFile;

public sealed class IsmTests
{
    private const ulong Bar0 = 1ul << 48;

    // Recording ism-linux-6.12, mio-ism-linux-6.12, ism-linux-7.2: pread of BAR 0.
    [Theory]
    [InlineData("linux-6.12,nomio", Errno.None)]
    [InlineData("linux-6.12,mio", Errno.ENOMEM)]
    [InlineData("linux-6.15,mio", Errno.ENOMEM)]
    [InlineData("linux-7.2,nomio", Errno.ENODEV)]
    [InlineData("linux-7.2,mio", Errno.ENODEV)]
    public void Generic_vfio_pci_reaches_BAR_0_only_on_old_kernels_without_MIO(string host, Errno expected)
    {
        var device = new HostUnderTest(host, new IsmFunction()).Open();

        Assert.Equal(expected, device.Read(0, new byte[8]).Errno);
    }

    // Recording ism-linux-6.12: an offset of 2^40 is region 1, one of 2^41 is region 2.
    [Fact]
    public void Beyond_1_TiB_of_BAR_0_generic_vfio_pci_reads_another_BAR()
    {
        var under = new HostUnderTest("linux-6.12,nomio", new IsmFunction());
        var device = under.Open();

        Assert.Equal(Errno.EINVAL, device.Read(1ul << 40, new byte[8]).Errno);
        Assert.Equal(8, device.Read(2ul << 40, new byte[8]).Value);
        Assert.Equal(Errno.EINVAL, device.Read(1ul << 47, new byte[8]).Errno);
    }

    [Fact]
    public void Each_failed_attempt_to_map_BAR_0_is_logged_until_7_1_and_one_at_open_from_7_2_on()
    {
        var old = new HostUnderTest("linux-6.12,mio", new IsmFunction());
        var device = old.Open();
        Assert.Empty(old.Host.Log.Messages);
        Assert.Equal(Errno.ENOMEM, device.Read(0, new byte[8]).Errno);
        Assert.Equal(Errno.ENOMEM, device.Read(0, new byte[8]).Errno);
        Assert.Equal(2, old.Host.Log.Messages.Count);

        var current = new HostUnderTest("linux-7.2,mio,fit=off", new IsmFunction());
        device = current.Open();
        Assert.Single(current.Host.Log.Messages);
        Assert.Equal(Errno.ENOMEM, device.Read(0, new byte[8]).Errno);
        Assert.Single(current.Host.Log.Messages);
    }

    [Theory]
    [InlineData("linux-6.12,nomio")]
    [InlineData("linux-7.2,nomio")]
    [InlineData("linux-7.2,mio")]
    public void Generic_vfio_pci_offers_no_mapping(string host)
    {
        var device = new HostUnderTest(host, new IsmFunction()).Open();
        foreach (var bar in new[] { 0, 2, 4 })
        {
            Assert.Equal(0, device.GetRegionInfo(bar, out var info).Value);
            Assert.Equal(RegionFlags.Read | RegionFlags.Write, info.Flags);
            Assert.Equal((ulong)bar << 40, info.Offset);
        }
    }

    // drivers/vfio/pci/ism/main.c (Linux 7.1).
    [Theory]
    [InlineData("linux-7.1,nomio,driver=ism_vfio_pci")]
    [InlineData("linux-7.2,mio,driver=ism_vfio_pci")]
    public void The_variant_driver_has_regions_2_48_apart_and_neither_ROM_nor_VGA(string host)
    {
        var device = new HostUnderTest(host, new IsmFunction()).Open();

        Assert.Equal(0, device.GetRegionInfo(2, out var info).Value);
        Assert.Equal((2ul << 48, 0x1000ul, RegionFlags.Read | RegionFlags.Write), (info.Offset, info.SizeInBytes, info.Flags));
        Assert.Equal(0, device.GetRegionInfo(7, out info).Value);
        Assert.Equal(7ul << 48, info.Offset);
        Assert.Equal(Errno.EINVAL, device.GetRegionInfo(6, out _).Errno);
        Assert.Equal(Errno.EINVAL, device.GetRegionInfo(8, out _).Errno);
        Assert.Equal("ism_vfio_pci", device.Driver);
    }

    [Theory]
    [InlineData("linux-7.1,nomio,driver=ism_vfio_pci")]
    [InlineData("linux-7.2,mio,driver=ism_vfio_pci")]
    public void The_variant_driver_reaches_all_of_BAR_0_whatever_the_machine_uses(string host)
    {
        var device = new HostUnderTest(host, new IsmFunction()).Open();

        foreach (var offset in new[] { 0ul, 1ul << 40, 1ul << 47, Bar0 - 8 })
            Assert.Equal(8, device.Read(offset, new byte[8]).Value);
        Assert.Equal(4, device.Read(Bar0 - 4, new byte[16]).Value);
        Assert.Equal(Errno.EINVAL, device.Read(Bar0, new byte[8]).Errno);
        Assert.Equal(Errno.EINVAL, device.Read(6 * Bar0, new byte[8]).Errno);
    }

    [Theory]
    [InlineData(2, 0ul, 16, 16L)]
    [InlineData(2, 0ul, 128, 128L)]
    [InlineData(2, 0ul, 24, 24L)]
    [InlineData(2, 0ul, 8, -6L)] // ENXIO: a block has 16 bytes at least
    [InlineData(2, 0ul, 20, -6L)]
    [InlineData(2, 4ul, 16, -6L)]
    [InlineData(2, 0ul, 136, -22L)] // EINVAL: longer than maxstbl
    [InlineData(2, 0xff8ul, 16, -6L)] // clipped at the BAR's end to 8 bytes
    [InlineData(0, 0xff8ul, 16, -22L)] // EINVAL: crosses a page of BAR 0
    public void The_variant_driver_takes_one_block_store_and_nothing_else(int bar, ulong offset, int length, long expected)
    {
        var device = new HostUnderTest("linux-7.2,mio,driver=ism_vfio_pci", new IsmFunction()).Open();

        Assert.Equal(expected, device.Write((ulong)bar * Bar0 + offset, new byte[length]).Value);
    }

    // Measured on a real kernel: the driver does not ask whether memory is on.
    [Fact]
    public void The_variant_driver_works_with_memory_off()
    {
        var device = new HostUnderTest("linux-7.2,mio,driver=ism_vfio_pci", new IsmFunction()).Open();
        Assert.Equal(2, device.Write((7ul << 48) + 4, [4, 0]).Value);

        Assert.Equal(8, device.Read(2 * Bar0, new byte[8]).Value);
        Assert.Equal(Errno.EINVAL, new HostUnderTest("linux-7.2,nomio").Process.Memory.Map(
            device, 0, 4096, HostUnderTest.ReadWrite, VfioSharp.Zpci.Memory.MapFlags.Shared).Errno);
    }

    // READ_GID (drivers/s390/net/ism.h): the whole way of a command through the variant driver.
    [Fact]
    public void A_command_by_block_store_is_answered()
    {
        var device = new HostUnderTest("linux-7.2,mio,driver=ism_vfio_pci", new IsmFunction(0x1122_3344_5566_7788)).Open();

        Assert.Equal(16, device.Write(2 * Bar0, [0, 0, 0, 3, 0, 0, 0, 16, 0, 0, 0, 0, 0, 0, 0, 0]).Value);

        var answer = new byte[16];
        Assert.Equal(16, device.Read(2 * Bar0, answer).Value);
        Assert.Equal([0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88], answer[8..]);
    }
}
