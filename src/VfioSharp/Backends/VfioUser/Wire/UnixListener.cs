using System.Text;
using VfioSharp.Native;

namespace VfioSharp.Backends.VfioUser.Wire;

/// <summary>
/// Owns a listening socket and the file that names it, which goes away with it. A file that a server left behind when it was killed is
/// replaced; one at which somebody listens is not. Accepting is for one thread; <see cref="Stop"/> may be called from any.
/// </summary>
internal sealed unsafe class UnixListener : IDisposable
{
    private readonly FileDescriptor _descriptor;
    private readonly EventFd _stop;

    private UnixListener(string path, FileDescriptor descriptor, EventFd stop)
    {
        Path = path;
        _descriptor = descriptor;
        _stop = stop;
    }

    /// <summary>The path.</summary>
    public string Path { get; }

    /// <summary>Listens at a path.</summary>
    /// <param name="path">Where.</param>
    /// <param name="backlog">How many clients may wait to be accepted.</param>
    /// <exception cref="VfioException">Somebody listens there (EADDRINUSE), the path names another kind of file, or the kernel refuses.</exception>
    public static UnixListener Listen(string path, int backlog)
    {
        var operation = $"listen at {path}";
        var address = UnixPath.Encode(path, operation, null);
        var stop = EventFd.Create();
        FileDescriptor? descriptor = null;
        try
        {
            descriptor = Libc.socket(Libc.AF_UNIX, Libc.SOCK_STREAM | Libc.SOCK_CLOEXEC, 0);
            if (descriptor.IsInvalid)
                throw Failed(operation, Libc.LastErrno);
            var errno = Bind(descriptor, &address);
            if (errno == Errno.EADDRINUSE && IsAbandoned(&address))
            {
                if (Libc.unlink(path) != 0)
                    throw Failed(operation, Libc.LastErrno);
                errno = Bind(descriptor, &address);
            }

            if (errno != Errno.None)
                throw Failed(operation, errno);
            if (Libc.listen(descriptor, backlog) != 0)
                throw Failed(operation, Libc.LastErrno);
            return new UnixListener(path, descriptor, stop);
        }
        catch
        {
            descriptor?.Dispose();
            stop.Dispose();
            throw;
        }
    }

    /// <summary>Waits for a client.</summary>
    /// <param name="limit">How long; null for ever.</param>
    /// <returns>The connection, which the caller owns; null once <see cref="Stop"/> was called, or where none came in time.</returns>
    /// <exception cref="VfioException">The kernel refuses, for instance because no descriptor is left; the next call may be luckier.</exception>
    public UnixSocket? Accept(TimeSpan? limit = null)
    {
        var waits = stackalloc Libc.PollDescriptor[2];
        while (true)
        {
            waits[0] = new Libc.PollDescriptor { Descriptor = _descriptor.Number, Events = Libc.POLLIN };
            waits[1] = new Libc.PollDescriptor { Descriptor = _stop.Descriptor.Number, Events = Libc.POLLIN };
            var ready = Libc.poll(waits, 2, limit is { } span ? (int)span.TotalMilliseconds : -1);
            if (ready == 0)
                return null;
            if (ready < 0)
            {
                var failure = Libc.LastErrno;
                if (failure == Errno.EINTR)
                    continue;
                throw Failed($"wait for clients at {Path}", failure);
            }

            if (waits[1].ReturnedEvents != 0)
                return null;
            var connection = Libc.accept4(_descriptor, null, null, Libc.SOCK_CLOEXEC);
            if (!connection.IsInvalid)
                return new UnixSocket(connection);
            var errno = Libc.LastErrno;
            connection.Dispose();
            // The client went away again before it was its turn, or a signal came.
            if (errno is not (Errno.EINTR or Errno.ECONNABORTED or Errno.EAGAIN))
                throw Failed($"accept a client at {Path}", errno);
        }
    }

    /// <summary>Makes <see cref="Accept"/> return null, now and from then on.</summary>
    public void Stop() => _stop.Signal();

    /// <summary>Stops listening and removes the file. Not to be called while another thread accepts: stop it first.</summary>
    public void Dispose()
    {
        if (_descriptor.IsClosed)
            return;
        // Before the socket is closed, so that the file is surely still this one's: who finds it refused would replace it.
        _ = Libc.unlink(Path);
        _descriptor.Dispose();
        _stop.Dispose();
    }

    /// <summary>Whether a path names a socket that a server left behind: nobody listens there.</summary>
    /// <exception cref="VfioException">No socket can have that path.</exception>
    public static bool IsAbandoned(string path)
    {
        var address = UnixPath.Encode(path, $"look at {path}", null);
        return IsAbandoned(&address);
    }

    private static Errno Bind(FileDescriptor descriptor, Libc.UnixAddress* address) =>
        Libc.bind(descriptor, address, (uint)sizeof(Libc.UnixAddress)) == 0 ? Errno.None : Libc.LastErrno;

    // Whether the file is a socket at which nobody listens. connect(2) says ECONNREFUSED of other kinds of files as well.
    private static bool IsAbandoned(Libc.UnixAddress* address)
    {
        if (!IsSocket(address))
            return false;
        using var probe = Libc.socket(Libc.AF_UNIX, Libc.SOCK_STREAM | Libc.SOCK_CLOEXEC | Libc.SOCK_NONBLOCK, 0);
        return !probe.IsInvalid
            && Libc.connect(probe, address, (uint)sizeof(Libc.UnixAddress)) != 0
            && Libc.LastErrno == Errno.ECONNREFUSED;
    }

    // open(2) refuses a socket, and nothing else, with ENXIO where O_PATH is not given.
    private static bool IsSocket(Libc.UnixAddress* address)
    {
        using var file = Libc.open(Encoding.UTF8.GetString(address->Path, IndexOfNul(address)), Libc.O_RDONLY | Libc.O_CLOEXEC | Libc.O_NONBLOCK);
        return file.IsInvalid && Libc.LastErrno == Errno.ENXIO;
    }

    private static int IndexOfNul(Libc.UnixAddress* address) => new ReadOnlySpan<byte>(address->Path, Libc.UnixAddress.PathCapacity).IndexOf((byte)0);

    private static VfioException Failed(string operation, Errno errno) => new(operation, null, errno, errno switch
    {
        Errno.EADDRINUSE => "another program listens there, or a file of that name is no socket.",
        Errno.ENOENT => "the folder does not exist.",
        Errno.EACCES => "this user may not write to the folder.",
        _ => EventFd.DescriptorAdvice(errno),
    });
}
