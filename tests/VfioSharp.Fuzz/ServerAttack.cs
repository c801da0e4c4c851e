using VfioSharp.Backends.VfioUser.Wire;
using VfioSharp.Native;

namespace VfioSharp.Fuzz;

/// <summary>
/// Holds conversations with a server, and says what the server did that no server may do: not reply to a command whose beginning and end are
/// beyond doubt, reply to another, send what is no message, not close when its client has. For one thread at a time.
/// </summary>
internal sealed class ServerAttack(string path, FdSupply fds)
{
    private const int LongestMessageInBytes = (64 << 20) + 4096;
    private const int MostFdsOfReply = 64;

    /// <summary>How long a server may take. A machine that builds something meanwhile is slow, too.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan PatienceOfFlood = TimeSpan.FromMilliseconds(20);

    /// <summary>How many messages were sent so far, without those whose replies are not read.</summary>
    public long MessageCount { get; private set; }

    /// <summary>What came back so far.</summary>
    public ReplyCounts Replies { get; } = new();

    /// <summary>Holds a conversation.</summary>
    /// <param name="conversation">The conversation.</param>
    /// <returns>What the server did wrong; null where nothing.</returns>
    public string? Play(Conversation conversation)
    {
        fds.SetMemoryLength(FdSupply.MemoryLengthInBytes);
        using var socket = UnixSocket.Connect(path, null);
        using var receiver = new MessageReceiver(socket, LongestMessageInBytes, MostFdsOfReply);
        socket.SetTimeouts(Patience, conversation.Farewell == Farewell.StopsReading ? PatienceOfFlood : Patience);
        var turn = new Turn(socket, receiver, conversation);
        var (isOpen, isFramed) = (true, true);
        for (var i = 0; isOpen && i < conversation.Messages.Count; i++)
        {
            var message = conversation.Messages[i];
            var error = Send(socket, message);
            if (error is Errno.EPIPE or Errno.ECONNRESET)
                return null;
            if (error != Errno.None)
                return $"did not take message {i} within {Patience.TotalSeconds} s ({error})";
            isFramed &= message.IsFramed;
            var waits = conversation.IsInStep && isFramed && message.WantsReply && conversation.Manners != DmaManners.StaysSilent;
            if (Listen(turn, waits ? message : null, ref isOpen) is { } failure)
                return $"{failure} (message {i})";
        }

        return isOpen ? Leave(turn) : null;
    }

    private Errno Send(UnixSocket socket, FuzzMessage message)
    {
        if (message.MemoryLengthInBytes is { } length)
            fds.SetMemoryLength(length);
        var numbers = message.Fds.Select(fds.Number).ToArray();
        MessageCount++;
        var start = 0;
        foreach (var end in message.Cuts.Where(cut => cut < message.Bytes.Length).Append(message.Bytes.Length))
        {
            if (end == start)
                continue;
            var errno = socket.Send(message.Bytes.AsSpan(start, end - start), default, start == 0 ? numbers : []);
            if (errno != Errno.None)
                return errno;
            start = end;
        }

        return Errno.None;
    }

    // Takes what is there; where a reply is waited for, until it comes.
    private string? Listen(Turn turn, FuzzMessage? awaited, ref bool isOpen)
    {
        while (true)
        {
            var status = awaited is null ? turn.Receiver.TryReceive() : turn.Receiver.Receive();
            switch (status)
            {
                case ReceiveStatus.Nothing when awaited is null:
                    return null;
                case ReceiveStatus.Nothing:
                    return $"no reply within {Patience.TotalSeconds} s";
                case ReceiveStatus.Closed:
                    isOpen = false;
                    return null;
                case ReceiveStatus.Failed when turn.Receiver.Error is Errno.ECONNRESET or Errno.EPIPE:
                    isOpen = false;
                    return null;
                case ReceiveStatus.Message:
                    break;
                default:
                    return $"sent what is no message: {status} {turn.Receiver.Error}";
            }

            Vandalize(turn.Receiver);
            var header = turn.Receiver.Header;
            if (header.IsCommand)
            {
                if (DmaAnswer.Send(turn.Socket, turn.Receiver, turn.Conversation.Manners) is { } failure)
                    return failure;
                continue;
            }

            Replies.Count(header);
            if (CheckReply(header) is { } mistake)
                return mistake;
            // What is no command gets an error as its reply, and may have the number of the next command.
            if (awaited is not null && header.MessageId == awaited.Header.MessageId && header.Command == awaited.Header.Command)
                return null;
        }
    }

    // What the server shares is the client's to write, and to cut short where the server has let it.
    private static void Vandalize(MessageReceiver receiver)
    {
        for (var i = 0; i < receiver.FdCount; i++)
        {
            using var descriptor = receiver.TakeFd(i);
            _ = Libc.ftruncate(descriptor, 0);
        }
    }

    private static string? CheckReply(in VfioUserHeader header) => header switch
    {
        { IsReply: false } => $"sent a message of type {header.Flags & VfioUserHeader.TypeMask}",
        { IsError: true, Error: 0 } => "sent an error reply without an error",
        { IsError: true, MessageSize: not VfioUserHeader.SizeInBytes } => $"sent an error reply of {header.MessageSize} bytes",
        _ => null,
    };

    private string? Leave(Turn turn)
    {
        switch (turn.Conversation.Farewell)
        {
            case Farewell.Aborts:
                return null;
            case Farewell.StopsReading:
                Flood(turn.Socket);
                return null;
            default:
                _ = Libc.shutdown(turn.Socket.Descriptor, ShutWrite);
                return WaitForEnd(turn);
        }
    }

    private const int ShutWrite = 1;

    private string? WaitForEnd(Turn turn)
    {
        while (true)
        {
            switch (turn.Receiver.Receive())
            {
                case ReceiveStatus.Closed or ReceiveStatus.Failed:
                    return null;
                case ReceiveStatus.Nothing:
                    return $"did not close within {Patience.TotalSeconds} s";
                case ReceiveStatus.Message when turn.Receiver.Header.IsCommand:
                    // It cannot be answered any more.
                    break;
                case ReceiveStatus.Message:
                    Replies.Count(turn.Receiver.Header);
                    if (CheckReply(turn.Receiver.Header) is { } mistake)
                        return mistake;
                    break;
                default:
                    return "sent what is no message at the end";
            }
        }
    }

    // Reads whose replies nobody takes, until the server takes no more of them.
    private void Flood(UnixSocket socket)
    {
        const int MostReads = 20_000;
        var read = new FuzzMessage(
            VfioUserHeader.ForCommand(1, VfioUserCommand.RegionRead, RegionAccessMessage.SizeInBytes),
            new Payload().Add(new RegionAccessMessage { Region = 7, Count = 256 }).Bytes);
        for (var i = 0; i < MostReads && socket.Send(read.Bytes, default, default) == Errno.None; i++)
        {
        }
    }

    private readonly record struct Turn(UnixSocket Socket, MessageReceiver Receiver, Conversation Conversation);
}
