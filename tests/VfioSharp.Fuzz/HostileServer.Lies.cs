using VfioSharp.Backends.VfioUser.Wire;

namespace VfioSharp.Fuzz;

// What is sent in place of the right reply, and the server's own commands.
internal sealed partial class HostileServer
{
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
                return Send(socket, MakeCommand(dice)) && Send(socket, reply);
            case 3:
                return Send(socket, reply) && Send(socket, MakeCommand(dice)) && Send(socket, MakeCommand(dice));
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

    // What is wrong with what the client sent over it; null where nothing.
    private string? UseTwin(TwinSide twin, Dice dice, bool isHonest)
    {
        if (twin.IsClosed)
            return null;
        if (dice.OneIn(3))
        {
            for (var i = dice.Between(1, 3); i > 0; i--)
                Send(twin.Socket, isHonest ? MakeTrueCommand(dice) : MakeCommand(dice));
        }

        while (twin.Receiver.TryReceive() == ReceiveStatus.Message)
        {
            if (!twin.Receiver.Header.IsReply)
                return $"sent the request {twin.Receiver.Header.Command} over the twin socket";
            CountAnswer(twin.Receiver.Header);
        }

        if (isHonest)
            return null;
        if (dice.OneIn(40))
            Send(twin.Socket, new FuzzMessage(dice.Bytes(dice.Between(1, 64))));
        if (dice.OneIn(60))
            twin.Dispose();
        return null;
    }

    // A command of the server: of those that it may send, most of the time.
    private FuzzMessage MakeCommand(Dice dice)
    {
        if (dice.OneIn(3))
            return MakeTrueCommand(dice);
        var isWrite = dice.OneIn(2);
        var count = dice.Pick(0, 1, 8, 64, 4096, 0x3000);
        var command = dice.OneIn(6) ? (VfioUserCommand)dice.Below(20) : isWrite ? VfioUserCommand.DmaWrite : VfioUserCommand.DmaRead;
        var message = Access(command, PickBadAddress(dice, (ulong)count), count, isWrite, dice);
        if (dice.OneIn(6))
            message.Header = message.Header with { Flags = message.Header.Flags | VfioUserHeader.FlagNoReply };
        if (dice.OneIn(3))
            MessageMutator.Mutate(message, dice);
        return message;
    }

    // What a device does that keeps to the memory that was mapped for it.
    private FuzzMessage MakeTrueCommand(Dice dice)
    {
        var map = _mapped.Count == 0 ? new DmaMapMessage { Address = 0, Size = 8 } : _mapped[dice.Below(_mapped.Count)];
        var isWrite = (map.Flags & DmaMapMessage.FlagWrite) != 0 && dice.OneIn(2);
        var count = (int)Math.Min(map.Size, (ulong)dice.Pick(1, 8, 64, 4096));
        var place = dice.Next() % (map.Size - (ulong)count + 1);
        return Access(isWrite ? VfioUserCommand.DmaWrite : VfioUserCommand.DmaRead, map.Address + place, count, isWrite, dice);
    }

    // Around what is mapped, more than anywhere: its borders are where checks break.
    private ulong PickBadAddress(Dice dice, ulong count)
    {
        if (_mapped.Count == 0 || dice.OneIn(3))
            return dice.Awkward();
        var map = _mapped[dice.Below(_mapped.Count)];
        return dice.Below(4) switch
        {
            0 => map.Address - 1,
            1 => map.Address + map.Size - count / 2,
            2 => map.Address + map.Size,
            _ => ulong.MaxValue - count / 2,
        };
    }

    private static FuzzMessage Access(VfioUserCommand command, ulong address, int count, bool hasData, Dice dice)
    {
        var payload = new Payload().Add(new DmaAccessMessage { Address = address, Count = (ulong)count });
        if (hasData)
            payload.Add(dice.Bytes(count));
        return new FuzzMessage(VfioUserHeader.ForCommand((ushort)dice.Next(), command, payload.Bytes.Length), payload.Bytes);
    }
}
