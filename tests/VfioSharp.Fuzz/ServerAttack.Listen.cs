using VfioSharp.Backends.VfioUser.Wire;

namespace VfioSharp.Fuzz;

// What comes from the server, and whether it may.
internal sealed partial class ServerAttack
{
    // Takes what is there; where a reply is waited for, until it comes.
    private string? Listen(AttackTurn turn, FuzzMessage? awaited, ref bool isOpen)
    {
        while (true)
        {
            var status = turn.Receive(waits: awaited is not null, out var from);
            switch (status)
            {
                case ReceiveStatus.Nothing when awaited is null:
                    return null;
                case ReceiveStatus.Nothing:
                    return $"no reply within {Patience.TotalSeconds} s";
                case ReceiveStatus.Closed:
                    isOpen = false;
                    return null;
                case ReceiveStatus.Failed when from.Error is Errno.ECONNRESET or Errno.EPIPE:
                    isOpen = false;
                    return null;
                case ReceiveStatus.Message:
                    break;
                default:
                    return $"sent what is no message: {status} {from.Error}";
            }

            if (Take(turn, from, answers: true) is { } failure)
                return failure;
            // What is no command gets an error as its reply, and may have the number of the next command.
            var header = from.Header;
            if (awaited is not null && header.IsReply && header.MessageId == awaited.Header.MessageId && header.Command == awaited.Header.Command)
                return null;
        }
    }

    private string? WaitForEnd(AttackTurn turn)
    {
        while (true)
        {
            switch (turn.Receive(waits: true, out var from))
            {
                case ReceiveStatus.Closed or ReceiveStatus.Failed:
                    return null;
                case ReceiveStatus.Nothing:
                    return $"did not close within {Patience.TotalSeconds} s";
                case ReceiveStatus.Message when Take(turn, from, answers: false) is { } failure:
                    return failure;
                case ReceiveStatus.Message:
                    break;
                default:
                    return "sent what is no message at the end";
            }
        }
    }

    private string? Take(AttackTurn turn, MessageReceiver from, bool answers)
    {
        var header = from.Header;
        turn.Keep(from);
        if (header.IsCommand)
        {
            Commands = (Commands.All + 1, Commands.OverTwin + (from == turn.Receiver ? 0 : 1));
            if (turn.HadTwin && from == turn.Receiver)
                return $"sent {header.Command} over the socket of requests, where there was another for it";
            // Who has said that it sends no more cannot.
            return answers ? turn.Answers.Send(turn.SocketForAnswer(from), from) : null;
        }

        if (from != turn.Receiver)
            return $"sent the reply to {header.Command} over the twin socket";
        Replies.Count(header);
        return header switch
        {
            { IsReply: false } => $"sent a message of type {header.Flags & VfioUserHeader.TypeMask}",
            { IsError: true, Error: 0 } => "sent an error reply without an error",
            { IsError: true, MessageSize: not VfioUserHeader.SizeInBytes } => $"sent an error reply of {header.MessageSize} bytes",
            _ => null,
        };
    }
}
