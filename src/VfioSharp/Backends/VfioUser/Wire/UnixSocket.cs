using VfioSharp.Native;

namespace VfioSharp.Backends.VfioUser.Wire;

/// <summary>
/// Owns a connected stream socket of AF_UNIX, and is the one place where bytes and descriptors leave together. One thread may send while
/// another receives (<see cref="MessageReceiver"/>); two that send need a lock of theirs. <see cref="Shutdown"/> may be called from any thread, and
/// wakes both. <see cref="Dispose"/> is for when neither is in a call any more.
/// </summary>
internal sealed unsafe partial class UnixSocket : IDisposable
{
    private const int Closed = -1;

    public UnixSocket(FileDescriptor descriptor)
    {
        Descriptor = descriptor;
        Number = descriptor.Number;
    }

    /// <summary>The descriptor, which stays this object's own.</summary>
    public FileDescriptor Descriptor { get; }

    /// <summary>Its number, for the calls that are made for each message; after <see cref="Dispose"/> one that no descriptor has.</summary>
    public int Number { get; private set; }

    /// <summary>Connects to a listening socket.</summary>
    /// <param name="path">The socket's path in the file system.</param>
    /// <param name="device">The device's address, for messages.</param>
    /// <param name="limit">How long to wait where the server's queue of clients is full, and each send and receive from then on; null for ever.</param>
    /// <exception cref="VfioException">There is no such socket, nobody listens, or the process has no descriptor left.</exception>
    public static UnixSocket Connect(string path, string? device, TimeSpan? limit = null)
    {
        var operation = $"connect to {path}";
        var address = UnixPath.Encode(path, operation, device);
        var descriptor = Libc.socket(Libc.AF_UNIX, Libc.SOCK_STREAM | Libc.SOCK_CLOEXEC, 0);
        var errno = descriptor.IsInvalid ? Libc.LastErrno : Errno.None;
        if (errno == Errno.None && limit is not null)
            errno = SetTimeout(descriptor, Libc.SO_SNDTIMEO, limit) is var sends && sends != Errno.None ? sends : SetTimeout(descriptor, Libc.SO_RCVTIMEO, limit);
        if (errno == Errno.None)
        {
            do
                errno = Libc.connect(descriptor, &address, (uint)sizeof(Libc.UnixAddress)) == 0 ? Errno.None : Libc.LastErrno;
            while (errno == Errno.EINTR);
        }

        if (errno == Errno.None)
            return new UnixSocket(descriptor);
        descriptor.Dispose();
        throw new VfioException(operation, device, errno, errno switch
        {
            Errno.ENOENT => "there is no such socket: the server has not been started, or listens elsewhere.",
            Errno.ECONNREFUSED => "nobody listens there: the server has ended and left its socket behind.",
            Errno.EACCES => "this user may not write to the socket, or not reach its folder.",
            Errno.EPROTOTYPE => "it is not a stream socket.",
            Errno.EAGAIN => "the server is busy with other clients that wait.",
            _ => EventFd.DescriptorAdvice(errno),
        });
    }

    /// <summary>Takes a descriptor that came from elsewhere, and makes it one that blocks.</summary>
    /// <param name="descriptor">The descriptor; owned by the result, and disposed of where it is refused.</param>
    /// <exception cref="VfioException">It is no stream socket of AF_UNIX.</exception>
    public static UnixSocket Adopt(FileDescriptor descriptor)
    {
        var errno = GetOption(descriptor, Libc.SO_DOMAIN, out var domain);
        if (errno == Errno.None)
            errno = GetOption(descriptor, Libc.SO_TYPE, out var type) is var failure && failure != Errno.None ? failure
                : domain == Libc.AF_UNIX && type == Libc.SOCK_STREAM ? Errno.None : Errno.EPROTOTYPE;
        if (errno == Errno.None)
            errno = MakeBlocking(descriptor);
        if (errno == Errno.None)
            return new UnixSocket(descriptor);
        descriptor.Dispose();
        throw new VfioException("use the descriptor as a connection", null, errno, "vfio-user needs a connected stream socket of AF_UNIX.");
    }

    /// <summary>Makes two sockets that are connected to each other.</summary>
    /// <exception cref="VfioException">The process has no descriptor left.</exception>
    public static (UnixSocket First, UnixSocket Second) CreatePair()
    {
        var pair = stackalloc int[2];
        if (Libc.socketpair(Libc.AF_UNIX, Libc.SOCK_STREAM | Libc.SOCK_CLOEXEC, 0, pair) == 0)
            return (new UnixSocket(new FileDescriptor(pair[0])), new UnixSocket(new FileDescriptor(pair[1])));
        var errno = Libc.LastErrno;
        throw new VfioException("make a pair of sockets", null, errno, EventFd.DescriptorAdvice(errno));
    }

    /// <summary>Limits how long a receive, and each wait within a send, may block; null for ever. From then on they end with EAGAIN.</summary>
    /// <exception cref="VfioException">The kernel refuses.</exception>
    public void SetTimeouts(TimeSpan? receive, TimeSpan? send)
    {
        var errno = SetTimeout(Descriptor, Libc.SO_RCVTIMEO, receive);
        if (errno == Errno.None)
            errno = SetTimeout(Descriptor, Libc.SO_SNDTIMEO, send);
        if (errno != Errno.None)
            throw new VfioException("set a socket's time-out", null, errno);
    }

    /// <summary>Ends the connection in both directions: who blocks in a call wakes up, and the peer sees the end. The descriptor stays open.</summary>
    public void Shutdown()
    {
        // ENOTCONN says that the peer was quicker.
        if (!Descriptor.IsClosed)
            _ = Libc.shutdown(Descriptor, Libc.SHUT_RDWR);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        // The number soon is another descriptor's: who comes too late gets EBADF.
        Number = Closed;
        Descriptor.Dispose();
    }

    private static Errno SetTimeout(FileDescriptor descriptor, int option, TimeSpan? span)
    {
        var microseconds = span is { } value ? Math.Max(1, value.Ticks / 10) : 0;
        var time = new Libc.TimeValue { Seconds = (nint)(microseconds / 1_000_000), Microseconds = (nint)(microseconds % 1_000_000) };
        return Libc.setsockopt(descriptor, Libc.SOL_SOCKET, option, &time, (uint)sizeof(Libc.TimeValue)) == 0 ? Errno.None : Libc.LastErrno;
    }

    // Whoever had it before may have waited for it in another way, which would make every receive return at once.
    private static Errno MakeBlocking(FileDescriptor descriptor)
    {
        var flags = Libc.fcntl(descriptor, Libc.F_GETFL, 0);
        if (flags < 0)
            return Libc.LastErrno;
        return (flags & Libc.O_NONBLOCK) == 0 || Libc.fcntl(descriptor, Libc.F_SETFL, flags & ~Libc.O_NONBLOCK) == 0 ? Errno.None : Libc.LastErrno;
    }

    private static Errno GetOption(FileDescriptor descriptor, int option, out int value)
    {
        int answer;
        var length = (uint)sizeof(int);
        var errno = Libc.getsockopt(descriptor, Libc.SOL_SOCKET, option, &answer, &length) == 0 ? Errno.None : Libc.LastErrno;
        value = errno == Errno.None ? answer : 0;
        return errno;
    }
}
