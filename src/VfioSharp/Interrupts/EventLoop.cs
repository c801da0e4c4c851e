using Microsoft.Extensions.Logging;
using VfioSharp.Native;

namespace VfioSharp.Interrupts;

/// <summary>
/// Watches the eventfds of one device with epoll(7), in one thread that starts with the first watch. Each watch is one-shot: it fires
/// once and stays silent until it is armed again, so that interrupts nobody waits for cost this thread nothing. Arming looks at the
/// counter anew, so an interrupt that came before is not missed. No code of the library's user runs in the thread.
/// </summary>
internal sealed unsafe class EventLoop(ILogger logger)
{
    private const ulong WakeUp = 0;
    private const int EventsAtOnce = 64;

    // A lock below every other of the room: nothing is called while it is held.
    private readonly object _gate = new();
    private readonly Dictionary<ulong, InterruptVector> _watched = [];
    private FileDescriptor? _epoll;
    private EventFd? _wakeUp;
    private Thread? _thread;
    private ulong _lastWatch = WakeUp;
    private bool _closed;
    private VfioException? _failure;

    /// <summary>Starts the thread where it does not run yet.</summary>
    /// <exception cref="ObjectDisposedException">The device is closed.</exception>
    /// <exception cref="VfioException">No descriptor is left, or the thread failed before.</exception>
    public void Start()
    {
        lock (_gate)
            StartLocked();
    }

    /// <summary>Begins to watch a vector, armed.</summary>
    /// <returns>The number of the watch, never 0; numbers are not used twice, so that a late event finds nobody rather than another.</returns>
    /// <exception cref="ObjectDisposedException">The device is closed.</exception>
    /// <exception cref="VfioException">The kernel refuses, or the thread failed before.</exception>
    public ulong Watch(InterruptVector vector, FileDescriptor descriptor)
    {
        lock (_gate)
        {
            StartLocked();
            var watch = ++_lastWatch;
            Control(Libc.EPOLL_CTL_ADD, descriptor, Libc.EPOLLIN | Libc.EPOLLONESHOT, watch);
            _watched.Add(watch, vector);
            return watch;
        }
    }

    /// <summary>Arms a watch again.</summary>
    /// <inheritdoc cref="Watch"/>
    public void Arm(ulong watch, FileDescriptor descriptor)
    {
        lock (_gate)
        {
            StartLocked();
            Control(Libc.EPOLL_CTL_MOD, descriptor, Libc.EPOLLIN | Libc.EPOLLONESHOT, watch);
        }
    }

    /// <summary>Ends a watch. Does nothing where the loop is closed, which ended them all.</summary>
    public void Forget(ulong watch, FileDescriptor descriptor)
    {
        lock (_gate)
        {
            // A refusal would change nothing: close takes the eventfd out of the set too, and its number finds nobody from here on.
            if (_watched.Remove(watch) && !_closed)
                _ = TryControl(Libc.EPOLL_CTL_DEL, descriptor, 0, watch);
        }
    }

    /// <summary>Ends every watch and the thread, and returns when the thread has ended.</summary>
    public void Close()
    {
        Thread? thread;
        lock (_gate)
        {
            if (_closed)
                return;
            _closed = true;
            thread = _thread;
            _wakeUp?.Signal();
        }

        // A synchronization context may run what it is posted at once, here; a thread that waits for itself would do so for ever.
        if (thread != Thread.CurrentThread)
            thread?.Join();
    }

    private void StartLocked()
    {
        ObjectDisposedException.ThrowIf(_closed, typeof(DeviceInterrupts));
        if (_failure is not null)
            throw new VfioException(_failure.Operation, _failure.Device, _failure.Errno, _failure.Advice, _failure);
        if (_thread is not null)
            return;
        try
        {
            _epoll = Libc.epoll_create1(Libc.EPOLL_CLOEXEC);
            if (_epoll.IsInvalid)
            {
                var errno = Libc.LastErrno;
                throw new VfioException("create an epoll set", null, errno, EventFd.DescriptorAdvice(errno));
            }

            _wakeUp = EventFd.Create();
            Control(Libc.EPOLL_CTL_ADD, _wakeUp.Descriptor, Libc.EPOLLIN, WakeUp);
            var thread = new Thread(Run) { IsBackground = true, Name = "VfioSharp interrupts" };
            thread.UnsafeStart();
            _thread = thread;
        }
        catch
        {
            ReleaseDescriptors();
            throw;
        }
    }

    private void ReleaseDescriptors()
    {
        _wakeUp?.Dispose();
        _epoll?.Dispose();
        _wakeUp = null;
        _epoll = null;
    }

    private void Control(int operation, FileDescriptor descriptor, uint events, ulong watch)
    {
        if (TryControl(operation, descriptor, events, watch))
            return;
        var errno = Libc.LastErrno;
        var advice = errno == Errno.ENOSPC ? "too many files are watched; raise fs.epoll.max_user_watches with sysctl." : null;
        throw new VfioException("watch an eventfd with epoll", null, errno, advice);
    }

    private bool TryControl(int operation, FileDescriptor descriptor, uint events, ulong watch)
    {
        var epollEvent = stackalloc byte[EpollEvent.LargestSize];
        EpollEvent.Write(epollEvent, events, watch);
        return Libc.epoll_ctl(_epoll!, operation, descriptor, epollEvent) == 0;
    }

    private void Run()
    {
        try
        {
            var events = stackalloc byte[EventsAtOnce * EpollEvent.LargestSize];
            while (true)
            {
                var count = Libc.epoll_wait(_epoll!, events, EventsAtOnce, -1);
                var errno = count < 0 ? Libc.LastErrno : Errno.None;
                if (Volatile.Read(ref _closed))
                    return;
                if (errno is not (Errno.None or Errno.EINTR))
                {
                    Fail(new VfioException("wait with epoll", null, errno));
                    return;
                }

                for (var position = 0; position < count; position++)
                    Dispatch(EpollEvent.ReadData(events, position));
            }
        }
        finally
        {
            lock (_gate)
            {
                // Even where the thread failed: nothing is added to a set that nobody looks at.
                _watched.Clear();
                ReleaseDescriptors();
            }
        }
    }

    private void Dispatch(ulong watch)
    {
        InterruptVector? vector;
        lock (_gate)
            _watched.TryGetValue(watch, out vector);
        Tell(vector, static (vector, _) => vector.OnReadable(), null);
    }

    private void Fail(VfioException failure)
    {
        InterruptVector[] watched;
        lock (_gate)
        {
            _failure = failure;
            watched = [.. _watched.Values];
        }

        logger.LoopFailed(failure);
        foreach (var vector in watched)
            Tell(vector, static (vector, failure) => vector.EndWait(failure!), failure);
    }

    // What is told may run a synchronization context's Post, which is not ours: what it throws must not end the process.
    private void Tell(InterruptVector? vector, Action<InterruptVector, VfioException?> news, VfioException? failure)
    {
        if (vector is null)
            return;
        try
        {
            news(vector, failure);
        }
        catch (Exception exception)
        {
            logger.WaiterNotTold(exception);
        }
    }
}
