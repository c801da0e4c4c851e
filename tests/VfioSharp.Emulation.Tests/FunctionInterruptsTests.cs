using VfioSharp.Config;
using VfioSharp.Emulation.Interrupts;
using VfioSharp.Interrupts;
using VfioSharp.Native;

namespace VfioSharp.Emulation.Tests;

public sealed class FunctionInterruptsTests : IDisposable
{
    private const ulong SecondVectorControl = 16 + 12;

    private readonly Signalling _function = new();
    private readonly FunctionInterrupts _interrupts;
    private readonly EventFd[] _events = [EventFd.Create(), EventFd.Create(), EventFd.Create(), EventFd.Create()];

    public FunctionInterruptsTests() => _interrupts = new FunctionInterrupts(_function);

    public void Dispose()
    {
        _interrupts.Dispose();
        _function.Dispose();
        foreach (var one in _events)
            one.Dispose();
    }

    [Fact]
    public void Connecting_MSI_X_switches_it_on_and_unmasks_what_is_connected()
    {
        Assert.Equal(Errno.None, _interrupts.Connect(InterruptIndex.Msix, 0, [Reference(0), null]));
        Assert.True(_function.Config.IsMsixEnabled);
        Assert.True(_interrupts.UsesMessages);
        Assert.False(_function.Msix!.IsMasked(0));
        Assert.True(_function.Msix.IsMasked(1));
        _interrupts.Signal(0);
        _interrupts.Signal(1);
        _interrupts.Signal(7);
        _interrupts.Signal(-1);
        Assert.Equal([1ul, 0ul, 0ul, 0ul], Take());
        Assert.Equal(Errno.None, _interrupts.Disable(InterruptIndex.Msix));
        Assert.False(_function.Config.IsMsixEnabled);
        Assert.True(_function.Msix.IsMasked(0));
        _interrupts.Signal(0);
        Assert.Equal([0ul, 0ul, 0ul, 0ul], Take());
    }

    [Fact]
    public void An_interrupt_of_a_vector_that_the_driver_masked_comes_once_when_the_mask_goes()
    {
        Connect(InterruptIndex.Msix, 2);
        _function.WriteBar(0, SecondVectorControl, [1, 0, 0, 0]);
        _interrupts.Signal(1);
        _interrupts.Signal(1);
        Assert.Equal([0ul, 0ul, 0ul, 0ul], Take());
        Assert.Equal(2, ReadPending());
        _function.WriteBar(0, SecondVectorControl, [0, 0, 0, 0]);
        Assert.Equal([0ul, 1ul, 0ul, 0ul], Take());
        Assert.Equal(0, ReadPending());
    }

    [Fact]
    public void The_mask_over_all_vectors_holds_every_one_back()
    {
        Connect(InterruptIndex.Msix, 2);
        _function.WriteConfig(_function.Config.MsixOffset + 2, [0, 0xc0]);
        _interrupts.Signal(0);
        _interrupts.Signal(1);
        Assert.Equal([0ul, 0ul, 0ul, 0ul], Take());
        _function.WriteConfig(_function.Config.MsixOffset + 2, [0, 0x80]);
        Assert.Equal([1ul, 1ul, 0ul, 0ul], Take());
    }

    [Fact]
    public void A_request_masks_a_vector_as_well()
    {
        Connect(InterruptIndex.Msix, 2);
        Assert.Equal(Errno.None, _interrupts.SetMask(InterruptIndex.Msix, 0, 1, true));
        _interrupts.Signal(0);
        Assert.Equal([0ul, 0ul, 0ul, 0ul], Take());
        Assert.Equal(Errno.None, _interrupts.SetMask(InterruptIndex.Msix, 0, 1, false));
        Assert.Equal([1ul, 0ul, 0ul, 0ul], Take());
    }

    [Fact]
    public void MSI_gives_what_it_was_granted_and_the_last_vector_is_shared()
    {
        Connect(InterruptIndex.Msi, 2);
        Assert.True(_function.Config.IsMsiEnabled);
        Assert.Equal(2, _function.Config.GrantedMsiVectors);
        _interrupts.Signal(0);
        _interrupts.Signal(1);
        _interrupts.Signal(3);
        Assert.Equal([1ul, 2ul, 0ul, 0ul], Take());
        Assert.Equal(Errno.EINVAL, _interrupts.Connect(InterruptIndex.Msi, 2, [Reference(2)]));
        Assert.Equal(Errno.None, _interrupts.Disable(InterruptIndex.Msi));
        Assert.False(_function.Config.IsMsiEnabled);
    }

    [Fact]
    public void A_vector_of_MSI_that_is_masked_in_configuration_space_is_pending_there()
    {
        Connect(InterruptIndex.Msi, 4);
        var mask = _function.Config.MsiOffset + 0x10;
        _function.WriteConfig(mask, [4, 0, 0, 0]);
        _interrupts.Signal(2);
        Assert.Equal([0ul, 0ul, 0ul, 0ul], Take());
        var pending = new byte[4];
        _function.ReadConfig(mask + 4, pending);
        Assert.Equal([4, 0, 0, 0], pending);
        _function.WriteConfig(mask, [0, 0, 0, 0]);
        Assert.Equal([0ul, 0ul, 1ul, 0ul], Take());
    }

    [Fact]
    public void The_line_masks_itself_and_fires_again_while_it_is_up()
    {
        Connect(InterruptIndex.Intx, 1);
        Assert.False(_interrupts.UsesMessages);
        _interrupts.SetLine(true);
        _interrupts.SetLine(true);
        Assert.Equal([1ul, 0ul, 0ul, 0ul], Take());
        Assert.Equal(8, ReadStatus() & 8);
        _interrupts.SetMask(InterruptIndex.Intx, 0, 1, false);
        Assert.Equal([1ul, 0ul, 0ul, 0ul], Take());
        _interrupts.SetLine(false);
        _interrupts.SetMask(InterruptIndex.Intx, 0, 1, false);
        Assert.Equal([0ul, 0ul, 0ul, 0ul], Take());
        Assert.Equal(0, ReadStatus() & 8);
    }

    [Fact]
    public void The_line_stays_silent_while_the_command_register_disables_it()
    {
        Connect(InterruptIndex.Intx, 1);
        _function.WriteConfig(4, [0, 4]);
        _interrupts.SetLine(true);
        Assert.Equal([0ul, 0ul, 0ul, 0ul], Take());
        Assert.Equal(8, ReadStatus() & 8);
        _function.WriteConfig(4, [0, 0]);
        Assert.Equal([1ul, 0ul, 0ul, 0ul], Take());
    }

    [Fact]
    public void Without_messages_a_signalled_vector_is_one_turn_of_the_line()
    {
        Connect(InterruptIndex.Intx, 1);
        _interrupts.Signal(3);
        _interrupts.Signal(2);
        Assert.Equal([1ul, 0ul, 0ul, 0ul], Take());
        _interrupts.SetMask(InterruptIndex.Intx, 0, 1, false);
        Assert.Equal([1ul, 0ul, 0ul, 0ul], Take());
        _interrupts.SetMask(InterruptIndex.Intx, 0, 1, false);
        Assert.Equal([0ul, 0ul, 0ul, 0ul], Take());
    }

    [Fact]
    public void Only_one_of_INTx_MSI_and_MSI_X_is_on()
    {
        Connect(InterruptIndex.Msix, 1);
        Assert.Equal(Errno.EINVAL, _interrupts.Connect(InterruptIndex.Msi, 0, [Reference(1)]));
        Assert.Equal(Errno.EINVAL, _interrupts.Connect(InterruptIndex.Intx, 0, [Reference(1)]));
        Assert.Equal(Errno.None, _interrupts.Connect(InterruptIndex.Error, 0, [Reference(1)]));
        Assert.Equal(Errno.EINVAL, _interrupts.Trigger(InterruptIndex.Msi, 0, 1));
        Assert.Equal(Errno.None, _interrupts.Trigger(InterruptIndex.Error, 0, 1));
        Assert.Equal([0ul, 1ul, 0ul, 0ul], Take());
    }

    [Theory]
    [InlineData(-1, 1)]
    [InlineData(4, 1)]
    [InlineData(3, 2)]
    [InlineData(1, int.MaxValue)]
    [InlineData(0, 0)]
    public void Vectors_that_there_are_not_are_refused(int start, int count)
    {
        Connect(InterruptIndex.Msix, 1);
        Assert.Equal(Errno.EINVAL, _interrupts.Trigger(InterruptIndex.Msix, start, count));
        Assert.Equal(Errno.EINVAL, _interrupts.SetMask(InterruptIndex.Msix, start, count, true));
    }

    [Fact]
    public void What_is_no_eventfd_is_refused_and_closed()
    {
        var file = Libc.open("/dev/null", Libc.O_RDWR | Libc.O_CLOEXEC);
        Assert.Equal(Errno.EINVAL, _interrupts.Connect(InterruptIndex.Msix, 0, [file]));
        Assert.True(file.IsClosed);
        Assert.False(_function.Config.IsMsixEnabled);
    }

    [Fact]
    public void What_is_connected_stays_so_over_a_reset()
    {
        Connect(InterruptIndex.Msix, 2);
        _interrupts.SetLine(true);
        _function.Reset();
        Assert.True(_function.Config.IsMsixEnabled);
        _interrupts.Signal(1);
        Assert.Equal([0ul, 1ul, 0ul, 0ul], Take());
        _interrupts.DisableAll();
        _function.Reset();
        Assert.False(_function.Config.IsMsixEnabled);
    }

    [Fact]
    public void A_counter_at_its_end_does_not_block()
    {
        using var blocking = Libc.eventfd(0, Libc.EFD_CLOEXEC);
        unsafe
        {
            var most = ulong.MaxValue - 1;
            Assert.Equal(8, Libc.write(blocking, &most, 8));
        }

        Assert.Equal(Errno.None, _interrupts.Connect(InterruptIndex.Msix, 0, [Duplicate(blocking)]));
        _interrupts.Signal(0);
        Assert.Equal(Errno.None, _interrupts.Disable(InterruptIndex.Msix));
    }

    private void Connect(InterruptIndex index, int count)
    {
        var events = new FileDescriptor?[count];
        for (var i = 0; i < count; i++)
            events[i] = Reference(i);
        Assert.Equal(Errno.None, _interrupts.Connect(index, 0, events));
    }

    private FileDescriptor Reference(int index) => Duplicate(_events[index].Descriptor);

    private static FileDescriptor Duplicate(FileDescriptor descriptor) => new(Libc.fcntl(descriptor, Libc.F_DUPFD_CLOEXEC, 0));

    private ulong[] Take() => Array.ConvertAll(_events, one => one.TryTake(out var count) ? count : 0);

    private int ReadPending()
    {
        var pending = new byte[1];
        _function.ReadBar(0, 0x800, pending);
        return pending[0];
    }

    private int ReadStatus()
    {
        var status = new byte[2];
        _function.ReadConfig(6, status);
        return status[0];
    }

    private sealed class Signalling : PciFunction
    {
        public Signalling()
            : base(new PciIdentity(0x1af4, 0x10f2, new ClassCode(0xff0000)) { InterruptPin = 1 }, [new FunctionBar(0, 0x1000)], new MsixTable(0, 4, 0, 0x800)) =>
            Config.AddMsi(4);

        protected override void OnRead(int bar, ulong offset, Span<byte> destination) => destination.Clear();

        protected override void OnWrite(int bar, ulong offset, ReadOnlySpan<byte> source)
        {
        }
    }
}
