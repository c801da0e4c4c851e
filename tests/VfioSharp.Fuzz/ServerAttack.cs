using VfioSharp.Backends.VfioUser.Wire;
using VfioSharp.Native;

namespace VfioSharp.Fuzz;

/// <summary>
/// Holds conversations with a server, and says what the server did that no server may do: not reply to a command whose beginning and end are
/// beyond doubt, reply to another, send what is no message, not close when its client has. For one thread at a time.
/// </summary>
/// <param name="path">What the paths of the sockets begin with.</param>
/// <param name="fds">What goes with messages.</param>
internal sealed partial class ServerAttack(string path, FdSupply fds)
{
    /// <summary>How long a server may take. A machine that builds something meanwhile is slow, too.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan PatienceOfFlood = TimeSpan.FromMilliseconds(20);

    /// <summary>How many messages were sent so far, without those whose replies are not read.</summary>
    public long MessageCount { get; private set; }

    /// <summary>How many commands of the server's own came so far, and how many of those over a twin socket.</summary>
    public (long All, long OverTwin) Commands { get; private set; }

    /// <summary>What came back so far.</summary>
    public ReplyCounts Replies { get; } = new();

    /// <summary>Holds a conversation.</summary>
    /// <param name="conversation">The conversation.</param>
    /// <returns>What the server did wrong; null where nothing.</returns>
    public string? Play(Conversation conversation)
    {
        fds.SetMemoryLength(FdSupply.MemoryLengthInBytes);
        using var turn = new AttackTurn(
            conversation, conversation.Function.SocketBeside(path), fds, Patience,
            conversation.Farewell == Farewell.StopsReading ? PatienceOfFlood : Patience);
        var (isOpen, isFramed) = (true, true);
        for (var i = 0; isOpen && i < conversation.Messages.Count;)
        {
            var first = i;
            var error = SendSome(turn, ref i, ref isFramed, out var awaited);
            if (error is Errno.EPIPE or Errno.ECONNRESET)
                return null;
            if (error != Errno.None)
                return $"did not take message {first} within {Patience.TotalSeconds} s ({error})";
            if (Listen(turn, isFramed ? awaited : null, ref isOpen) is { } failure)
                return $"{failure} (message {first})";
            turn.Answers.SendOwed();
        }

        return isOpen ? Leave(turn) : null;
    }

    // One message, or several at once; the reply to which is waited for then, if any.
    private Errno SendSome(AttackTurn turn, ref int next, ref bool isFramed, out FuzzMessage? awaited)
    {
        var messages = turn.Conversation.Messages;
        awaited = null;
        var first = messages[next++];
        isFramed &= first.IsFramed;
        if (turn.Conversation.IsInStep || turn.Conversation.MessagesPerSend == 1 || first.Cuts.Length != 0)
        {
            awaited = turn.Conversation.IsInStep && first.WantsReply ? first : null;
            return Send(turn, first);
        }

        // What is done before a message, or goes with it, concerns all that are sent with it: such a one is the first.
        var bytes = new List<byte>(turn.BytesOf(first));
        for (var count = 1; count < turn.Conversation.MessagesPerSend && next < messages.Count; count++)
        {
            var message = messages[next];
            if (message.Deeds.Count != 0 || message.Fds.Count != 0 || message.Cuts.Length != 0)
                break;
            isFramed &= message.IsFramed;
            bytes.AddRange(turn.BytesOf(message));
            MessageCount++;
            next++;
        }

        return Send(turn, new FuzzMessage([.. bytes]) { Fds = first.Fds, Deeds = first.Deeds });
    }

    private Errno Send(AttackTurn turn, FuzzMessage message)
    {
        foreach (var deed in message.Deeds)
            Do(turn, deed);
        var bytes = turn.BytesOf(message);
        var numbers = message.Fds.Select(fds.Number).ToArray();
        MessageCount++;
        var start = 0;
        foreach (var end in message.Cuts.Where(cut => cut < bytes.Length).Append(bytes.Length))
        {
            if (end == start)
                continue;
            var errno = turn.Socket.Send(bytes.AsSpan(start, end - start), default, start == 0 ? numbers : []);
            if (errno != Errno.None)
                return errno;
            start = end;
        }

        return Errno.None;
    }

    private void Do(AttackTurn turn, Deed deed)
    {
        switch (deed.Kind)
        {
            case DeedKind.CutMemory:
                fds.SetMemoryLength(deed.Place);
                break;
            case DeedKind.FillMemory:
                fds.WriteMemory((ulong)deed.Place, deed.Bytes);
                break;
            case DeedKind.CloseTwin or DeedKind.SendTwinJunk or DeedKind.SendTwinRequest:
                turn.DoOnTwin(deed);
                break;
            default:
                turn.Files.Do(deed);
                break;
        }
    }

    private string? Leave(AttackTurn turn)
    {
        const int shutWrite = 1;

        switch (turn.Conversation.Farewell)
        {
            case Farewell.Aborts:
                return null;
            case Farewell.StopsReading:
                Flood(turn.Socket);
                return null;
            default:
                _ = Libc.shutdown(turn.Socket.Descriptor, shutWrite);
                return WaitForEnd(turn);
        }
    }

    // Reads whose replies nobody takes, until the server takes no more of them.
    private static void Flood(UnixSocket socket)
    {
        const int mostReads = 20_000;
        var read = new FuzzMessage(
            VfioUserHeader.ForCommand(1, VfioUserCommand.RegionRead, RegionAccessMessage.SizeInBytes),
            new Payload().Add(new RegionAccessMessage { Region = VictimFunction.ConfigRegion, Count = 256 }).Bytes);
        for (var i = 0; i < mostReads && socket.Send(read.Bytes, default, default) == Errno.None; i++)
        {
        }
    }
}
