using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using VfioSharp.Backends.VfioUser.Wire;
using VfioSharp.Native;

namespace VfioSharp.Tests.VfioUser;

/// <summary>
/// The other end of a vfio-user connection, which answers every command as the test says. It knows nothing of devices: what is not scripted is refused
/// with ENOSYS. Answers are made in a thread of its own, which ends with the connection.
/// </summary>
internal sealed class ScriptedServer : IDisposable
{
    private readonly UnixSocket _socket;
    private readonly MessageReceiver _receiver;
    private readonly Thread _thread;
    private readonly ConcurrentDictionary<VfioUserCommand, Func<Request, Answer>> _script = new();
    private readonly BlockingCollection<Request> _replies = [];
    private readonly Lock _sending = new();

    public ScriptedServer()
    {
        (Client, _socket) = UnixSocket.CreatePair();
        _receiver = new MessageReceiver(_socket, 4 << 20, 64);
        On(VfioUserCommand.Version, static _ => Answer.Version("{\"capabilities\":{\"max_msg_fds\":8}}"));
        _thread = new Thread(Serve) { IsBackground = true, Name = "scripted server" };
    }

    /// <summary>The client's end; whoever opens a device with it owns it.</summary>
    public UnixSocket Client { get; }

    /// <summary>Every command that came, in order.</summary>
    public ConcurrentQueue<Request> Requests { get; } = [];

    public void On(VfioUserCommand command, Func<Request, Answer> answer) => _script[command] = answer;

    /// <summary>Changes what a command is answered.</summary>
    public void Distort(VfioUserCommand command, Func<Answer, Answer> change)
    {
        if (!_script.TryGetValue(command, out var right))
            right = static _ => Answer.Refusal(Errno.ENOSYS);
        _script[command] = request => change(right(request));
    }

    public void Start() => _thread.Start();

    /// <summary>Sends bytes that answer nothing.</summary>
    public void Send(byte[] bytes) => Assert.True(TrySend(bytes), "The client is gone.");

    /// <summary>Sends bytes that answer nothing, unless the client is gone.</summary>
    public bool TrySend(byte[] bytes)
    {
        lock (_sending)
            return _socket.Send(bytes, [], []) == Errno.None;
    }

    /// <summary>Sends a command of the server's own and waits for the client's answer.</summary>
    public Request Ask(VfioUserCommand command, byte[] payload)
    {
        Send(Command(command, payload));
        Assert.True(_replies.TryTake(out var reply, TimeSpan.FromSeconds(5)), "The client did not answer.");
        return reply;
    }

    public static byte[] Command(VfioUserCommand command, byte[] payload, ushort id = 77) =>
        [.. Bytes(VfioUserHeader.ForCommand(id, command, payload.Length)), .. payload];

    public static byte[] DmaAccess(ulong address, ulong count, params byte[] data) =>
        [.. Bytes(new DmaAccessMessage { Address = address, Count = count }), .. data];

    public static byte[] Bytes<T>(T value)
        where T : unmanaged => MemoryMarshal.AsBytes(new ReadOnlySpan<T>(in value)).ToArray();

    /// <summary>Ends the connection as a server that dies does.</summary>
    public void HangUp() => _socket.Shutdown();

    public void Dispose()
    {
        _socket.Shutdown();
        if (_thread.IsAlive)
            _thread.Join();
        _receiver.Dispose();
        _socket.Dispose();
        Client.Dispose();
        _replies.Dispose();
        foreach (var request in Requests)
            request.Dispose();
    }

    private void Serve()
    {
        while (_receiver.Receive() == ReceiveStatus.Message)
        {
            var fds = Enumerable.Range(0, _receiver.FdCount).Select(_receiver.TakeFd).ToArray();
            var request = new Request(_receiver.Header, _receiver.Payload.ToArray(), fds);
            if (request.Header.IsReply)
            {
                _replies.Add(request);
                continue;
            }

            Requests.Enqueue(request);
            var answer = _script.TryGetValue(request.Header.Command, out var make) ? make(request) : Answer.Refusal(Errno.ENOSYS);
            if (answer.HangsUp)
            {
                HangUp();
                return;
            }

            if (request.Header.IsPosted || answer.IsSilent)
                continue;
            lock (_sending)
            {
                // The client may have ended the connection over what came before.
                if (_socket.Send(answer.ToBytes(request.Header), [], answer.Fds) != Errno.None)
                    return;
            }
        }
    }
}

/// <summary>A message that came, with its descriptors, which it owns.</summary>
internal sealed record Request(VfioUserHeader Header, byte[] Payload, FileDescriptor[] Fds) : IDisposable
{
    public Errno Error => Header.IsError ? (Errno)Header.Error : Errno.None;

    public T As<T>()
        where T : unmanaged => MemoryMarshal.Read<T>(Payload);

    public void Dispose()
    {
        foreach (var fd in Fds)
            fd.Dispose();
    }
}

/// <summary>What the scripted server sends: a right answer, but for what is set otherwise.</summary>
internal sealed record Answer(byte[] Payload)
{
    public static Answer Silent { get; } = new([]) { IsSilent = true };

    public static Answer HangUp { get; } = new([]) { HangsUp = true };

    public int[] Fds { get; init; } = [];

    public Errno Error { get; init; }

    public ushort? Id { get; init; }

    public VfioUserCommand? Command { get; init; }

    public uint? Size { get; init; }

    public uint Flags { get; init; } = VfioUserHeader.TypeReply;

    /// <summary>What is sent in front of the answer and behind it, in the same call.</summary>
    public byte[] Before { get; init; } = [];

    public byte[] Behind { get; init; } = [];

    /// <summary>Whether what is in front of the answer is all that is sent.</summary>
    public bool IsBare { get; init; }

    public bool IsSilent { get; init; }

    public bool HangsUp { get; init; }

    public static Answer Refusal(Errno error) => new([]) { Error = error, Flags = VfioUserHeader.TypeReply | VfioUserHeader.FlagError };

    public static Answer Version(string json, ushort major = 0, ushort minor = 0) => new(
        [.. ScriptedServer.Bytes(new VersionMessage { Major = major, Minor = minor }), .. json.Length == 0 ? [] : System.Text.Encoding.UTF8.GetBytes(json + "\0")]);

    public static Answer Of<T>(T value)
        where T : unmanaged => new(ScriptedServer.Bytes(value));

    public byte[] ToBytes(VfioUserHeader request) => IsBare ? Before :
    [
        .. Before,
        .. ScriptedServer.Bytes(new VfioUserHeader
        {
            MessageId = Id ?? request.MessageId,
            Command = Command ?? request.Command,
            MessageSize = Size ?? (uint)(VfioUserHeader.SizeInBytes + Payload.Length),
            Flags = Flags,
            Error = (uint)Error,
        }),
        .. Payload,
        .. Behind,
    ];
}
