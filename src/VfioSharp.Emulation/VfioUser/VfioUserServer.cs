using System.Runtime.InteropServices;
using VfioSharp.Backends.VfioUser.Wire;
using VfioSharp.Native;

namespace VfioSharp.Emulation.VfioUser;

/// <summary>
/// Serves a function over vfio-user (docs/interop/vfio-user.rst in QEMU) to QEMU, to SPDK, or to this library's own client: one client after
/// another, each on the server's thread. Nothing that a client sends ends the server: a bad request gets an error number, and at worst the
/// connection ends. Between clients the function is reset, and memory and interrupts of the one before are gone.
/// </summary>
/// <remarks>
/// <para>The function's handlers, its resets and its work run one at a time. Register handlers run on the server's thread, and work that they
/// ask for after their answer was sent, on the same thread; work that the function asks for from a thread of its own runs on one more thread,
/// which is started then. An exception of the function's code is reported (<see cref="LastFunctionFault"/>, the logger), the request is
/// answered with EIO, and the server goes on.</para>
/// <para>Memory that a client shares by a descriptor is mapped and reached by guarded copies. Memory that comes without one is reached by
/// commands to the client; QEMU's client does that as the specification has it from version 11.1 on. While the function's work waits for such an
/// answer, the client's requests are answered, so that register handlers and resets run in the midst of it.</para>
/// <para>All members may be called from any thread. A function is served by one server at a time.</para>
/// </remarks>
public sealed partial class VfioUserServer : IDisposable
{
    private const int Backlog = 8;

    private readonly object _lock = new();
    private readonly ServedFunction _served;
    private readonly UnixListener? _listener;
    private readonly Thread _thread;
    private readonly TaskCompletionSource<bool> _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly ManualResetEventSlim _stopping = new();
    private UnixSocket? _client;
    private bool _isStopped;

    private VfioUserServer(ServedFunction served, UnixListener? listener, UnixSocket? client)
    {
        _served = served;
        _listener = listener;
        _client = client;
        _thread = new Thread(Run) { IsBackground = true, Name = "vfio-user server" };
    }

    /// <summary>Where the server listens; null where it serves a connection that somebody else made.</summary>
    public string? Path => _listener?.Path;

    /// <summary>What is served. It stays the caller's, who disposes of it after the server.</summary>
    public PciFunction Function => _served.Function;

    /// <summary>Completes when the server has ended, after <see cref="Stop"/> or after its client, where it was given one or serves no more.</summary>
    public Task Completion => _completion.Task;

    /// <summary>How many messages came, of all clients.</summary>
    public long MessageCount => _served.MessageCount;

    /// <summary>How many of them were refused.</summary>
    public long RefusalCount => _served.RefusalCount;

    /// <summary>How many clients there were.</summary>
    public long ClientCount => _served.ClientCount;

    /// <summary>How many exceptions the function's code threw.</summary>
    public long FunctionFaultCount => _served.FaultCount;

    /// <summary>The last of them, or null.</summary>
    public Exception? LastFunctionFault => _served.LastFault;

    /// <summary>Begins to listen, and to serve whoever connects; others wait until the client before them is gone.</summary>
    /// <param name="function">What to serve.</param>
    /// <param name="path">The socket's path. A socket that a server left behind there is replaced; the file goes away with the server.</param>
    /// <param name="options">Limits and ways; null for the defaults.</param>
    /// <returns>The server, which listens already.</returns>
    /// <exception cref="ArgumentNullException">There is no function, or no path.</exception>
    /// <exception cref="ArgumentOutOfRangeException">An option is out of its range.</exception>
    /// <exception cref="InvalidOperationException">The function is served already, or used in this process.</exception>
    /// <exception cref="VfioException">Somebody listens there (EADDRINUSE), the path cannot be a socket's, or the kernel refuses.</exception>
    public static VfioUserServer Listen(PciFunction function, string path, VfioUserServerOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(function);
        ArgumentNullException.ThrowIfNull(path);
        options ??= new VfioUserServerOptions();
        options.Check();
        return Start(function, options, () => (UnixListener.Listen(path, Backlog), null));
    }

    /// <summary>Serves the one client at the other end of a connection.</summary>
    /// <param name="function">What to serve.</param>
    /// <param name="connectedSocket">A connected stream socket of AF_UNIX. It belongs to the server from now on, and is closed also where it is refused.</param>
    /// <param name="options">Limits and ways; null for the defaults.</param>
    /// <returns>The server.</returns>
    /// <exception cref="ArgumentNullException">There is no function, or no socket.</exception>
    /// <exception cref="ArgumentOutOfRangeException">An option is out of its range.</exception>
    /// <exception cref="InvalidOperationException">The function is served already, or used in this process.</exception>
    /// <exception cref="VfioException">The descriptor is no such socket, or the process has no descriptor left.</exception>
    public static VfioUserServer Attach(PciFunction function, SafeHandle connectedSocket, VfioUserServerOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(connectedSocket);
        using (connectedSocket)
        {
            ArgumentNullException.ThrowIfNull(function);
            options ??= new VfioUserServerOptions();
            options.Check();
            return Start(function, options, () => (null, UnixSocket.Adopt(Duplicate(connectedSocket))));
        }
    }

    /// <summary>
    /// Ends the server: no client is accepted any more, and the connection that stands is closed. Does not wait; see <see cref="Wait"/>. A second
    /// call does nothing.
    /// </summary>
    public void Stop()
    {
        lock (_lock)
        {
            if (_isStopped)
                return;
            _isStopped = true;
            _listener?.Stop();
            _client?.Shutdown();
        }

        _stopping.Set();
    }

    /// <summary>Waits until the server has ended.</summary>
    /// <param name="timeout">How long at most; <see cref="Timeout.InfiniteTimeSpan"/> for ever.</param>
    /// <returns>Whether it has.</returns>
    public bool Wait(TimeSpan timeout) => Completion.Wait(timeout);

    /// <summary>
    /// Stops, and waits until the function's code has returned; then nothing of the server is left. From within that code it stops without waiting.
    /// </summary>
    public void Dispose()
    {
        Stop();
        if (Thread.CurrentThread != _thread && !FunctionGate.IsInside)
            _thread.Join();
    }

    // What was taken and opened is given back where the server does not come to be.
    private static VfioUserServer Start(PciFunction function, VfioUserServerOptions options, Func<(UnixListener? Listener, UnixSocket? Client)> open)
    {
        var served = new ServedFunction(function, options);
        (UnixListener? Listener, UnixSocket? Client) ends = default;
        try
        {
            ends = open();
            var server = new VfioUserServer(served, ends.Listener, ends.Client);
            server._thread.UnsafeStart();
            return server;
        }
        catch
        {
            ends.Listener?.Dispose();
            ends.Client?.Dispose();
            served.Dispose();
            throw;
        }
    }

    private static FileDescriptor Duplicate(SafeHandle handle)
    {
        var held = false;
        try
        {
            handle.DangerousAddRef(ref held);
            var copy = Libc.fcntl((int)handle.DangerousGetHandle(), Libc.F_DUPFD_CLOEXEC, 0);
            var errno = Libc.LastErrno;
            return copy >= 0
                ? new FileDescriptor(copy)
                : throw new VfioException("use the descriptor as a connection", null, errno, EventFd.DescriptorAdvice(errno));
        }
        finally
        {
            if (held)
                handle.DangerousRelease();
        }
    }
}
