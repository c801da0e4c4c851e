using System.Diagnostics;
using System.Runtime.InteropServices;
using VfioSharp.Backends.VfioUser.Wire;
using VfioSharp.Native;

namespace VfioSharp.Conformance.Trials;

/// <summary>
/// One connection to a server, from the side of the client. It owns the sockets and every descriptor that came. Whatever waits, waits no longer
/// than the time-out and then ends the case. For one thread at a time.
/// </summary>
internal sealed partial class Conversation : IDisposable
{
    private const int LongestMessageInBytes = 80 << 20;

    private readonly UnixSocket _socket;
    private readonly MessageReceiver _receiver;
    private readonly TimeSpan _timeout;
    private readonly List<FileDescriptor> _fds = [];
    private UnixSocket? _twin;
    private MessageReceiver? _twinReceiver;
    private ushort _nextId = 0x4000;

    /// <param name="socket">The connection; owned from here on.</param>
    /// <param name="timeout">How long to wait for anything.</param>
    public Conversation(UnixSocket socket, TimeSpan timeout)
    {
        _socket = socket;
        _timeout = timeout;
        _receiver = new MessageReceiver(socket, LongestMessageInBytes, VfioUserDefaults.MostFdsOfAMessage);
    }

    /// <summary>Called with a sentence where the server is right but unusual.</summary>
    public Action<string>? Remarked { get; init; }

    /// <summary>Sends bytes as they are.</summary>
    /// <returns>Whether they could all be sent; not where the server has gone.</returns>
    public bool TrySend(ReadOnlySpan<byte> bytes, params ReadOnlySpan<int> fds)
    {
        var errno = _socket.Send(bytes, default, fds);
        Expect.That(errno != Errno.EAGAIN, $"the server did not read for {_timeout.TotalSeconds:0.###} s.");
        return errno == Errno.None;
    }

    /// <summary>Sends a command.</summary>
    /// <returns>Its message id.</returns>
    public ushort Send(VfioUserCommand command, ReadOnlySpan<byte> payload, ReadOnlySpan<int> fds = default, bool isPosted = false)
    {
        var id = _nextId++;
        Send(VfioUserHeader.ForCommand(id, command, payload.Length, isPosted), payload, fds);
        return id;
    }

    /// <summary>Sends a message with a header of the case's own.</summary>
    public void Send(VfioUserHeader header, ReadOnlySpan<byte> payload, ReadOnlySpan<int> fds = default) =>
        Expect.That(TrySend(ToBytes(header, payload), fds), $"the server ended the connection before it could be sent {header.Command}.");

    /// <summary>A header and what follows, as they go over the socket.</summary>
    public static byte[] ToBytes(VfioUserHeader header, ReadOnlySpan<byte> payload)
    {
        var bytes = new byte[VfioUserHeader.SizeInBytes + payload.Length];
        MemoryMarshal.Write(bytes, in header);
        payload.CopyTo(bytes.AsSpan(VfioUserHeader.SizeInBytes));
        return bytes;
    }

    /// <summary>Takes a socket for the server's own commands.</summary>
    /// <param name="descriptor">The descriptor, which stays the caller's; it is duplicated.</param>
    public void AttachTwin(FileDescriptor descriptor)
    {
        var copy = new FileDescriptor((int)Libc.fcntl(descriptor, FcntlDuplicateCloseOnExec, 0));
        try
        {
            _twin = UnixSocket.Adopt(copy);
        }
        catch (VfioException failure)
        {
            throw new CaseFailedException($"the twin socket's descriptor cannot be used: {failure.Message}");
        }

        _twin.SetTimeouts(_timeout, _timeout);
        _twinReceiver = new MessageReceiver(_twin, LongestMessageInBytes, VfioUserDefaults.MostFdsOfAMessage);
    }

    /// <summary>Waits for the next message that is no command of the server; those are answered meanwhile.</summary>
    /// <returns>The message, or null where the server ended the connection.</returns>
    public Message? Receive()
    {
        var watch = Stopwatch.StartNew();
        while (true)
        {
            var status = TakeReply(out var reply);
            if (status == ReceiveStatus.Message)
                return reply;
            if (status == ReceiveStatus.Closed)
                return null;
            var rest = _timeout - watch.Elapsed;
            Expect.That(rest > TimeSpan.Zero, $"the server did not answer within {_timeout.TotalSeconds:0.###} s.");
            WaitForInput(rest);
        }
    }

    /// <summary>Answers commands of the server until something holds.</summary>
    /// <returns>Whether it came to hold in time.</returns>
    public bool ServeUntil(Func<bool> holds)
    {
        var watch = Stopwatch.StartNew();
        while (!holds())
        {
            if (watch.Elapsed > _timeout)
                return false;
            var status = TakeReply(out _);
            Expect.That(status != ReceiveStatus.Closed, "the server ended the connection.");
            Expect.That(status != ReceiveStatus.Message, "the server sent a reply that nothing was asked for.");
            WaitForInput(TimeSpan.FromMilliseconds(5));
        }

        return true;
    }

    /// <summary>Ends this side's connection at once.</summary>
    public void Hangup() => _socket.Shutdown();

    public void Dispose()
    {
        _receiver.Dispose();
        _socket.Dispose();
        _twinReceiver?.Dispose();
        _twin?.Dispose();
        foreach (var descriptor in _fds)
            descriptor.Dispose();
    }

    private Message Take(MessageReceiver receiver)
    {
        var fds = new FileDescriptor[receiver.FdCount];
        for (var i = 0; i < fds.Length; i++)
            fds[i] = receiver.TakeFd(i);
        _fds.AddRange(fds);
        return new Message(receiver.Header, receiver.Payload.ToArray(), fds);
    }

    // Nothing where a wait is needed, Message for a reply of the main socket, Closed for its end.
    private ReceiveStatus TakeReply(out Message? reply)
    {
        reply = null;
        while (_twinReceiver is not null && Try(_twinReceiver) is ReceiveStatus.Message)
        {
            var command = Take(_twinReceiver);
            Expect.That(command.Header.IsCommand, "the server sent a reply over the twin socket, though nothing was asked there.");
            Serve(command, _twin!);
        }

        while (true)
        {
            var status = Try(_receiver);
            if (status != ReceiveStatus.Message)
                return status;
            var message = Take(_receiver);
            if (message.Header.IsReply)
            {
                reply = message;
                return status;
            }

            Expect.That(
                message.Header.IsCommand,
                $"the type of a message is {message.Header.Flags & VfioUserHeader.TypeMask}, neither command nor reply.");
            Expect.That(_twin is null, $"the server sent {message.Header.Command} over the main socket, though there is a twin socket.");
            Serve(message, _socket);
        }
    }

    private static ReceiveStatus Try(MessageReceiver receiver) => receiver.TryReceive() switch
    {
        ReceiveStatus.TooShort => throw new CaseFailedException($"the server sent a header that says a size of {receiver.Header.MessageSize} bytes, less than a header."),
        ReceiveStatus.TooLong => throw new CaseFailedException($"the server sent a header that says a size of {receiver.Header.MessageSize} bytes."),
        ReceiveStatus.Failed => throw new CaseFailedException($"receiving failed ({receiver.Error})."),
        var status => status,
    };

    private unsafe void WaitForInput(TimeSpan limit)
    {
        var polls = stackalloc Libc.PollDescriptor[2];
        polls[0] = new Libc.PollDescriptor { Descriptor = _socket.Descriptor.Number, Events = Libc.POLLIN };
        var count = 1;
        if (_twin is not null)
            polls[count++] = new Libc.PollDescriptor { Descriptor = _twin.Descriptor.Number, Events = Libc.POLLIN };
        // Whatever ended the wait, the caller looks.
        _ = Libc.poll(polls, (nuint)count, (int)Math.Max(1, limit.TotalMilliseconds));
    }

    private const int FcntlDuplicateCloseOnExec = 1030;
}
