using System.Diagnostics;
using VfioSharp.Backends.VfioUser.Wire;
using VfioSharp.Conformance.Trials;
using VfioSharp.Native;

namespace VfioSharp.Conformance.Client;

/// <summary>Serves one connection of a client by a script, and records what the client sends. For one thread at a time.</summary>
internal sealed class ScriptedServer : IDisposable
{
    private const int LongestMessageInBytes = 2 << 20;
    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(20);

    private readonly UnixSocket _socket;
    private readonly MessageReceiver _receiver;
    private readonly ScriptedDevice _device;
    private readonly Script _script;
    private readonly List<FileDescriptor> _fds = [];
    private bool _isEnded;

    public ScriptedServer(UnixSocket socket, ScriptedDevice device, Script script)
    {
        _socket = socket;
        _device = device;
        _script = script;
        socket.SetTimeouts(Step, TimeSpan.FromSeconds(5));
        _receiver = new MessageReceiver(socket, LongestMessageInBytes, VfioUserDefaults.MostFdsOfAMessage);
    }

    public ClientRecord Record { get; } = new();

    /// <summary>Serves until the client ends the connection, is quiet after it attached, or the time is over.</summary>
    /// <param name="settle">How long a client is quiet that has attached.</param>
    /// <param name="limit">The longest time.</param>
    /// <param name="isGone">Whether the client's process has ended.</param>
    public void Serve(TimeSpan settle, TimeSpan limit, Func<bool> isGone)
    {
        var watch = Stopwatch.StartNew();
        var quiet = Stopwatch.StartNew();
        var hasActed = false;
        while (watch.Elapsed < limit && !Record.HasEnded)
        {
            if (TakeOne())
            {
                quiet.Restart();
                continue;
            }

            if (isGone() && quiet.Elapsed > Step)
                return;
            if (quiet.Elapsed < settle || !Record.HasUsedDevice)
                continue;
            if (hasActed || _script.OnAttached is null)
                return;
            hasActed = true;
            _script.OnAttached(this);
            quiet.Restart();
        }
    }

    /// <summary>Sends a command of the server's own and serves the client until the reply comes.</summary>
    /// <returns>The reply, which stays in the record; null where none comes in time.</returns>
    public Message? Ask(VfioUserCommand command, byte[] payload, TimeSpan limit)
    {
        const ushort id = 0x5e17;
        var before = Record.Replies.Count;
        Send(Conversation.ToBytes(VfioUserHeader.ForCommand(id, command, payload.Length), payload), []);
        var watch = Stopwatch.StartNew();
        while (watch.Elapsed < limit && !Record.HasEnded)
        {
            TakeOne();
            if (Record.Replies.Count > before)
                return Record.Replies[^1];
        }

        return null;
    }

    /// <summary>Sends bytes as they are.</summary>
    public void Send(ReadOnlySpan<byte> bytes, ReadOnlySpan<int> fds)
    {
        // A client that has gone is seen by the next receive.
        if (!_isEnded)
            _ = _socket.Send(bytes, default, fds);
    }

    /// <summary>Ends the connection.</summary>
    public void End()
    {
        _isEnded = true;
        _socket.Shutdown();
    }

    public void Dispose()
    {
        _receiver.Dispose();
        _socket.Dispose();
        foreach (var descriptor in _fds)
            descriptor.Dispose();
    }

    // Whether something came.
    private bool TakeOne()
    {
        switch (_receiver.Receive())
        {
            case ReceiveStatus.Message:
                Handle(Take());
                return true;
            case ReceiveStatus.Nothing:
                return false;
            case ReceiveStatus.TooShort:
                Record.StreamFault = $"a header says a size of {_receiver.Header.MessageSize} bytes, less than a header";
                Record.HasEnded = true;
                return true;
            case ReceiveStatus.TooLong:
                Record.StreamFault = $"a header says a size of {_receiver.Header.MessageSize} bytes, more than a message can have";
                Record.HasEnded = true;
                return true;
            default:
                Record.HasEnded = true;
                return false;
        }
    }

    private Message Take()
    {
        var fds = new FileDescriptor[_receiver.FdCount];
        for (var i = 0; i < fds.Length; i++)
            fds[i] = _receiver.TakeFd(i);
        _fds.AddRange(fds);
        return new Message(_receiver.Header, _receiver.Payload.ToArray(), fds);
    }

    private void Handle(Message message)
    {
        if (message.Header.IsReply)
        {
            Record.Replies.Add(message);
            return;
        }

        Record.Commands.Add(message);
        var answer = _device.Reply(message);
        if (_script.Alter is not null)
            answer = _script.Alter(message, answer);
        if (!message.Header.IsPosted && !_isEnded)
            Send(message.Header, answer);
    }

    private void Send(VfioUserHeader command, Answer answer)
    {
        if (answer.Delay > TimeSpan.Zero)
            Thread.Sleep(answer.Delay);
        var header = answer.Error == Errno.None ? VfioUserHeader.ForReply(command, answer.Payload.Length) : VfioUserHeader.ForError(command, answer.Error);
        header.MessageId += answer.IdOffset;
        header.MessageSize = answer.Size ?? header.MessageSize;
        header.Flags = answer.Flags ?? header.Flags;
        header.Command = (VfioUserCommand)(answer.Command ?? (ushort)header.Command);
        var bytes = Conversation.ToBytes(header, answer.Payload);
        if (answer.EndAfter is { } end)
            bytes = bytes[..Math.Min(end, bytes.Length)];
        for (var time = 0; time < answer.Times; time++)
        {
            var piece = answer.Piece ?? Math.Max(1, bytes.Length);
            for (var at = 0; at < bytes.Length; at += piece)
            {
                Send(bytes.AsSpan(at, Math.Min(piece, bytes.Length - at)), at == 0 ? answer.Fds.ToArray() : []);
                if (answer.Piece is not null)
                    Thread.Sleep(1);
            }
        }

        if (answer.EndAfter is not null)
            End();
    }
}
