using System.Diagnostics;
using VfioSharp.Backends.VfioUser.Wire;

namespace VfioSharp.Backends.VfioUser;

/// <summary>
/// A connection to the server of a function: requests and their replies, the server's own commands, and the end. All members may be called
/// from any thread; requests take turns, each made by the thread that wants it, with one send and one receive.
/// </summary>
/// <remarks>
/// <para>Whatever the server does against the protocol ends the connection, and so does a reply that is late: from then on it would be a matter of
/// belief which reply belongs to which request. The end is final, said to <see cref="Ended"/> once, and answered to every later request.</para>
/// <para>The server may send commands of its own at any time. Over the twin socket, where it gave one, the watch's thread takes them. Otherwise
/// they come between the replies: a caller that waits for its reply answers them, and while nobody waits the watch's thread does.</para>
/// </remarks>
internal sealed partial class VfioUserConnection : IDisposable
{
    /// <summary>How many descriptors a message to this side may bring.</summary>
    public const int MostFds = 16;

    private const int LongestMessageInBytes = VfioUserDefaults.LongestFixedPartInBytes + (int)VfioUserDefaults.MaxDataTransferInBytes;

    // Held while a request is made or the server's commands are taken from the socket.
    private readonly object _gate = new();
    private readonly UnixSocket _socket;
    private readonly MessageReceiver _receiver;
    private readonly CommandServer _commands;
    private readonly long _timeoutInTicks;
    private readonly TimeSpan? _timeout;
    private readonly bool _busyPoll;
    private readonly bool _postsWrites;
    private UnixSocket? _twinSocket;
    private MessageReceiver? _twinReceiver;
    private CommandServer? _twinCommands;
    private ConnectionWatch? _watch;
    private ConnectionEnd? _end;
    private bool _isDisposed;

    private VfioUserConnection(UnixSocket socket, string device, VfioOptions options)
    {
        Device = device;
        _socket = socket;
        _receiver = new MessageReceiver(socket, LongestMessageInBytes, MostFds);
        _commands = new CommandServer(socket, _receiver, Memory);
        _timeout = options.RequestTimeout == Timeout.InfiniteTimeSpan ? null : options.RequestTimeout;
        _timeoutInTicks = _timeout is { } timeout ? (long)(timeout.TotalSeconds * Stopwatch.Frequency) : 0;
        _busyPoll = options.BusyPoll;
        _postsWrites = options.PostWrites;
    }

    /// <summary>The device's address, for messages.</summary>
    public string Device { get; }

    /// <summary>What the server may reach by messages.</summary>
    public ReachableMemory Memory { get; } = new();

    /// <summary>Why the connection has ended; null while it stands.</summary>
    public ConnectionEnd? End => Volatile.Read(ref _end);

    /// <summary>
    /// Called once, when the connection ends otherwise than by <see cref="Dispose"/>, by the thread that notices. It must be quick and must make no request.
    /// Set it before anything that it takes back is made, and look at <see cref="End"/> behind that.
    /// </summary>
    public Action? Ended { get; set; }

    /// <summary>Takes over a connected socket and agrees on a version with the server.</summary>
    /// <param name="socket">The socket; owned by the connection, and disposed of where this throws.</param>
    /// <param name="device">The device's address, for messages.</param>
    /// <param name="options">How; the time-out and what else concerns messages.</param>
    /// <exception cref="ArgumentOutOfRangeException">The time-out is not above zero.</exception>
    /// <exception cref="VfioException">The server refuses, or speaks no version that this library does, or no descriptor is left.</exception>
    public static VfioUserConnection Open(UnixSocket socket, string device, VfioOptions options)
    {
        VfioUserConnection? connection = null;
        try
        {
            RequireTimeout(options);
            connection = new VfioUserConnection(socket, device, options);
            socket.SetTimeouts(connection._timeout, connection._timeout);
            connection.Negotiate();
            connection._watch = ConnectionWatch.Start(connection, socket.Descriptor, connection._twinSocket?.Descriptor);
            connection.ShareTime();
            return connection;
        }
        catch
        {
            connection?.Dispose();
            socket.Dispose();
            throw;
        }
    }

    /// <summary>Throws where the time-out of the options is no time to wait.</summary>
    /// <exception cref="ArgumentOutOfRangeException">It is not above zero.</exception>
    public static void RequireTimeout(VfioOptions options)
    {
        if (options.RequestTimeout <= TimeSpan.Zero && options.RequestTimeout != Timeout.InfiniteTimeSpan)
        {
            throw new ArgumentOutOfRangeException(
                nameof(options), options.RequestTimeout, $"{nameof(VfioOptions.RequestTimeout)} is above zero, or Timeout.InfiniteTimeSpan.");
        }
    }

    /// <summary>The exception for something that the end of the connection prevented.</summary>
    /// <param name="operation">What, as a phrase.</param>
    /// <exception cref="InvalidOperationException">The connection stands.</exception>
    public VfioUserException Failed(string operation) =>
        (End ?? throw new InvalidOperationException("The connection stands.")).For(operation, Device);

    /// <summary>Ends the connection because of what a reply says, which the framing did not show.</summary>
    /// <param name="operation">What was attempted, as a phrase.</param>
    /// <param name="violation">What the server did, as a clause: "it has region 3 begin beyond 2^63".</param>
    /// <returns>The exception to throw.</returns>
    public VfioUserException Distrust(string operation, string violation)
    {
        lock (_gate)
            Break(ConnectionEnd.Violation(violation));
        return Failed(operation);
    }

    /// <summary>
    /// Ends the connection. When it returns, no thread of the connection's serves the server any more. What another thread has asked for
    /// ends at once and fails. A second call does nothing.
    /// </summary>
    public void Dispose()
    {
        Interlocked.CompareExchange(ref _end, ConnectionEnd.ByThisProcess, null);
        // Wakes whoever waits for a reply, and with it gives back the gate; and the watch's thread, should the server not read its answers.
        _socket.Shutdown();
        _twinSocket?.Shutdown();
        _watch?.Stop();
        lock (_gate)
        {
            if (_isDisposed)
                return;
            _isDisposed = true;
            _watch?.Dispose();
            _receiver.Dispose();
            _twinReceiver?.Dispose();
            _twinSocket?.Dispose();
            _socket.Dispose();
        }
    }

    // Returns the error number that stands for the end, be it this one or an earlier.
    private Errno Break(ConnectionEnd end)
    {
        if (Interlocked.CompareExchange(ref _end, end, null) is { } earlier)
            return earlier.Errno;
        _socket.Shutdown();
        _twinSocket?.Shutdown();
        Ended?.Invoke();
        return end.Errno;
    }

    private Errno BreakAfterSend(Errno errno) => Break(errno switch
    {
        Errno.EPIPE or Errno.ECONNRESET or Errno.ENOTCONN => ConnectionEnd.ByServer,
        Errno.EAGAIN => ConnectionEnd.TimedOut($"did not read what was sent to it within {Seconds}"),
        _ => new ConnectionEnd(VfioUserFailure.Local, errno, "the message could not be sent, and the connection has been given up."),
    });

    private Errno BreakAfterReceive(ReceiveStatus status, MessageReceiver receiver) => Break(status switch
    {
        ReceiveStatus.Nothing => LateReply(),
        ReceiveStatus.Closed => ConnectionEnd.ByServer,
        ReceiveStatus.TooShort => ConnectionEnd.Violation($"its message says that it has {receiver.Header.MessageSize} bytes, and a header alone has {VfioUserHeader.SizeInBytes}"),
        ReceiveStatus.TooLong => ConnectionEnd.Violation($"its message says that it has {receiver.Header.MessageSize} bytes, over the {LongestMessageInBytes} that were offered"),
        _ => new ConnectionEnd(VfioUserFailure.Local, receiver.Error, "nothing could be received, and the connection has been given up."),
    });

    private string Seconds => FormattableString.Invariant($"{_timeout?.TotalSeconds ?? 0:0.###} s");
}
