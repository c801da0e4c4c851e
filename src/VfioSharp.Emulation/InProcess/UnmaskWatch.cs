using VfioSharp.Native;

namespace VfioSharp.Emulation.InProcess;

/// <summary>
/// Waits in a thread of its own for an eventfd that takes the mask of the interrupt line away (drivers/vfio/virqfd.c). Owns the eventfd.
/// </summary>
internal sealed unsafe class UnmaskWatch : IDisposable
{
    private readonly FileDescriptor _event;
    private readonly EventFd _stop;
    private readonly Action _unmask;
    private readonly Thread _thread;

    private UnmaskWatch(FileDescriptor @event, EventFd stop, Action unmask)
    {
        _event = @event;
        _stop = stop;
        _unmask = unmask;
        _thread = new Thread(Watch) { IsBackground = true, Name = "VfioSharp unmask" };
    }

    /// <summary>Starts to wait.</summary>
    /// <param name="event">The eventfd, which is this object's from here on, also where this method throws.</param>
    /// <param name="unmask">Called in the thread each time that it is signalled.</param>
    /// <exception cref="VfioException">No descriptor is left.</exception>
    public static UnmaskWatch Start(FileDescriptor @event, Action unmask)
    {
        EventFd stop;
        try
        {
            stop = EventFd.Create();
        }
        catch
        {
            @event.Dispose();
            throw;
        }

        var watch = new UnmaskWatch(@event, stop, unmask);
        watch._thread.UnsafeStart();
        return watch;
    }

    /// <summary>Ends the thread, and closes the eventfd.</summary>
    public void Dispose()
    {
        _stop.Signal();
        _thread.Join();
        _event.Dispose();
        _stop.Dispose();
    }

    private void Watch()
    {
        var polls = stackalloc Libc.PollDescriptor[2];
        polls[0] = new Libc.PollDescriptor { Descriptor = _event.Number, Events = Libc.POLLIN };
        polls[1] = new Libc.PollDescriptor { Descriptor = _stop.Descriptor.Number, Events = Libc.POLLIN };
        while (true)
        {
            if (Libc.poll(polls, 2, -1) < 0)
            {
                if (Libc.LastErrno == Errno.EINTR)
                    continue;
                return;
            }

            if (polls[1].ReturnedEvents != 0)
                return;
            ulong count;
            if (Libc.read(_event.Number, &count, sizeof(ulong)) == sizeof(ulong))
                _unmask();
        }
    }
}
