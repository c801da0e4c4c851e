using VfioSharp.Native;

namespace VfioSharp.Backends.VfioUser.Wire;

/// <summary>
/// Owns a connected stream socket of AF_UNIX, and is the one place where bytes and descriptors leave together. One thread may send while
/// another receives (<see cref="MessageReceiver"/>); two that send need a lock of theirs. <see cref="Shutdown"/> and <see cref="Dispose"/>
/// may be called from any thread; a call that is under way keeps the descriptor open until it ends.
/// </summary>
internal sealed unsafe class UnixSocket : IDisposable
{
    public UnixSocket(FileDescriptor descriptor) => Descriptor = descriptor;

    /// <summary>The descriptor, which stays this object's own.</summary>
    public FileDescriptor Descriptor { get; }

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

    /// <summary>Sends a whole message.</summary>
    /// <param name="first">The message, or its beginning; not empty.</param>
    /// <param name="second">What follows; may be empty.</param>
    /// <param name="fds">Descriptors that go with the first byte. They stay the caller's, who keeps them open meanwhile.</param>
    /// <returns>
    /// <see cref="Errno.None"/>; EPIPE or ECONNRESET where the peer is gone; EAGAIN where it did not read for the time of
    /// <see cref="SetTimeouts"/>. After an error a part may have been sent, so that the connection is good for nothing more.
    /// </returns>
    public Errno Send(ReadOnlySpan<byte> first, ReadOnlySpan<byte> second, ReadOnlySpan<int> fds)
    {
        if (fds.IsEmpty && second.IsEmpty)
            return SendBytes(first);
        var controlLength = fds.IsEmpty ? 0 : Libc.ControlHeader.SizeInBytes + (fds.Length * sizeof(int) + 7 & ~7);
        var control = stackalloc byte[controlLength];
        if (!fds.IsEmpty)
        {
            var header = (Libc.ControlHeader*)control;
            header->Length = (nuint)(Libc.ControlHeader.SizeInBytes + fds.Length * sizeof(int));
            header->Level = Libc.SOL_SOCKET;
            header->Type = Libc.SCM_RIGHTS;
            fds.CopyTo(new Span<int>(control + Libc.ControlHeader.SizeInBytes, fds.Length));
        }

        fixed (byte* firstBytes = first, secondBytes = second)
        {
            var sent = 0;
            var total = first.Length + second.Length;
            var vectors = stackalloc Libc.IoVector[2];
            while (sent < total)
            {
                var count = 0;
                if (sent < first.Length)
                    vectors[count++] = new Libc.IoVector { Start = firstBytes + sent, Length = (nuint)(first.Length - sent) };
                var skipped = Math.Max(0, sent - first.Length);
                if (skipped < second.Length)
                    vectors[count++] = new Libc.IoVector { Start = secondBytes + skipped, Length = (nuint)(second.Length - skipped) };
                var message = new Libc.MessageHeader
                {
                    Vectors = vectors,
                    VectorCount = (nuint)count,
                    Control = sent == 0 && controlLength != 0 ? control : null,
                    ControlLength = sent == 0 ? (nuint)controlLength : 0,
                };
                var length = Libc.sendmsg(Descriptor, &message, Libc.MSG_NOSIGNAL);
                if (length >= 0)
                {
                    sent += (int)length;
                    continue;
                }

                var errno = Libc.LastErrno;
                if (errno != Errno.EINTR)
                    return errno;
            }
        }

        return Errno.None;
    }

    // Of a register's message, the kernel has less to fetch from this process than with sendmsg.
    private Errno SendBytes(ReadOnlySpan<byte> bytes)
    {
        fixed (byte* start = bytes)
        {
            for (var sent = 0; sent < bytes.Length;)
            {
                var length = Libc.send(Descriptor, start + sent, (nuint)(bytes.Length - sent), Libc.MSG_NOSIGNAL);
                if (length >= 0)
                {
                    sent += (int)length;
                    continue;
                }

                var errno = Libc.LastErrno;
                if (errno != Errno.EINTR)
                    return errno;
            }
        }

        return Errno.None;
    }

    /// <summary>Ends the connection in both directions: who blocks in a call wakes up, and the peer sees the end. The descriptor stays open.</summary>
    public void Shutdown()
    {
        // ENOTCONN says that the peer was quicker.
        if (!Descriptor.IsClosed)
            _ = Libc.shutdown(Descriptor, Libc.SHUT_RDWR);
    }

    /// <inheritdoc/>
    public void Dispose() => Descriptor.Dispose();

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
