using VfioSharp.Native;

namespace VfioSharp.Backends.VfioUser;

/// <summary>
/// Watches the sockets of one connection with epoll(7), in a thread of its own: for the server's end, so that it is noticed by a process that only
/// makes loads and stores; for the server's commands while it listens, which it must not do while a request's reply is to come.
/// </summary>
/// <remarks>
/// While one request follows another, whoever makes them notices the end, and the socket is not watched at all: for a socket in an epoll set the kernel
/// has more to do with each message (fs/eventpoll.c, ep_poll_callback), a tenth of a round trip. <see cref="Listen"/> and <see cref="Rest"/> are a system
/// call each, where they change something; they and <see cref="OnFired"/>, <see cref="Wake"/> and <see cref="ListenWhenIdle"/> are called in the
/// connection's gate, the rest from anywhere.
/// </remarks>
internal sealed unsafe class ConnectionWatch : IDisposable
{
    private const ulong WakeUp = 0;
    private const ulong Socket = 1;
    private const ulong Twin = 2;
    private const int EventsAtOnce = 3;

    private readonly VfioUserConnection _connection;
    private readonly FileDescriptor _socket;
    private readonly FileDescriptor _epoll;
    private readonly EventFd _wakeUp;
    private readonly Thread _thread;
    private bool _isWatched = true;
    private bool _listens;
    private bool _sleeps;
    private bool _wasUsed;
    private bool _stopped;

    // Set where the thread is to look for commands; otherwise it was woken to think of how long to sleep, and needs no gate for that.
    private bool _mustLook;

    private ConnectionWatch(VfioUserConnection connection, FileDescriptor socket, FileDescriptor epoll, EventFd wakeUp)
    {
        _connection = connection;
        _socket = socket;
        _epoll = epoll;
        _wakeUp = wakeUp;
        _thread = new Thread(Run) { IsBackground = true, Name = "VfioSharp vfio-user" };
    }

    /// <summary>For how long nothing is asked before the watch begins to listen by itself.</summary>
    public static TimeSpan IdleTime { get; } = TimeSpan.FromMilliseconds(50);

    /// <summary>Starts to watch.</summary>
    /// <param name="connection">The connection that is told.</param>
    /// <param name="socket">Its socket, which stays open until the watch is disposed.</param>
    /// <param name="twin">The socket for the server's commands, or null where they come over the first.</param>
    /// <exception cref="VfioException">No descriptor is left.</exception>
    public static ConnectionWatch Start(VfioUserConnection connection, FileDescriptor socket, FileDescriptor? twin)
    {
        var epoll = Libc.epoll_create1(Libc.EPOLL_CLOEXEC);
        EventFd? wakeUp = null;
        try
        {
            if (epoll.IsInvalid)
            {
                var errno = Libc.LastErrno;
                throw new VfioException("create an epoll set", connection.Device, errno, EventFd.DescriptorAdvice(errno));
            }

            wakeUp = EventFd.Create();
            var watch = new ConnectionWatch(connection, socket, epoll, wakeUp);
            watch.Add(wakeUp.Descriptor, Libc.EPOLLIN, WakeUp);
            watch.Add(socket, Libc.EPOLLRDHUP | Libc.EPOLLONESHOT, Socket);
            if (twin is not null)
                watch.Add(twin, Libc.EPOLLIN | Libc.EPOLLRDHUP, Twin);
            watch._thread.UnsafeStart();
            return watch;
        }
        catch
        {
            wakeUp?.Dispose();
            epoll.Dispose();
            throw;
        }
    }

    /// <summary>Listens for commands too, from now on.</summary>
    public void Listen() => Change(true);

    /// <summary>Leaves what comes to whoever waits for a reply.</summary>
    /// <param name="willListen">Whether <see cref="Listen"/> is called when the reply is there; otherwise the thread has to think of it.</param>
    public void Rest(bool willListen)
    {
        _wasUsed = true;
        // Who listens again at once only changes what is watched for.
        if (willListen)
            Change(false);
        else
            Leave();
        if (!_sleeps || willListen)
            return;
        _sleeps = false;
        _wakeUp.Signal();
    }

    /// <summary>Makes the thread look for commands that have been received already.</summary>
    public void Wake()
    {
        Volatile.Write(ref _mustLook, true);
        _sleeps = false;
        _wakeUp.Signal();
    }

    /// <summary>Begins to listen where nothing was asked since the last time.</summary>
    /// <returns>How long to sleep until this is called again, in milliseconds.</returns>
    public int ListenWhenIdle()
    {
        if (!_wasUsed)
            Listen();
        _wasUsed = false;
        _sleeps = _listens;
        return _sleeps ? Timeout.Infinite : (int)IdleTime.TotalMilliseconds;
    }

    /// <summary>What was watched for has come, and is not watched for any more.</summary>
    public void OnFired()
    {
        _listens = false;
        if (_isWatched)
            Control(Libc.EPOLL_CTL_MOD, Libc.EPOLLRDHUP | Libc.EPOLLONESHOT);
    }

    /// <summary>Ends the thread and returns when it has ended. A second call does nothing.</summary>
    public void Stop()
    {
        if (!Volatile.Read(ref _stopped))
        {
            Volatile.Write(ref _stopped, true);
            _wakeUp.Signal();
        }

        _thread.Join();
    }

    /// <summary>Gives the descriptors back. Stop it first.</summary>
    public void Dispose()
    {
        _epoll.Dispose();
        _wakeUp.Dispose();
    }

    private void Change(bool listens)
    {
        if (_listens == listens)
            return;
        _listens = listens;
        Control(
            _isWatched ? Libc.EPOLL_CTL_MOD : Libc.EPOLL_CTL_ADD,
            listens ? Libc.EPOLLIN | Libc.EPOLLRDHUP | Libc.EPOLLONESHOT : Libc.EPOLLRDHUP | Libc.EPOLLONESHOT);
        _isWatched = true;
    }

    private void Leave()
    {
        _listens = false;
        if (_isWatched)
            Control(Libc.EPOLL_CTL_DEL, 0);
        _isWatched = false;
    }

    private void Control(int operation, uint events)
    {
        var change = stackalloc byte[EpollEvent.LargestSize];
        EpollEvent.Write(change, events, Socket);
        if (Libc.epoll_ctl(_epoll, operation, _socket, change) != 0)
            _connection.OnWatchFailed(Libc.LastErrno);
    }

    private void Add(FileDescriptor descriptor, uint events, ulong data)
    {
        var addition = stackalloc byte[EpollEvent.LargestSize];
        EpollEvent.Write(addition, events, data);
        if (Libc.epoll_ctl(_epoll, Libc.EPOLL_CTL_ADD, descriptor, addition) == 0)
            return;
        var errno = Libc.LastErrno;
        var advice = errno == Errno.ENOSPC ? "too many files are watched; raise fs.epoll.max_user_watches with sysctl." : null;
        throw new VfioException("watch the connection with epoll", _connection.Device, errno, advice);
    }

    private void Run()
    {
        var events = stackalloc byte[EventsAtOnce * EpollEvent.LargestSize];
        while (_connection.End is null)
        {
            var count = Libc.epoll_wait(_epoll, events, EventsAtOnce, _connection.GetTimeToSleep());
            var errno = count < 0 ? Libc.LastErrno : Errno.None;
            if (Volatile.Read(ref _stopped))
                return;
            if (errno is not (Errno.None or Errno.EINTR))
            {
                _connection.OnWatchFailed(errno);
                return;
            }

            for (var position = 0; position < count; position++)
                Dispatch(EpollEvent.ReadData(events, position));
        }
    }

    private void Dispatch(ulong source)
    {
        switch (source)
        {
            case Socket:
                _connection.OnSocketReady(hasFired: true);
                break;
            case Twin:
                _connection.OnTwinReady();
                break;
            default:
                _wakeUp.TryTake(out _);
                if (!Volatile.Read(ref _mustLook))
                    break;
                Volatile.Write(ref _mustLook, false);
                _connection.OnSocketReady(hasFired: false);
                break;
        }
    }
}
