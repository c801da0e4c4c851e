using VfioSharp.Zpci.Machine;
using VfioSharp.Zpci.Memory;
using VfioSharp.Zpci.Tests.Fakes;

namespace VfioSharp.Zpci.Tests.Instructions;

// arch/s390/pci/pci_mmio.c without MIO.
public sealed class MmioSyscallByHandleTests
{
    private static readonly byte[] Capabilities = [0xff, 0x07, 0x01, 0x0f, 0x20, 0x08, 0x40, 0x00];

    // Every kernel: zpci_is_enabled(), the length, then everything else.
    [Fact]
    public void With_pci_off_it_is_ENODEV_before_anything_else()
    {
        var under = new HostUnderTest("linux-7.2,pci=off");

        Assert.Equal(Errno.ENODEV, under.Process.MmioRead(0, 0, 0).Errno);
        Assert.Equal(Errno.ENODEV, under.Process.MmioWrite(1, 0, 5000).Errno);
    }

    [Theory]
    [InlineData(0ul, 0ul)]
    [InlineData(0ul, 4097ul)]
    [InlineData(4094ul, 4ul)]
    [InlineData(0ul, ulong.MaxValue)]
    public void A_length_of_0_or_beyond_the_page_is_EINVAL_even_where_nothing_is_mapped(ulong offset, ulong length)
    {
        var under = new HostUnderTest("linux-7.2,nomio");

        Assert.Equal(Errno.EINVAL, under.Process.MmioRead(0x7000_0000 + offset, under.Buffer, length).Errno);
        Assert.Equal(Errno.EINVAL, under.Process.MmioWrite(0x7000_0000 + offset, under.Buffer, length).Errno);
    }

    // Recording linux-7.2: "read unmapped addr", "read anon RAM", "read kernel-ish addr 1<<62", "read addr ~0-7".
    [Theory]
    [InlineData(0ul)]
    [InlineData(1ul << 62)]
    [InlineData(ulong.MaxValue - 7)]
    public void An_address_without_a_mapping_is_EINVAL(ulong address)
    {
        var under = new HostUnderTest("linux-7.2,nomio");

        Assert.Equal(Errno.EINVAL, under.SysRead(address, 4, out _).Errno);
        Assert.Equal(Errno.EINVAL, under.SysWrite(address, 1, 2, 3, 4).Errno);
    }

    [Fact]
    public void Memory_and_code_are_EINVAL_and_not_touched()
    {
        var under = new HostUnderTest("linux-7.2,nomio");
        var memory = (ulong)under.Process.AllocateMemory(4096).Value;

        Assert.Equal(Errno.EINVAL, under.SysRead(memory, 4, out _).Errno);
        Assert.Equal(Errno.EINVAL, under.SysRead(under.Process.CodeAddress, 4, out _).Errno);
        Assert.Equal(Errno.EINVAL, under.SysWrite(memory, 1, 2, 3, 4).Errno);
        Assert.False(under.Process.Memory.IsPresent(memory));
    }

    // 41a0926e82f4 also made the read ask for VM_READ; 5.11 to 6.14 ask for VM_WRITE, by mistake.
    [Theory]
    [InlineData("linux-7.2,nomio", Protection.Read, Errno.None, Errno.EACCES)]
    [InlineData("linux-7.2,nomio", Protection.Write, Errno.EACCES, Errno.None)]
    [InlineData("linux-7.2,nomio", Protection.None, Errno.EACCES, Errno.EACCES)]
    [InlineData("linux-7.2,nomio,fault=off", Protection.Read, Errno.EACCES, Errno.EACCES)]
    [InlineData("linux-7.2,nomio,fault=off", Protection.Write, Errno.EINVAL, Errno.EINVAL)]
    [InlineData("linux-5.10,nomio,mmap=on", Protection.Read, Errno.EINVAL, Errno.EACCES)]
    public void The_permission_of_the_mapping_is_checked(string host, Protection protection, Errno read, Errno write)
    {
        var under = new HostUnderTest(host);
        var address = under.MapBar(under.Open(), protection: protection);

        Assert.Equal(read, under.SysRead(address, 4, out _).Errno);
        Assert.Equal(write, under.SysWrite(address + 0x24, 0, 0, 0, 0).Errno);
    }

    // Without the fault fix a page can still be brought in by a plain load, which dies of SIGILL afterwards: the second look then finds it.
    [Fact]
    public void Without_the_fault_fix_a_page_that_is_there_is_read()
    {
        var under = new HostUnderTest("linux-7.2,nomio,fault=off");
        var address = under.MapBar(under.Open());
        Assert.Equal(Errno.EINVAL, under.SysRead(address, 8, out _).Errno);

        Assert.True(under.Process.Load(address, 4).Signal.IsRaised);

        Assert.Equal(0, under.SysRead(address, 8, out var data).Value);
        Assert.Equal(Capabilities, data);
    }

    // 5.11 (a67a88b0b8de) moved copy_from_user() in front of the look-up.
    [Theory]
    [InlineData("linux-7.2,nomio", Errno.EFAULT)]
    [InlineData("linux-5.10,nomio", Errno.EINVAL)]
    public void A_write_from_a_bad_buffer_is_found_before_the_mapping_from_5_11_on(string host, Errno expected)
    {
        var under = new HostUnderTest(host);

        Assert.Equal(expected, under.Process.MmioWrite(0x7000_0000, 0, 4).Errno);
    }

    [Fact]
    public void A_read_into_a_bad_buffer_is_found_after_the_device_was_read()
    {
        var under = new HostUnderTest("linux-7.2,nomio");
        var address = under.MapBar(under.Open());

        Assert.Equal(Errno.EFAULT, under.Process.MmioRead(address, 0, 4).Errno);
        Assert.True(under.Process.Memory.IsPresent(address));
    }

    // Recording mio-machine-pci-nomio: "sys_read buffer half unmapped 8: EFAULT bytes=ff07010f".
    [Fact]
    public void The_half_of_a_buffer_that_is_there_is_filled()
    {
        var under = new HostUnderTest("linux-7.2,nomio");
        var address = under.MapBar(under.Open());
        var end = under.Buffer + 2 * UserAddressSpace.PageSize;
        Assert.Equal(0, under.Process.Memory.Unmap(under.Buffer + UserAddressSpace.PageSize, UserAddressSpace.PageSize).Value);
        end -= UserAddressSpace.PageSize;

        Assert.Equal(Errno.EFAULT, under.Process.MmioRead(address, end - 4, 8).Errno);

        var half = new byte[4];
        under.Process.Peek(end - 4, half);
        Assert.Equal(Capabilities[..4], half);
    }

    // From 5.11 on the write jumps out with the 0 of the look-up; 5.10 and the read say EFAULT.
    [Theory]
    [InlineData("linux-7.2,nomio", Errno.None)]
    [InlineData("linux-5.10,nomio", Errno.EFAULT)]
    public void A_write_to_pages_that_are_not_zPCI_does_nothing_and_says_nothing_from_5_11_on(string host, Errno write)
    {
        var under = new HostUnderTest(host);
        var address = (ulong)under.Process.Memory.Map(new ForeignPages(), 0, 4096, HostUnderTest.ReadWrite, MapFlags.Shared).Value;

        Assert.Equal(write, under.SysWrite(address, 1, 2, 3, 4).Errno);
        Assert.Equal(Errno.EFAULT, under.SysRead(address, 4, out _).Errno);
    }

    // find_vma() until 5.15 takes the next mapping above: its permission decides between EACCES and EINVAL.
    [Theory]
    [InlineData("linux-5.15,nomio,mmap=on", Errno.EACCES)]
    [InlineData("linux-5.16,nomio,mmap=on", Errno.EINVAL)]
    public void The_neighbour_above_answered_for_an_address_without_mapping_until_5_15(string host, Errno expected)
    {
        var under = new HostUnderTest(host);
        var address = under.MapBar(under.Open(), protection: Protection.None);
        var below = (ulong)under.Process.AllocateMemory(4096).Value;
        Assert.Equal(address, below + 4096);
        under.Process.Memory.Unmap(below, 4096);

        Assert.Equal(expected, under.SysRead(below, 4, out _).Errno);
    }

    [Theory]
    [InlineData(1, 2)]
    [InlineData(2, 4)]
    [InlineData(4, 8)]
    [InlineData(7, 2)]
    public void An_access_that_is_not_aligned_is_ENXIO(int offset, int length)
    {
        var under = new HostUnderTest("linux-7.2,nomio");
        var address = under.MapBar(under.Open());

        Assert.Equal(Errno.ENXIO, under.SysRead(address + (ulong)offset, length, out var data).Errno);
        Assert.All(data, octet => Assert.Equal(0xa5, octet));
    }

    [Fact]
    public void A_function_that_is_gone_is_EIO()
    {
        var under = new HostUnderTest("linux-7.2,nomio");
        var address = under.MapBar(under.Open());
        under.Function.Remove();

        Assert.Equal(Errno.EIO, under.SysRead(address, 4, out _).Errno);
        Assert.Equal(Errno.EIO, under.SysWrite(address + 0x24, 0, 0, 0, 0).Errno);
    }

    // __zpci_load() repeats for ever what is busy.
    [Fact]
    public void A_busy_function_is_asked_again_until_it_answers()
    {
        var under = new HostUnderTest("linux-7.2,nomio");
        var address = under.MapBar(under.Open());
        var fault = new InjectedFault(0, 0, 8, PciOutcome.Busy, times: 3, hitsHandles: true);
        under.Function.Inject(fault);

        Assert.Equal(0, under.SysRead(address, 8, out var data).Value);
        Assert.Equal(Capabilities, data);
        Assert.Equal(0, fault.Remaining);
    }

    [Fact]
    public void What_was_written_before_a_failure_stays_written()
    {
        var under = new HostUnderTest("linux-7.2,nomio");
        var address = under.MapBar(under.Open());
        under.Function.Inject(new InjectedFault(
            0, 0x30, 8, PciOutcome.Error(PciOutcome.Blocked), hitsHandles: true));

        // 12 bytes at 0x28 are one access of 8 and one of 4.
        Assert.Equal(Errno.EIO, under.SysWrite(address + 0x28, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12).Errno);

        Assert.Equal(0, under.SysRead(address + 0x28, 8, out var data).Value);
        Assert.Equal([1, 2, 3, 4, 5, 6, 7, 8], data);
    }

    private sealed class ForeignPages : MappableFile
    {
        public override string Name => "pages of another kind";

        internal override Errno Map(VirtualMemoryArea area)
        {
            area.Flags |= VmFlags.PfnMap;
            area.ResidentAt = 0x1234_5000;
            return Errno.None;
        }

        internal override PageFault Fault(VirtualMemoryArea area, ulong address, out PageTableEntry entry)
        {
            entry = default;
            return PageFault.BusError;
        }
    }
}
