using VfioSharp.Native;

namespace VfioSharp.Emulation;

/// <summary>
/// A thread that tells when eventfds are signalled. It never reads them, as whoever shares an eventfd may have made it one that blocks, and may
/// read it first; a signal is an edge of an epoll set (epoll(7)), of which several before it is taken are one. Events are added, removed and taken
/// by one thread at a time.
/// </summary>
internal sealed unsafe class EventWatch : IDisposable
{
    private readonly FileDescriptor _epoll;
    private readonly EventFd _stop;
    private readonly Action _signalled;
    private readonly Thread _thread;

    private EventWatch(FileDescriptor epoll, EventFd stop, string threadName, Action signalled)
    {
        _epoll = epoll;
        _stop = stop;
        _signalled = signalled;
        _thread = new Thread(Watch) { IsBackground = true, Name = threadName };
    }

    /// <summary>Starts the thread.</summary>
    /// <param name="threadName">Its name.</param>
    /// <param name="signalled">Called in it while there may be something for <see cref="TryTake"/>, again and again until that is taken.</param>
    /// <exception cref="VfioException">No descriptor is left.</exception>
    public static EventWatch Start(string threadName, Action signalled)
    {
        var stop = EventFd.Create();
        var epoll = Libc.epoll_create1(Libc.EPOLL_CLOEXEC);
        try
        {
            if (epoll.IsInvalid)
            {
                var errno = Libc.LastErrno;
                throw new VfioException("watch eventfds", null, errno, EventFd.DescriptorAdvice(errno));
            }

            var watch = new EventWatch(epoll, stop, threadName, signalled);
            watch._thread.UnsafeStart();
            return watch;
        }
        catch
        {
            epoll.Dispose();
            stop.Dispose();
            throw;
        }
    }

    /// <summary>Adds an eventfd, which may be signalled already.</summary>
    /// <param name="event">The eventfd; it stays the caller's, who removes it before it is closed.</param>
    /// <param name="number">By which it is known from here on, not negative.</param>
    /// <exception cref="VfioException">It can be in no epoll set, or the kernel has no room.</exception>
    public void Add(FileDescriptor @event, int number)
    {
        var entry = stackalloc byte[EpollEvent.LargestSize];
        EpollEvent.Write(entry, Libc.EPOLLIN | Libc.EPOLLET, (ulong)number);
        if (Libc.epoll_ctl(_epoll, Libc.EPOLL_CTL_ADD, @event, entry) != 0)
            throw new VfioException("watch an eventfd", null, Libc.LastErrno);
    }

    /// <summary>Removes an eventfd, with a signal that was not taken.</summary>
    public void Remove(FileDescriptor @event)
    {
        var unused = stackalloc byte[EpollEvent.LargestSize];
        _ = Libc.epoll_ctl(_epoll, Libc.EPOLL_CTL_DEL, @event, unused);
    }

    /// <summary>Takes a signal if there is one.</summary>
    /// <param name="number">Whose it is.</param>
    /// <returns>Whether there was one.</returns>
    public bool TryTake(out int number)
    {
        var taken = stackalloc byte[EpollEvent.LargestSize];
        int count;
        do
            count = Libc.epoll_wait(_epoll, taken, 1, 0);
        while (count < 0 && Libc.LastErrno == Errno.EINTR);
        number = count == 1 ? (int)EpollEvent.ReadData(taken, 0) : -1;
        return count == 1;
    }

    /// <summary>Ends the thread, after the call that it makes; not to be waited for by that call.</summary>
    public void Dispose()
    {
        _stop.Signal();
        _thread.Join();
        _epoll.Dispose();
        _stop.Dispose();
    }

    private void Watch()
    {
        var polls = stackalloc Libc.PollDescriptor[2];
        while (true)
        {
            polls[0] = new Libc.PollDescriptor { Descriptor = _epoll.Number, Events = Libc.POLLIN };
            polls[1] = new Libc.PollDescriptor { Descriptor = _stop.Descriptor.Number, Events = Libc.POLLIN };
            // An epoll set is readable while something can be taken from it.
            if (Libc.poll(polls, 2, -1) < 0)
                continue;
            if (polls[1].ReturnedEvents != 0)
                return;
            _signalled();
        }
    }
}
