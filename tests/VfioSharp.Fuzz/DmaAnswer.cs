using System.Runtime.InteropServices;
using VfioSharp.Backends.VfioUser.Wire;

namespace VfioSharp.Fuzz;

/// <summary>Answers the server's DMA_READ and DMA_WRITE in one conversation, as well as the client's manners are. For one thread at a time.</summary>
/// <param name="manners">The client's manners.</param>
/// <param name="dice">Say what is wrong with a wrong answer.</param>
/// <param name="fds">Has the memory that is read and written.</param>
internal sealed class DmaAnswer(DmaManners manners, Dice dice, FdSupply fds)
{
    private const int MostBytes = 1 << 20;
    private const int MostOwed = 64;

    private readonly Queue<(UnixSocket Socket, byte[] Bytes)> _owed = [];

    /// <summary>Answers the command that was received last.</summary>
    /// <param name="socket">Where the answer goes.</param>
    /// <param name="receiver">What holds the command.</param>
    /// <returns>What is wrong with the command; null where nothing.</returns>
    public string? Send(UnixSocket socket, MessageReceiver receiver)
    {
        var command = receiver.Header;
        if (command.Command is not (VfioUserCommand.DmaRead or VfioUserCommand.DmaWrite))
            return $"sent the command {command.Command}, which is the client's";
        if (receiver.Payload.Length < DmaAccessMessage.SizeInBytes)
            return $"sent {command.Command} of {command.MessageSize} bytes";
        var access = MemoryMarshal.Read<DmaAccessMessage>(receiver.Payload);
        var data = receiver.Payload[DmaAccessMessage.SizeInBytes..];
        if (access.Count is 0 or > MostBytes || access.Address + (access.Count - 1) < access.Address
            || (ulong)data.Length != (command.Command == VfioUserCommand.DmaWrite ? access.Count : 0))
        {
            return $"sent {command.Command} of {access.Count} bytes at 0x{access.Address:x} with {data.Length} bytes of data";
        }

        if (command.IsPosted)
            return $"sent {command.Command} without waiting for an answer";
        var answer = MakeRight(command, access, data);
        switch (manners == DmaManners.IsFickle ? (DmaManners)dice.Below((int)DmaManners.IsFickle) : manners)
        {
            case DmaManners.Refuses:
                answer = new FuzzMessage(VfioUserHeader.ForError(command, (Errno)dice.Between(1, 133)), default);
                break;
            case DmaManners.AnswersWrongly:
                answer = MakeWrong(answer, access);
                break;
            case DmaManners.AnswersTwice:
                Transmit(socket, answer.Bytes);
                break;
            case DmaManners.AnswersLate:
                _owed.Enqueue((socket, answer.Bytes));
                if (_owed.Count > MostOwed)
                    _owed.Dequeue();
                return null;
            case DmaManners.StaysSilent:
                return null;
        }

        Transmit(socket, answer.Bytes);
        return null;
    }

    /// <summary>Sends an answer that is late, if there is one.</summary>
    public void SendOwed()
    {
        if (_owed.TryDequeue(out var late) && !late.Socket.Descriptor.IsClosed)
            Transmit(late.Socket, late.Bytes);
    }

    private FuzzMessage MakeRight(in VfioUserHeader command, in DmaAccessMessage access, ReadOnlySpan<byte> data)
    {
        var answer = new Payload().Add(access);
        if (command.Command == VfioUserCommand.DmaRead)
            answer.Add(fds.ReadMemory(access.Address, (int)access.Count));
        else
            fds.WriteMemory(access.Address, data);
        return new FuzzMessage(VfioUserHeader.ForReply(command, answer.Bytes.Length), answer.Bytes);
    }

    private FuzzMessage MakeWrong(FuzzMessage right, DmaAccessMessage access)
    {
        var header = right.Header;
        var data = right.Bytes.AsSpan(VfioUserHeader.SizeInBytes + DmaAccessMessage.SizeInBytes);
        var payload = new Payload().Add(access);
        switch (dice.Below(12))
        {
            case 0:
                header.MessageId += (ushort)dice.Between(1, 3);
                break;
            case 1:
                header.Command = dice.Pick(VfioUserCommand.DmaRead, VfioUserCommand.DmaWrite, VfioUserCommand.RegionRead);
                break;
            case 2:
                payload = new Payload().Add(access with { Count = dice.Awkward() });
                break;
            case 3:
                payload = new Payload().Add(access with { Address = access.Address ^ 0x1000 });
                break;
            case 4:
                payload = new Payload().U32(1);
                data = [];
                break;
            case 5:
                payload.Add(new byte[dice.Between(1, 64)]);
                break;
            case 6:
                // As QEMU 10.1: a count of 32 bit, so that the data begin four bytes earlier.
                payload = new Payload().U64(access.Address).U32((uint)access.Count);
                break;
            case 7:
                data = data[..^Math.Min(data.Length, dice.Between(1, 16))];
                break;
            case 8:
                // A header alone: right as the answer to a write.
                payload = new Payload();
                data = [];
                break;
            case 9:
                header.Flags |= VfioUserHeader.FlagError;
                header.Error = (uint)dice.Pick(0ul, dice.Awkward());
                break;
            case 10:
                header.Flags = dice.Pick(0u, 2u, VfioUserHeader.TypeReply | VfioUserHeader.FlagNoReply);
                break;
            default:
                // The size is right about what is sent, and all that is sent is junk.
                return new FuzzMessage(header, dice.Bytes(dice.Below(64)));
        }

        return new FuzzMessage(header, payload.Add(data).Bytes);
    }

    // A server that is gone, or has closed this socket, is seen by whoever receives next.
    private static void Transmit(UnixSocket socket, byte[] bytes) => _ = socket.Send(bytes, default, default);
}
