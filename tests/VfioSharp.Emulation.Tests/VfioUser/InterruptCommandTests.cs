using VfioSharp.Native;

namespace VfioSharp.Emulation.Tests.VfioUser;

public sealed class InterruptCommandTests : IDisposable
{
    private const uint None = 1;
    private const uint Bool = 2;
    private const uint Event = 4;
    private const uint Mask = 8;
    private const uint Unmask = 0x10;
    private const uint Trigger = 0x20;
    private const uint Intx = 0;
    private const uint Msi = 1;
    private const uint Msix = 2;
    private const uint Error = 3;
    private const uint Request = 4;

    private readonly EngineFunction _function = new();
    private readonly EventFd[] _events = [EventFd.Create(), EventFd.Create(), EventFd.Create(), EventFd.Create()];
    private readonly TestClient _client;

    public InterruptCommandTests() => _client = TestClient.Attach(_function);

    private FileDescriptor[] Fds => Array.ConvertAll(_events, e => e.Descriptor);

    public void Dispose()
    {
        _client.Dispose();
        _function.Dispose();
        Array.ForEach(_events, e => e.Dispose());
    }

    [Fact]
    public void A_vector_fires_its_eventfd_and_no_other()
    {
        Assert.Equal(Errno.None, _client.SetIrqs(Event | Trigger, Msix, 0, 4, [], Fds));
        Assert.True(_client.Run(EngineFunction.Job.Signal, vector: 2));
        Assert.Equal([0, 0, 1, 0], Counts());
    }

    [Fact]
    public void QEMUs_order_of_enabling_ends_with_a_vector_that_fires()
    {
        Assert.Equal(Errno.None, _client.SetIrqs(Event | Trigger, Error, 0, 1, [], Fds[3]));
        Assert.Equal(Errno.None, _client.SetIrqs(Event | Trigger, Msix, 0, 1, []));
        Assert.Equal(Errno.None, _client.SetIrqs(None | Trigger, Msix, 0, 0, []));
        Assert.Equal(Errno.None, _client.SetIrqs(Event | Trigger, Msix, 0, 1, [], Fds[0]));
        Assert.True(_client.Run(EngineFunction.Job.Signal, vector: 0));
        Assert.Equal([1, 0, 0, 0], Counts());
    }

    [Fact]
    public void What_is_disabled_does_not_fire_and_its_descriptors_are_closed()
    {
        using var file = new SharedFile(1);
        Assert.Equal(Errno.None, _client.SetIrqs(Event | Trigger, Msix, 0, 2, [], Fds[..2]));
        Assert.Equal(Errno.None, _client.SetIrqs(None | Trigger, Msix, 0, 0, []));
        Assert.True(_client.Run(EngineFunction.Job.Signal, vector: 0));
        Assert.Equal([0, 0, 0, 0], Counts());
    }

    [Fact]
    public void A_vector_whose_eventfd_is_replaced_fires_the_new_one()
    {
        Assert.Equal(Errno.None, _client.SetIrqs(Event | Trigger, Msix, 0, 1, [], Fds[0]));
        Assert.Equal(Errno.None, _client.SetIrqs(Event | Trigger, Msix, 0, 1, [], Fds[1]));
        Assert.True(_client.Run(EngineFunction.Job.Signal, vector: 0));
        Assert.Equal([0, 1, 0, 0], Counts());
    }

    [Fact]
    public void Vectors_fire_by_hand_all_of_a_range_or_those_whose_byte_is_1()
    {
        Assert.Equal(Errno.None, _client.SetIrqs(Event | Trigger, Msix, 0, 4, [], Fds));
        Assert.Equal(Errno.None, _client.SetIrqs(None | Trigger, Msix, 1, 2, []));
        Assert.Equal(Errno.None, _client.SetIrqs(Bool | Trigger, Msix, 0, 4, [1, 0, 2, 1]));
        Assert.Equal([1, 1, 1, 1], Counts());
        Assert.Equal(Errno.None, _client.SetIrqs(Event | Trigger, Request, 0, 1, [], Fds[3]));
        Assert.Equal(Errno.None, _client.SetIrqs(None | Trigger, Request, 0, 1, []));
        Assert.Equal([0, 0, 0, 1], Counts());
    }

    [Fact]
    public void A_vector_that_is_held_back_fires_once_when_it_is_let_through()
    {
        Assert.Equal(Errno.None, _client.SetIrqs(Event | Trigger, Msi, 0, 4, [], Fds));
        Assert.Equal(Errno.None, _client.SetIrqs(Bool | Mask, Msi, 0, 4, [0, 1, 0, 0]));
        Assert.True(_client.Run(EngineFunction.Job.Signal, vector: 1));
        Assert.True(_client.Run(EngineFunction.Job.Signal, vector: 1));
        Assert.True(_client.Run(EngineFunction.Job.Signal, vector: 2));
        Assert.Equal([0, 0, 1, 0], Counts());
        Assert.Equal(Errno.None, _client.SetIrqs(None | Unmask, Msi, 0, 4, []));
        Assert.Equal([0, 1, 0, 0], Counts());
    }

    [Fact]
    public void Vectors_of_MSI_are_connected_in_several_messages()
    {
        Assert.Equal(Errno.None, _client.SetIrqs(Event | Trigger, Msi, 0, 2, [], Fds[..2]));
        Assert.Equal(Errno.None, _client.SetIrqs(Event | Trigger, Msi, 2, 2, [], Fds[2..]));
        Assert.True(_client.Run(EngineFunction.Job.Signal, vector: 3));
        Assert.Equal([0, 0, 0, 1], Counts());
    }

    [Fact]
    public void The_line_fires_once_and_again_when_it_is_let_through_while_it_is_up()
    {
        Assert.Equal(Errno.None, _client.SetIrqs(Event | Trigger, Intx, 0, 1, [], Fds[0]));
        Assert.True(_client.Run(EngineFunction.Job.AssertLine));
        Assert.True(_client.Run(EngineFunction.Job.AssertLine));
        Assert.Equal([1, 0, 0, 0], Counts());
        Assert.Equal(8, _client.ReadRegion(7, 6, 1)[0] & 8);
        Assert.Equal(Errno.None, _client.SetIrqs(None | Unmask, Intx, 0, 1, []));
        Assert.Equal([1, 0, 0, 0], Counts());
        Assert.True(_client.Run(EngineFunction.Job.DeassertLine));
        Assert.Equal(Errno.None, _client.SetIrqs(None | Unmask, Intx, 0, 1, []));
        Assert.Equal([0, 0, 0, 0], Counts());
        Assert.Equal(0, _client.ReadRegion(7, 6, 1)[0] & 8);
    }

    [Fact]
    public void The_line_is_let_through_by_an_eventfd_as_long_as_it_is_connected()
    {
        // Before the line is on there is nothing to let through.
        Assert.Equal(Errno.EINVAL, _client.SetIrqs(Event | Unmask, Intx, 0, 1, [], Fds[1]));
        Assert.Equal(Errno.None, _client.SetIrqs(Event | Trigger, Intx, 0, 1, [], Fds[0]));
        Assert.Equal(Errno.None, _client.SetIrqs(Event | Unmask, Intx, 0, 1, [], Fds[1]));
        Assert.True(_client.Run(EngineFunction.Job.AssertLine));
        Assert.True(_events[0].TryTake(out _));
        for (var i = 0; i < 3; i++)
        {
            _events[1].Signal();
            Assert.True(SpinWait.SpinUntil(() => _events[0].TryTake(out _), 10_000));
        }

        // Another takes its place, which may have been signalled before.
        _events[2].Signal();
        Assert.Equal(Errno.None, _client.SetIrqs(Event | Unmask, Intx, 0, 1, [], Fds[2]));
        Assert.True(SpinWait.SpinUntil(() => _events[0].TryTake(out _), 10_000));
        _events[1].Signal();
        Assert.Equal(Errno.None, _client.SetIrqs(Event | Unmask, Intx, 0, 1, []));
        _events[2].Signal();
        _client.ReadRegion(0, 0x80, 4);
        Thread.Sleep(50);
        Assert.False(_events[0].TryTake(out _));
        Assert.Equal(Errno.None, _client.SetIrqs(None | Unmask, Intx, 0, 1, []));
        Assert.True(_events[0].TryTake(out _));

        using var file = new SharedFile(1);
        Assert.Equal(Errno.EINVAL, _client.SetIrqs(Event | Unmask, Intx, 0, 1, [], file.Descriptor));
        Assert.Equal(Errno.EINVAL, _client.SetIrqs(Event | Mask, Intx, 0, 1, [], Fds[1]));
        Assert.Equal(1, file.OpenCount);
    }

    [Fact]
    public void A_pulse_of_the_line_that_is_held_back_comes_when_the_driver_lets_it_through()
    {
        Assert.Equal(Errno.None, _client.SetIrqs(Event | Trigger, Intx, 0, 1, [], Fds[0]));
        _client.WriteRegion(7, 4, 0, 4);
        Assert.True(_client.Run(EngineFunction.Job.Signal));
        Assert.Equal([0, 0, 0, 0], Counts());
        _client.WriteRegion(7, 4, 0, 0);
        Assert.Equal([1, 0, 0, 0], Counts());
    }

    [Fact]
    public void A_reset_keeps_what_is_connected()
    {
        Assert.Equal(Errno.None, _client.SetIrqs(Event | Trigger, Msix, 0, 4, [], Fds));
        Assert.Equal(Errno.None, _client.ErrnoOf(Backends.VfioUser.Wire.VfioUserCommand.DeviceReset, []));
        Assert.True(_client.Run(EngineFunction.Job.Signal, vector: 3));
        Assert.Equal([0, 0, 0, 1], Counts());
    }

    [Theory]
    [InlineData(None | Mask | Unmask, Msix, 0u, 1u)]
    [InlineData(None | Bool | Trigger, Msix, 0u, 1u)]
    [InlineData(None, Msix, 0u, 1u)]
    [InlineData(Trigger, Msix, 0u, 1u)]
    [InlineData(None | Trigger, 5u, 0u, 1u)]
    [InlineData(None | Trigger, Msix, 0u, 5u)]
    [InlineData(None | Trigger, Msix, 4u, 0u)]
    [InlineData(None | Trigger, Msix, 4u, 1u)]
    [InlineData(None | Trigger, Msix, 3u, 2u)]
    [InlineData(None | Trigger, Msix, 1u, uint.MaxValue)]
    [InlineData(None | Trigger, Msix, 1u, 0u)]
    [InlineData(None | Mask, Msix, 0u, 0u)]
    [InlineData(Event | Trigger, Msix, 0u, 0u)]
    [InlineData(Bool | Trigger, Msix, 0u, 0u)]
    [InlineData(Bool | Trigger, Msix, 0u, 2u)]
    [InlineData(None | Mask, Error, 0u, 1u)]
    [InlineData(None | Unmask, Request, 0u, 1u)]
    [InlineData(None | Trigger, Error, 0u, 2u)]
    [InlineData(None | Trigger, Request, 1u, 1u)]
    [InlineData(Event | Unmask, Intx, 0u, 1u)]
    public void What_no_SET_IRQS_can_be_is_refused(uint flags, uint index, uint start, uint count) =>
        Assert.Equal(Errno.EINVAL, _client.SetIrqs(flags, index, start, count, []));

    [Theory]
    [InlineData(None | Trigger, 1u, 1)]
    [InlineData(Bool | Trigger, 1u, 1)]
    [InlineData(Event | Trigger, 1u, 2)]
    [InlineData(Event | Trigger, 3u, 2)]
    public void Descriptors_that_are_not_as_many_as_vectors_or_not_asked_for_are_refused_and_closed(uint flags, uint count, int fds)
    {
        using var file = new SharedFile(1);
        var descriptors = Enumerable.Repeat(file.Descriptor, fds).ToArray();
        Assert.Equal(Errno.EINVAL, _client.SetIrqs(flags, Msix, 0, count, (flags & Bool) != 0 ? [1] : [], descriptors));
        Assert.Equal(Errno.None, _client.ErrnoOf(Backends.VfioUser.Wire.VfioUserCommand.DeviceReset, []));
        Assert.Equal(1, file.OpenCount);
    }

    [Fact]
    public void What_is_no_eventfd_is_refused_and_changes_nothing()
    {
        using var file = new SharedFile(1);
        Assert.Equal(Errno.None, _client.SetIrqs(Event | Trigger, Msix, 0, 1, [], Fds[0]));
        Assert.Equal(Errno.EINVAL, _client.SetIrqs(Event | Trigger, Msix, 0, 2, [], Fds[1], file.Descriptor));
        Assert.True(_client.Run(EngineFunction.Job.Signal, vector: 0));
        Assert.Equal([1, 0, 0, 0], Counts());
        Assert.Equal(1, file.OpenCount);
    }

    [Theory]
    [InlineData(19, 20u)]
    [InlineData(20, 19u)]
    public void A_message_that_is_too_short_is_refused(int length, uint argumentSize) => Assert.Equal(
        Errno.EINVAL,
        _client.ErrnoOf(Backends.VfioUser.Wire.VfioUserCommand.DeviceSetIrqs, Wire.Pack(argumentSize, None | Trigger, Msix, 0u, 1u)[..length]));

    [Fact]
    public unsafe void An_eventfd_that_would_block_stops_nobody()
    {
        using var blocking = Libc.eventfd(0, Libc.EFD_CLOEXEC);
        var most = ulong.MaxValue - 1;
        Assert.Equal(8, Libc.write(blocking, &most, 8));
        Assert.Equal(Errno.None, _client.SetIrqs(Event | Trigger, Msix, 0, 1, [], blocking));
        Assert.True(_client.Run(EngineFunction.Job.Signal, vector: 0));
    }

    [Fact]
    public void A_vector_that_the_function_fires_from_its_own_thread_arrives()
    {
        Assert.Equal(Errno.None, _client.SetIrqs(Event | Trigger, Msix, 0, 4, [], Fds));
        _function.RequestFromHere(EngineFunction.Job.Signal);
        Assert.True(SpinWait.SpinUntil(() => Counts()[0] != 0, 10_000));
    }

    private int[] Counts() => Array.ConvertAll(_events, e => e.TryTake(out var count) ? (int)count : 0);
}
