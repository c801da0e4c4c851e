using System.Runtime.InteropServices;
using VfioSharp.Backends.VfioUser.Wire;

namespace VfioSharp.Fuzz;

/// <summary>Answers the server's DMA_READ and DMA_WRITE, as well as the client's manners are.</summary>
internal static class DmaAnswer
{
    private const int MostBytes = 1 << 20;

    /// <summary>Answers the command that was received last.</summary>
    /// <returns>What is wrong with the command; null where nothing.</returns>
    public static string? Send(UnixSocket socket, MessageReceiver receiver, DmaManners manners)
    {
        var command = receiver.Header;
        if (command.Command is not (VfioUserCommand.DmaRead or VfioUserCommand.DmaWrite))
            return $"sent the command {command.Command}, which is the client's";
        if (receiver.Payload.Length < DmaAccessMessage.SizeInBytes)
            return $"sent {command.Command} of {command.MessageSize} bytes";
        var access = MemoryMarshal.Read<DmaAccessMessage>(receiver.Payload);
        var dataLength = receiver.Payload.Length - DmaAccessMessage.SizeInBytes;
        if (access.Count is 0 or > MostBytes || (command.Command == VfioUserCommand.DmaWrite && access.Count != (ulong)dataLength))
            return $"sent {command.Command} with a count of {access.Count} and {dataLength} bytes of data";
        if (command.IsPosted)
            return null;

        var answer = new Payload().Add(access);
        if (command.Command == VfioUserCommand.DmaRead)
            answer.Add(new byte[access.Count]);
        var header = VfioUserHeader.ForReply(command, answer.Bytes.Length);
        switch (manners)
        {
            case DmaManners.StaysSilent:
                return null;
            case DmaManners.Refuses:
                header = VfioUserHeader.ForError(command, Errno.EFAULT);
                answer = new Payload();
                break;
            case DmaManners.AnswersWrongly:
                // Which of them depends on the command alone, so that a seed is enough to see it again.
                switch (access.Address >> 12 & 3)
                {
                    case 0:
                        header.MessageId++;
                        break;
                    case 1:
                        answer = new Payload().Add(access with { Count = access.Count + 1 });
                        break;
                    case 2:
                        answer = new Payload().U32(1);
                        break;
                    default:
                        answer.Add(new byte[16]);
                        break;
                }

                break;
        }

        // A server that is gone is seen by whoever receives next.
        _ = socket.Send(new FuzzMessage(header, answer.Bytes).Bytes, default, default);
        return null;
    }
}
