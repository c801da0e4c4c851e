using VfioSharp.Backends.VfioUser.Wire;

namespace VfioSharp.Fuzz;

/// <summary>
/// A server that lies. It knows the right reply to everything, and what it sends instead follows from a seed: the reply changed, twice, late, to another
/// command, none, or commands of its own in between. For one thread at a time.
/// </summary>
internal sealed class HostileServer(UnixListener listener, FdSupply fds)
{
    private const int LongestMessageInBytes = (1 << 20) + 4096;
    private const int MostFdsOfCommand = 64;

    /// <summary>How long a client may hold a connection without a word. It gives up long before.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    /// <summary>How many messages were sent so far.</summary>
    public long MessageCount { get; private set; }

    /// <summary>How many commands came so far, and how many of them were answered rightly.</summary>
    public (long All, long Truly) Commands { get; private set; }

    /// <summary>Serves the next client until it goes away.</summary>
    /// <param name="dice">Says how.</param>
    /// <param name="isHonest">Whether every reply is right.</param>
    /// <returns>What the client did wrong; null where nothing.</returns>
    public string? Serve(Dice dice, bool isHonest)
    {
        fds.SetMemoryLength(FdSupply.MemoryLengthInBytes);
        using var socket = listener.Accept() ?? throw new FuzzException("Nobody listens any more.");
        using var receiver = new MessageReceiver(socket, LongestMessageInBytes, MostFdsOfCommand);
        socket.SetTimeouts(Patience, Patience);
        var odds = isHonest ? 0 : dice.Pick(3, 8, 20);
        FuzzMessage? last = null;
        while (true)
        {
            switch (receiver.Receive())
            {
                case ReceiveStatus.Message:
                    break;
                case ReceiveStatus.Closed:
                    return null;
                case ReceiveStatus.Nothing:
                    return $"holds its connection for {Patience.TotalSeconds} s without a word";
                case ReceiveStatus.Failed when receiver.Error is Errno.ECONNRESET or Errno.EPIPE:
                    return null;
                case var status:
                    return $"sent what is no message: {status} {receiver.Header.MessageSize} {receiver.Error}";
            }

            var header = receiver.Header;
            if (header.IsReply)
                continue;
            if (!header.IsCommand)
                return $"sent a message of type {header.Flags & VfioUserHeader.TypeMask}";
            var reply = ModelDevice.Reply(header, receiver.Payload);
            var isLie = odds != 0 && dice.OneIn(odds);
            Commands = (Commands.All + 1, Commands.Truly + (isLie ? 0 : 1));
            if (!isLie)
            {
                if (!header.IsPosted && !Send(socket, reply))
                    return null;
            }
            else if (!Lie(socket, dice, reply, last))
            {
                return null;
            }

            last = reply;
        }
    }

    // False where the connection is over.
    private bool Lie(UnixSocket socket, Dice dice, FuzzMessage reply, FuzzMessage? last)
    {
        switch (dice.Below(12))
        {
            case 0:
                return Send(socket, reply) && Send(socket, reply);
            case 1:
                return Send(socket, last ?? reply);
            case 2:
                return Send(socket, Command(dice)) && Send(socket, reply);
            case 3:
                return Send(socket, reply) && Send(socket, Command(dice)) && Send(socket, Command(dice));
            case 4:
                return !dice.OneIn(4);
            case 5 when dice.OneIn(4):
                // Nothing: the client has to lose its patience.
                return true;
            case 6:
                return Send(
                    socket,
                    new FuzzMessage(VfioUserHeader.ForError(reply.Header, (Errno)(dice.OneIn(2) ? dice.Between(1, 133) : dice.Below(100_000))), default));
            default:
                for (var i = dice.Between(1, 3); i > 0; i--)
                    MessageMutator.Mutate(reply, dice);
                return Send(socket, reply);
        }
    }

    // A command of the server: of those that it may send, most of the time.
    private static FuzzMessage Command(Dice dice)
    {
        var isWrite = dice.OneIn(2);
        var count = dice.Pick(1, 8, 64, 4096);
        var payload = new Payload().Add(new DmaAccessMessage { Address = dice.OneIn(2) ? (ulong)dice.Below(0x100) << 12 : dice.Awkward(), Count = (ulong)count });
        if (isWrite)
            payload.Add(dice.Bytes(count));
        var command = dice.OneIn(6) ? (VfioUserCommand)dice.Below(20) : isWrite ? VfioUserCommand.DmaWrite : VfioUserCommand.DmaRead;
        var message = new FuzzMessage(VfioUserHeader.ForCommand((ushort)dice.Next(), command, payload.Bytes.Length, dice.OneIn(6)), payload.Bytes);
        if (dice.OneIn(2))
            MessageMutator.Mutate(message, dice);
        return message;
    }

    private bool Send(UnixSocket socket, FuzzMessage message)
    {
        if (message.MemoryLengthInBytes is { } length)
            fds.SetMemoryLength(length);
        if (message.Bytes.Length == 0)
            return true;
        MessageCount++;
        var numbers = message.Fds.Select(fds.Number).ToArray();
        var start = 0;
        foreach (var end in message.Cuts.Where(cut => cut < message.Bytes.Length).Append(message.Bytes.Length))
        {
            if (socket.Send(message.Bytes.AsSpan(start, end - start), default, start == 0 ? numbers : []) != Errno.None)
                return false;
            start = end;
        }

        return true;
    }
}
