using VfioSharp.Zpci.Machine;
using VfioSharp.Zpci.Memory;
using VfioSharp.Zpci.Process;
using VfioSharp.Zpci.Tests.Fakes;

namespace VfioSharp.Zpci.Tests.Instructions;

// The instructions in user space: recording mio-linux-7.2.
public sealed class MioInstructionTests
{
    private static readonly SignalInfo NotMapped = new(Signal.SIGSEGV, 1, false);
    private static readonly SignalInfo NotAllowed = new(Signal.SIGSEGV, 2, false);
    private static readonly SignalInfo BusError = new(Signal.SIGBUS, 2, false);

    [Theory]
    [InlineData("linux-7.2,nomio")]
    [InlineData("linux-7.2,pci=off")]
    public void Where_the_kernel_does_not_allow_them_they_are_unknown_operations(string host)
    {
        var under = new HostUnderTest(host);
        var expected = new SignalInfo(Signal.SIGILL, 1, true);

        Assert.Equal(expected, under.Process.Pcilgi(0, 8).Signal);
        Assert.Equal(expected, under.Process.Pcistgi(0, 8, 0).Signal);
        Assert.Equal(expected, under.Process.Pcistbi(0, 16, 0).Signal);
        Assert.Equal(expected, under.Process.Pciwb().Signal);
    }

    [Fact]
    public void A_load_is_right_justified_and_big_endian()
    {
        var under = new HostUnderTest("linux-7.2,mio");
        var address = under.MapBar(under.Open());

        Assert.Equal(0xff07_010f_2008_4000ul, under.Process.Pcilgi(address, 8).Value);
        Assert.Equal(0x0000_0000_ff07_010ful, under.Process.Pcilgi(address, 4).Value);
        Assert.Equal(0xfful, under.Process.Pcilgi(address, 1).Value);
    }

    // Recording: "pcilgi off0 len1: value=0x00000000000007ff", from a controller that answers 2 bytes at least.
    [Fact]
    public void A_function_that_answers_more_leaves_it_to_the_left()
    {
        var under = new HostUnderTest("linux-7.2,mio", options: new ZpciFunctionOptions { LeastLoadInBytes = 2 });
        var address = under.MapBar(under.Open());

        Assert.Equal(0x07fful, under.Process.Pcilgi(address, 1).Value);
        Assert.Equal(0x0107ul, under.Process.Pcilgi(address + 1, 1).Value);
        Assert.Equal(0, under.SysRead(address, 1, out var data).Value);
        Assert.Equal([0xff], data);
    }

    // Recording: "pcilgi len 0x1000004 (garbage above): cc=0 status=1".
    [Fact]
    public void The_length_is_in_the_low_bits_and_the_rest_stays()
    {
        var under = new HostUnderTest("linux-7.2,mio");
        var address = under.MapBar(under.Open());

        var outcome = under.Process.Pcilgi(address, 0x100_0004);

        Assert.Equal((0, 1, 0xff07_010ful), (outcome.ConditionCode, outcome.Status, outcome.Value));
    }

    [Theory]
    [InlineData(0ul, 0ul, 3)]
    [InlineData(0ul, 3ul, 3)]
    [InlineData(0ul, 9ul, 3)]
    [InlineData(1ul, 2ul, 3)]
    [InlineData(7ul, 2ul, 4)]
    [InlineData(4ul, 8ul, 4)]
    [InlineData(4094ul, 4ul, 4)]
    public void An_operand_that_the_instruction_does_not_take_is_SIGILL_2_and_only_derived(ulong offset, ulong length, int guess)
    {
        var under = new HostUnderTest("linux-7.2,mio");
        var address = under.MapBar(under.Open());

        var outcome = under.Process.Pcilgi(address + offset, length);

        Assert.Equal(new SignalInfo(Signal.SIGILL, 2, true), outcome.Signal);
        Assert.Equal((Verification.Derived, guess), (outcome.Verification, outcome.Guess?.Number));
    }

    [Theory]
    [InlineData(0ul)]
    [InlineData(0x7000_0000ul)]
    [InlineData(1ul << 62)]
    public void Where_nothing_is_mapped_it_is_SEGV_MAPERR_at_the_data(ulong address)
    {
        var under = new HostUnderTest("linux-7.2,mio");

        var outcome = under.Process.Pcilgi(address, 4);

        Assert.Equal(NotMapped with { Address = address }, outcome.Signal);
        Assert.Equal((Verification.RealKernelOnEmulatedMio, null), (outcome.Verification, outcome.Guess));
    }

    [Fact]
    public void What_the_mapping_does_not_allow_is_SEGV_ACCERR_at_the_page()
    {
        var under = new HostUnderTest("linux-7.2,mio");
        var device = under.Open();
        var readOnly = under.MapBar(device, protection: Protection.Read);
        var nothing = under.MapBar(device, protection: Protection.None);

        Assert.Equal(NotAllowed with { Address = readOnly }, under.Process.Pcistgi(readOnly + 0x24, 4, 0).Signal);
        Assert.Equal(NotAllowed with { Address = readOnly }, under.Process.Pcistbi(readOnly, 16, under.Buffer).Signal);
        Assert.Equal(NotAllowed with { Address = nothing }, under.Process.Pcilgi(nothing, 4).Signal);
        Assert.True(under.Process.Pcilgi(readOnly, 4).IsDone);
    }

    [Fact]
    public void Memory_is_no_place_for_them()
    {
        var under = new HostUnderTest("linux-7.2,mio");
        var expected = new SignalInfo(Signal.SIGILL, 3, true);

        Assert.Equal(expected, under.Process.Pcilgi(under.Buffer, 4).Signal);
        Assert.Equal(expected, under.Process.Pcistgi(under.Buffer, 4, 0).Signal);
        Assert.Equal(expected, under.Process.Pcilgi(under.Process.CodeAddress, 4).Signal);
    }

    [Fact]
    public void While_memory_is_off_it_is_SIGBUS_and_works_again_afterwards()
    {
        var under = new HostUnderTest("linux-7.2,mio");
        var device = under.Open();
        var address = under.MapBar(device);
        Assert.True(under.Process.Pcilgi(address, 4).IsDone);
        HostUnderTest.SetMemory(device, false);

        Assert.Equal(BusError with { Address = address }, under.Process.Pcilgi(address, 4).Signal);
        Assert.Equal(BusError with { Address = address }, under.Process.Load(address, 4).Signal);
        Assert.Equal(Errno.ENXIO, under.SysRead(address, 4, out _).Errno);

        HostUnderTest.SetMemory(device, true);
        Assert.True(under.Process.Pcilgi(address, 4).IsDone);
    }

    [Theory]
    [InlineData(8ul)]
    [InlineData(12ul)]
    [InlineData(0ul)]
    [InlineData(136ul)]
    public void A_block_has_16_bytes_at_least_and_no_more_than_the_function_takes(ulong length)
    {
        var under = new HostUnderTest("linux-7.2,mio");
        var address = under.MapBar(under.Open());

        Assert.Equal(new SignalInfo(Signal.SIGILL, 2, true), under.Process.Pcistbi(address + 0x28, length, under.Buffer).Signal);
    }

    [Fact]
    public void The_source_of_a_block_is_faulted_in_or_faults_itself()
    {
        var under = new HostUnderTest("linux-7.2,mio");
        var address = under.MapBar(under.Open());

        Assert.False(under.Process.Memory.IsPresent(under.Buffer));
        Assert.True(under.Process.Pcistbi(address + 0x28, 16, under.Buffer).IsDone);
        Assert.Equal(NotMapped with { Address = 0x7000_0000 }, under.Process.Pcistbi(address + 0x28, 16, 0x7000_0000).Signal);
    }

    [Fact]
    public void A_condition_code_leaves_the_data_register_and_brings_a_status()
    {
        var under = new HostUnderTest("linux-7.2,mio", options: new ZpciFunctionOptions { Faults = InjectedFault.MioWindow(0x800) });
        var address = under.MapBar(under.Open()) + 0x800;

        var outcome = under.Process.Pcilgi(address, 4, 0x5a5a_5a5a_5a5a_5a5a);

        Assert.Equal((1, PciOutcome.Blocked, 0x5a5a_5a5a_5a5a_5a5aul), (outcome.ConditionCode, outcome.Status, outcome.Value));
        Assert.Equal(2, under.Process.Pcilgi(address + 8, 4).ConditionCode);
        Assert.Equal(3, under.Process.Pcistgi(address + 16, 4, 0).ConditionCode);
        Assert.Equal(2, under.Process.Pcistbi(address + 24, 16, under.Buffer).Signal.Code);
        Assert.Equal(3, under.Process.Pcilgi(address + 32, 4).Signal.Code);
    }

    // Seen on a real kernel: the page table holds the cookie, which is no MIO address.
    [Fact]
    public void A_function_without_MIO_addresses_cannot_be_reached_through_its_mapping()
    {
        var under = new HostUnderTest("linux-7.2,mio", options: new ZpciFunctionOptions { ReportsMio = false });
        var address = under.MapBar(under.Open());

        Assert.Equal(new SignalInfo(Signal.SIGILL, 3, true), under.Process.Pcilgi(address, 4).Signal);
        Assert.Equal(Errno.ENXIO, under.SysRead(address, 4, out _).Errno);
    }

    [Theory]
    [InlineData("linux-7.2,mio")]
    [InlineData("linux-7.2,nomio")]
    public void A_plain_access_is_SIGILL_3_and_brings_the_page(string host)
    {
        var under = new HostUnderTest(host);
        var address = under.MapBar(under.Open());
        var expected = new SignalInfo(Signal.SIGILL, 3, true);

        Assert.Equal(expected, under.Process.Load(address, 4).Signal);
        Assert.Equal(expected, under.Process.Store(address, 4, 0).Signal);
        Assert.True(under.Process.Memory.IsPresent(address));
        Assert.Equal(5, UserProcess.Pcilg().Signal.Code);
    }

    [Fact]
    public void A_child_has_the_mapping_too()
    {
        var under = new HostUnderTest("linux-7.2,mio");
        var device = under.Open();
        var address = under.MapBar(device);
        var child = under.Process.Fork();

        Assert.True(child.Pcilgi(address, 4).IsDone);
        HostUnderTest.SetMemory(device, false);
        Assert.Equal(Signal.SIGBUS, child.Pcilgi(address, 4).Signal.Number);
        child.Exit();
        Assert.Equal(1, device.MappingCount);
    }
}
