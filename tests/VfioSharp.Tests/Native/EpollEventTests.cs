using VfioSharp.Native;

namespace VfioSharp.Tests.Native;

public sealed class EpollEventTests
{
    [Fact]
    public unsafe void An_event_has_the_size_and_the_place_of_its_data_that_the_kernel_has_on_this_machine()
    {
        const ulong Mark = 0x1122334455667788;
        Assert.Equal(HostMachine.Name == "x86_64" ? 12 : 16, EpollEvent.Size);
        using var epoll = Libc.epoll_create1(Libc.EPOLL_CLOEXEC);
        using var first = EventFd.Create();
        using var second = EventFd.Create();
        var added = stackalloc byte[EpollEvent.LargestSize];
        EpollEvent.Write(added, Libc.EPOLLIN, Mark);
        Assert.Equal(0, Libc.epoll_ctl(epoll, Libc.EPOLL_CTL_ADD, first.Descriptor, added));
        EpollEvent.Write(added, Libc.EPOLLIN, Mark + 1);
        Assert.Equal(0, Libc.epoll_ctl(epoll, Libc.EPOLL_CTL_ADD, second.Descriptor, added));
        first.Signal();
        second.Signal();
        var events = stackalloc byte[2 * EpollEvent.LargestSize];
        Assert.Equal(2, Libc.epoll_wait(epoll, events, 2, 0));
        Assert.Equal([Mark, Mark + 1], new[] { EpollEvent.ReadData(events, 0), EpollEvent.ReadData(events, 1) }.Order());
    }
}
