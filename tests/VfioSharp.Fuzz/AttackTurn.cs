using System.Runtime.InteropServices;
using VfioSharp.Backends.VfioUser.Wire;
using VfioSharp.Native;

namespace VfioSharp.Fuzz;

/// <summary>One conversation with a server while it lasts: the sockets, what the server gave, and what is remembered. For one thread at a time.</summary>
internal sealed unsafe class AttackTurn : IDisposable
{
    private const int LongestMessageInBytes = (64 << 20) + 4096;
    private const int MostFdsOfReply = 64;
    private const int LongestSavedState = 1 << 20;

    private readonly TimeSpan _patience;
    private readonly List<byte> _savedState = [];
    private UnixSocket? _twin;
    private MessageReceiver? _twinReceiver;

    /// <summary>Connects.</summary>
    /// <param name="conversation">What is to be said.</param>
    /// <param name="path">Where the server listens.</param>
    /// <param name="fds">What goes with messages.</param>
    /// <param name="patience">How long the server may take for anything.</param>
    /// <param name="sendPatience">How long it may take to read what is sent to it.</param>
    public AttackTurn(Conversation conversation, string path, FdSupply fds, TimeSpan patience, TimeSpan sendPatience)
    {
        Conversation = conversation;
        _patience = patience;
        Socket = UnixSocket.Connect(path, null);
        Receiver = new MessageReceiver(Socket, LongestMessageInBytes, MostFdsOfReply);
        Socket.SetTimeouts(patience, sendPatience);
        Answers = new DmaAnswer(conversation.Manners, new Dice(~conversation.Seed), fds);
    }

    public Conversation Conversation { get; }

    public UnixSocket Socket { get; }

    public MessageReceiver Receiver { get; }

    public DmaAnswer Answers { get; }

    public ReceivedFiles Files { get; } = new();

    /// <summary>Whether the server gave a second socket, be it closed again: its own commands come there and nowhere else.</summary>
    public bool HadTwin { get; private set; }

    /// <summary>Where the answer to a command of the server goes.</summary>
    /// <param name="from">What received the command.</param>
    public UnixSocket SocketForAnswer(MessageReceiver from) =>
        from != Receiver && Conversation.TwinManners != TwinManners.AnswersOnOtherSocket && _twin is not null ? _twin : Socket;

    /// <summary>Keeps what came with a reply.</summary>
    public void Keep(MessageReceiver from)
    {
        var header = from.Header;
        var isTwin = header.Command == VfioUserCommand.Version && from == Receiver && _twin is null;
        for (var i = 0; i < from.FdCount; i++)
        {
            if (isTwin && i == 0)
                UseTwin(UnixSocket.Adopt(from.TakeFd(0)));
            else
                Files.Add(from.TakeFd(i));
        }

        if (header is { Command: VfioUserCommand.MigrationDataRead, IsReply: true, IsError: false } && _savedState.Count < LongestSavedState
            && from.Payload.Length >= MigrationDataMessage.SizeInBytes)
        {
            _savedState.AddRange(from.Payload[MigrationDataMessage.SizeInBytes..]);
        }
    }

    /// <summary>The bytes of a message, with the saved state in it where it is to carry that.</summary>
    public byte[] BytesOf(FuzzMessage message)
    {
        if (message.ChangeOfSavedState is not { } seed)
            return message.Bytes;
        var state = _savedState.ToArray();
        if (seed != 0)
            Change(ref state, new Dice(seed));
        var head = new MigrationDataMessage { ArgumentSize = (uint)(MigrationDataMessage.SizeInBytes + state.Length), Size = (uint)state.Length };
        return new FuzzMessage(message.Header, new Payload().Add(head).Add(state).Bytes).Bytes;
    }

    /// <summary>Does something with the twin socket, where there is one.</summary>
    public void DoOnTwin(Deed deed)
    {
        switch (deed.Kind)
        {
            case DeedKind.CloseTwin:
                CloseTwin();
                break;
            case DeedKind.SendTwinJunk:
                _ = _twin?.Send(deed.Bytes, default, default);
                break;
            case DeedKind.SendTwinRequest:
                _ = _twin?.Send(new FuzzMessage(VfioUserHeader.ForCommand(1, VfioUserCommand.DeviceReset, 0), default).Bytes, default, default);
                break;
        }
    }

    /// <summary>Receives from either socket.</summary>
    /// <param name="waits">Whether it waits for something to come.</param>
    /// <param name="from">What holds the message.</param>
    public ReceiveStatus Receive(bool waits, out MessageReceiver from)
    {
        from = Receiver;
        var begin = Environment.TickCount64;
        while (_twinReceiver is { } twin && Conversation.TwinManners != TwinManners.NeverReads)
        {
            from = Receiver;
            if (Receiver.TryReceive() is var status && status != ReceiveStatus.Nothing)
                return status;
            from = twin;
            status = twin.TryReceive();
            if (status is ReceiveStatus.Closed or ReceiveStatus.Failed)
                CloseTwin();
            else if (status != ReceiveStatus.Nothing || !waits || Environment.TickCount64 - begin >= _patience.TotalMilliseconds)
                return status;
            else
                WaitForEither();
        }

        from = Receiver;
        return waits ? Receiver.Receive() : Receiver.TryReceive();
    }

    public void Dispose()
    {
        CloseTwin();
        Files.Dispose();
        Receiver.Dispose();
        Socket.Dispose();
    }

    private void UseTwin(UnixSocket twin)
    {
        HadTwin = true;
        _twin = twin;
        twin.SetTimeouts(_patience, _patience);
        _twinReceiver = new MessageReceiver(twin, LongestMessageInBytes, MostFdsOfReply);
        if (Conversation.TwinManners == TwinManners.ClosesAtOnce)
            CloseTwin();
    }

    private void CloseTwin()
    {
        _twinReceiver?.Dispose();
        _twin?.Dispose();
        (_twin, _twinReceiver) = (null, null);
    }

    private void WaitForEither()
    {
        var polls = stackalloc Libc.PollDescriptor[2];
        polls[0] = new Libc.PollDescriptor { Descriptor = Socket.Descriptor.Number, Events = Libc.POLLIN };
        polls[1] = new Libc.PollDescriptor { Descriptor = _twin!.Descriptor.Number, Events = Libc.POLLIN };
        _ = Libc.poll(polls, 2, (int)_patience.TotalMilliseconds);
    }

    private static void Change(ref byte[] state, Dice dice)
    {
        for (var i = dice.Between(1, 6); i > 0 && state.Length > 0; i--)
        {
            switch (dice.Below(4))
            {
                case 0:
                    Array.Resize(ref state, dice.OneIn(2) ? dice.Below(state.Length + 1) : state.Length + dice.Between(1, 64));
                    break;
                case 1:
                    var at = dice.Below(state.Length);
                    var value = dice.Awkward();
                    MemoryMarshal.AsBytes(new ReadOnlySpan<ulong>(in value))[..Math.Min(sizeof(ulong), state.Length - at)].CopyTo(state.AsSpan(at));
                    break;
                default:
                    // The front says what it is, and what follows that are registers.
                    state[dice.Below(Math.Min(state.Length, dice.Pick(32, 512, 1 << 20)))] ^= (byte)dice.Between(1, 255);
                    break;
            }
        }
    }
}
