using VfioSharp.Emulation.Functions;
using VfioSharp.Regions;
using VfioSharp.Zpci.Memory;
using VfioSharp.Zpci.Tests.Fakes;
using VfioSharp.Zpci.Vfio;

namespace VfioSharp.Zpci.Tests.DeviceFile;

// drivers/vfio/pci/vfio_pci_core.c, vfio_pci_core_mmap() and vfio_pci_mmap_fault().
public sealed class MappingTests
{
    // Recording linux-6.12 and linux-7.2, "region: 0".
    [Theory]
    [InlineData("linux-6.12,nomio", RegionFlags.Read | RegionFlags.Write)]
    [InlineData("linux-7.2,nomio,mmap=off", RegionFlags.Read | RegionFlags.Write)]
    [InlineData("linux-6.15,nomio", RegionFlags.Read | RegionFlags.Write | RegionFlags.Mmap | RegionFlags.Capabilities)]
    [InlineData("linux-7.2,mio", RegionFlags.Read | RegionFlags.Write | RegionFlags.Mmap | RegionFlags.Capabilities)]
    public void A_BAR_is_offered_for_mapping_from_6_15_on(string host, RegionFlags expected)
    {
        var under = new HostUnderTest(host);

        Assert.Equal(0, under.Open().GetRegionInfo(0, out var info).Value);

        Assert.Equal(expected, info.Flags);
        Assert.Equal((expected & RegionFlags.Capabilities) != 0, info.IsMsixMappable);
    }

    [Fact]
    public void What_is_not_offered_is_EINVAL()
    {
        var under = new HostUnderTest("linux-6.12,nomio");

        Assert.Equal(Errno.EINVAL, under.Process.Memory.Map(under.Open(), 0, 0x4000, HostUnderTest.ReadWrite, MapFlags.Shared).Errno);
    }

    [Theory]
    [InlineData(0ul, 0x4000ul, MapFlags.Private)] // MAP_SHARED alone
    [InlineData(0ul, 0x5000ul, MapFlags.Shared)] // beyond the BAR
    [InlineData(0x4000ul, 0x1000ul, MapFlags.Shared)] // behind the BAR
    [InlineData(1ul << 40, 0x1000ul, MapFlags.Shared)] // no such BAR
    [InlineData(6ul << 40, 0x1000ul, MapFlags.Shared)] // ROM
    [InlineData(7ul << 40, 0x1000ul, MapFlags.Shared)] // configuration space
    [InlineData(9ul << 40, 0x1000ul, MapFlags.Shared)] // no such region
    [InlineData(0x800ul, 0x1000ul, MapFlags.Shared)] // not at a page
    [InlineData(0ul, 0ul, MapFlags.Shared)]
    [InlineData(0ul, 0x1000ul, MapFlags.None)]
    public void What_cannot_be_mapped_is_EINVAL(ulong offset, ulong length, MapFlags flags)
    {
        var under = new HostUnderTest("linux-7.2,nomio");

        Assert.Equal(Errno.EINVAL, under.Process.Memory.Map(under.Open(), offset, length, HostUnderTest.ReadWrite, flags).Errno);
    }

    [Fact]
    public void A_part_of_a_page_is_mapped_as_a_page()
    {
        var under = new HostUnderTest("linux-7.2,nomio");
        var address = under.MapBar(under.Open(), 2048);

        Assert.Equal(4096ul, under.Process.Memory.Lookup(address)!.LengthInBytes);
    }

    // Recording linux-7.2: "mmap EXEC: FAILED errno=EPERM" through the group; linux-6.12: EINVAL, since nothing is mapped there. cdev files
    // have no such rule.
    [Theory]
    [InlineData("linux-7.2,nomio", VfioWay.Group, Errno.EPERM)]
    [InlineData("linux-7.2,nomio", VfioWay.Cdev, Errno.None)]
    [InlineData("linux-6.15,nomio", VfioWay.Group, Errno.None)]
    [InlineData("linux-6.12,nomio", VfioWay.Group, Errno.EINVAL)]
    public void A_group_device_is_not_mapped_executable_from_6_16_on(string host, VfioWay way, Errno expected)
    {
        var under = new HostUnderTest(host);

        Assert.Equal(expected, under.Process.Memory.Map(under.Open(way), 0, 0x1000, Protection.Read | Protection.Execute, MapFlags.Shared).Errno);
    }

    [Fact]
    public void One_page_is_faulted_in_at_a_time_from_6_12_on_and_the_whole_mapping_before()
    {
        foreach (var (host, isSecondPresent) in new[] { ("linux-6.12,nomio,mmap=on", false), ("linux-6.11,nomio,mmap=on", true) })
        {
            var under = new HostUnderTest(host);
            var address = under.MapBar(under.Open());

            Assert.True(under.Process.Load(address, 4).Signal.IsRaised);

            Assert.True(under.Process.Memory.IsPresent(address));
            Assert.Equal(isSecondPresent, under.Process.Memory.IsPresent(address + 0x1000));
        }
    }

    // Recording linux-7.2: "madvise DONTNEED", "POPULATE_READ", "mlock", "mmap POPULATE".
    [Fact]
    public void Pages_of_a_device_are_left_alone_by_memory_management()
    {
        var under = new HostUnderTest("linux-7.2,nomio");
        var device = under.Open();
        var address = under.MapBar(device);
        var populated = (ulong)under.Process.Memory.Map(device, 0, 0x1000, HostUnderTest.ReadWrite, MapFlags.Shared | MapFlags.Populate).Value;

        Assert.Equal(Errno.EINVAL, under.Process.Memory.AdviseDontNeed(address, 0x1000).Errno);
        Assert.Equal(Errno.EINVAL, under.Process.Memory.AdvisePopulateRead(address, 0x1000).Errno);
        Assert.Equal(0, under.Process.Memory.Lock(address, 0x1000).Value);
        Assert.False(under.Process.Memory.IsPresent(address));
        Assert.False(under.Process.Memory.IsPresent(populated));
        Assert.Equal(Errno.EFAULT, under.Process.WriteToPipe(address, 4).Errno);
        Assert.Equal(Errno.EIO, under.Process.ReadProcSelfMem(address, 4).Errno);
    }

    // Recording linux-7.2, "memory decode OFF" and what follows.
    [Fact]
    public void Switching_memory_off_zaps_every_mapping_and_the_mapping_stays()
    {
        var under = new HostUnderTest("linux-7.2,nomio");
        var device = under.Open();
        var first = under.MapBar(device);
        Assert.Equal(0, under.SysRead(first, 4, out _).Value);

        HostUnderTest.SetMemory(device, false);

        Assert.False(under.Process.Memory.IsPresent(first));
        Assert.Equal(Errno.EINVAL, under.SysRead(first, 4, out _).Errno);
        var second = under.MapBar(device);
        Assert.Equal(Errno.EINVAL, under.SysRead(second, 4, out _).Errno);
        HostUnderTest.SetMemory(device, true);
        Assert.Equal(0, under.SysRead(first, 4, out _).Value);
        Assert.Equal(0, under.SysRead(second, 4, out _).Value);
    }

    [Fact]
    public void A_reset_zaps_every_mapping_and_keeps_configuration_space()
    {
        var under = new HostUnderTest("linux-7.2,nomio");
        var device = under.Open();
        HostUnderTest.SetMemory(device, true);
        var address = under.MapBar(device);
        Assert.Equal(0, under.SysWrite(address + 0x24, 0x1f, 0, 0x1f, 0).Value);

        Assert.Equal(0, device.Reset().Value);

        Assert.False(under.Process.Memory.IsPresent(address));
        Assert.Equal(0, under.SysRead(address + 0x24, 4, out var data).Value);
        Assert.Equal(new byte[4], data);
        var command = new byte[2];
        Assert.Equal(2, device.Read((7ul << 40) + 4, command).Value);
        Assert.Equal([6, 0], command);
    }

    // vfio_pci_mmap_fault(): pm_runtime_engaged. Reads and writes of the file resume the device for themselves.
    [Fact]
    public void In_low_power_a_mapping_is_refused_and_the_file_works()
    {
        var under = new HostUnderTest("linux-7.2,mio");
        var device = under.Open();
        var address = under.MapBar(device);
        Assert.Equal(0, device.EnterLowPower().Value);

        Assert.Equal(VfioSharp.Zpci.Process.Signal.SIGBUS, under.Process.Pcilgi(address, 4).Signal.Number);
        Assert.Equal(4, device.Read(0, new byte[4]).Value);
        Assert.Equal(Errno.EINVAL, device.EnterLowPower().Errno);

        Assert.Equal(0, device.ExitLowPower().Value);
        Assert.True(under.Process.Pcilgi(address, 4).IsDone);
        Assert.Equal(Errno.ENOTTY, new HostUnderTest("linux-6.0,nomio").Open().EnterLowPower().Errno);
    }

    [Fact]
    public void Character_devices_came_with_6_6()
    {
        new HostUnderTest("linux-6.6,nomio").Open(VfioWay.Cdev).Close();

        Assert.Equal(Errno.ENOENT, Assert.Throws<VfioException>(() => new HostUnderTest("linux-6.5,nomio").Open(VfioWay.Cdev)).Errno);
    }

    // Seen on a real kernel: the mapping pins the device.
    [Fact]
    public void A_mapping_holds_the_device_after_its_file_is_closed()
    {
        var under = new HostUnderTest("linux-7.2,nomio");
        var device = under.Open();
        var address = under.MapBar(device);

        device.Close();

        Assert.True(device.IsInUse);
        Assert.Equal(0, under.SysRead(address, 4, out _).Value);
        Assert.Equal(Errno.EBUSY, Assert.Throws<VfioException>(() => under.Open()).Errno);
        Assert.Equal(0, under.Process.Memory.Unmap(address, 0x4000).Value);
        Assert.False(device.IsInUse);
        under.Open().Close();
    }

    [Fact]
    public void Part_of_a_mapping_can_be_unmapped_and_protected()
    {
        var under = new HostUnderTest("linux-7.2,nomio");
        var device = under.Open();
        var address = under.MapBar(device);

        Assert.Equal(0, under.Process.Memory.Protect(address + 0x1000, 0x1000, Protection.Read).Value);
        Assert.Equal(0, under.Process.Memory.Unmap(address + 0x2000, 0x1000).Value);

        Assert.Equal(0, under.SysWrite(address + 0x24, 0, 0, 0, 0).Value);
        Assert.Equal(Errno.EACCES, under.SysWrite(address + 0x1000, 0, 0, 0, 0).Errno);
        Assert.Equal(Errno.EINVAL, under.SysRead(address + 0x2000, 4, out _).Errno);
        Assert.Equal(0, under.SysRead(address + 0x3000, 4, out _).Value);
        Assert.Equal(3, device.MappingCount);
        Assert.Equal(Errno.ENOMEM, under.Process.Memory.Protect(address, 0x4000, Protection.Read).Errno);
    }

    // pdev->no_command_memory: a virtual function's memory cannot be switched off by its COMMAND register.
    [Fact]
    public void A_virtual_function_has_its_memory_on_whatever_COMMAND_says()
    {
        var under = new HostUnderTest("linux-7.2,nomio", options: new() { VirtualFunctionNumber = 1 });
        var device = under.Open();
        var address = under.MapBar(device);
        HostUnderTest.SetMemory(device, false);

        Assert.Equal(0, under.SysRead(address, 4, out _).Value);
        Assert.Equal(4, device.Read(0, new byte[4]).Value);
    }

    // Each part of the series switched off by itself brings back what it cured: the ISM on a machine that uses MIO.
    [Theory]
    [InlineData("linux-7.2,mio", Errno.EINVAL, 0)]
    [InlineData("linux-6.15,mio,fit=size", Errno.EINVAL, 0)]
    [InlineData("linux-6.15,mio,fit=off", Errno.ENOMEM, 1)]
    [InlineData("linux-7.2,mio,fit=off", Errno.ENOMEM, 1)]
    public void Without_the_rule_for_large_BARs_the_kernel_fails_to_map_256_TiB(string host, Errno expected, int messages)
    {
        var under = new HostUnderTest(host, new IsmFunction());

        Assert.Equal(expected, under.Process.Memory.Map(under.Open(), 0, 0x1000, HostUnderTest.ReadWrite, MapFlags.Shared).Errno);

        Assert.Equal(messages, under.Host.Log.Messages.Count);
    }

    // Seen on a real kernel: on nomio a cookie takes no room, and all of it can be mapped.
    [Fact]
    public void Without_MIO_256_TiB_can_be_mapped()
    {
        var under = new HostUnderTest("linux-7.2,nomio,fit=off", new IsmFunction());
        var address = under.MapBar(under.Open(), 1ul << 48);

        Assert.Equal(0, under.SysRead(address + (1ul << 47), 8, out _).Value);
        Assert.Empty(under.Host.Log.Messages);
    }
}
