using VfioSharp.Backends.VfioUser.Wire;
using VfioSharp.Conformance.Trials;

namespace VfioSharp.Conformance.Client.Cases;

/// <summary>What a client that has attached makes of the server's own commands, and of its end.</summary>
internal static class ServerCommandCases
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    public static IEnumerable<ClientCase> All()
    {
        var group = new ClientCaseGroup("server_command", "VFIO_USER_DMA_READ / VFIO_USER_DMA_WRITE");
        group.Survives(
            "dma_read", "DMA_READ of memory that was mapped is answered with the data, or refused with a header alone",
            Commanding(VfioUserCommand.DmaRead, (address, _) => Access(address, 16)), record => Answered(record, 16 + 16));
        group.Survives(
            "dma_write", "DMA_WRITE of memory that was mapped is answered with address and count, or refused with a header alone",
            Commanding(VfioUserCommand.DmaWrite, (address, _) => [.. Access(address, 16), .. new byte[16]]), record => Answered(record, 16));
        group.Survives(
            "dma_read_unmapped", "DMA_READ of memory that was not mapped is refused",
            Commanding(VfioUserCommand.DmaRead, (_, end) => Access(end, 16)), Refused);
        group.Survives(
            "dma_read_across_end", "DMA_READ that crosses the end of what was mapped is refused",
            Commanding(VfioUserCommand.DmaRead, (_, end) => Access(end - 8, 16)), Refused);
        group.Survives(
            "dma_read_overflow", "DMA_READ whose end overflows is refused",
            Commanding(VfioUserCommand.DmaRead, (_, _) => Access(ulong.MaxValue - 7, 16)), Refused);
        group.Survives(
            "dma_read_count_max", "DMA_READ of 2^64 - 1 bytes is refused",
            Commanding(VfioUserCommand.DmaRead, (address, _) => Access(address, ulong.MaxValue)), Refused);
        group.Survives(
            "dma_write_count_max", "DMA_WRITE that says more than it has is refused",
            Commanding(VfioUserCommand.DmaWrite, (address, _) => Access(address, 1 << 16)), Refused);
        group.Survives(
            "dma_read_short", "DMA_READ that ends within its fixed part does no harm",
            Commanding(VfioUserCommand.DmaRead, (_, _) => new byte[8]));
        group.Survives("unknown", "a command that does not exist does no harm", Commanding((VfioUserCommand)999, (_, _) => new byte[16]));
        group.Survives(
            "clients_own", "a command that is for servers does no harm",
            Commanding(VfioUserCommand.DeviceGetInfo, (_, _) => Requests.DeviceInfo()));

        var end = new ClientCaseGroup("server_end", "Server Disconnection");
        end.Survives("ends", "a server that ends the connection does no harm", new Script { OnAttached = server => server.End() });
        end.Survives("noise", "noise instead of messages does no harm", new Script { OnAttached = Noise });
        end.Survives("unasked_reply", "a reply that nobody asked for does no harm", new Script
        {
            OnAttached = server => server.Send(Conversation.ToBytes(VfioUserHeader.ForReply(VfioUserHeader.ForCommand(0x1234, VfioUserCommand.RegionRead, 0), 0), default), []),
        });
        return [.. group.Cases, .. end.Cases];
    }

    private static byte[] Access(ulong address, ulong count) => new Payload().U64(address).U64(count).ToArray();

    // Commands go to the first memory that was mapped, where there is any.
    private static Script Commanding(VfioUserCommand command, Func<ulong, ulong, byte[]> payload) => new()
    {
        OnAttached = server =>
        {
            var map = server.Record.Of(VfioUserCommand.DmaMap).FirstOrDefault(map => map.Payload.Length >= 32);
            var (address, size) = map is null ? (0x10000ul, 0ul) : (map.U64(16), map.U64(24));
            server.Ask(command, payload(address, address + size), Patience);
        },
    };

    private static Message? Reply(ClientRecord record)
    {
        if (record.Replies.Count == 0 && record.HasEnded)
            return null;
        if (record.Replies.Count == 0 && record.Verdict != ClientVerdict.Attached)
            throw new CaseSkippedException("the client did not stay long enough for a command");
        Expect.That(record.Replies.Count != 0, $"the command was not answered within {Patience.TotalSeconds:0.###} s.");
        var reply = record.Replies[0];
        Expect.That(
            !reply.Header.IsError || reply.Payload.Length == 0,
            $"the error reply has {reply.Payload.Length} bytes behind its header, expected none.");
        return reply;
    }

    private static void Answered(ClientRecord record, int lengthInBytes)
    {
        if (!record.Of(VfioUserCommand.DmaMap).Any())
            throw new CaseSkippedException("the client mapped no memory");
        if (Reply(record) is { Header.IsError: false } reply)
            reply.OfLength(lengthInBytes);
    }

    private static void Refused(ClientRecord record)
    {
        if (Reply(record) is { } reply)
            Expect.That(reply.Header.IsError, "the command was done, expected that it is refused.");
    }

    private static void Noise(ScriptedServer server)
    {
        var noise = new byte[4096];
        new Random(7).NextBytes(noise);
        server.Send(noise, []);
    }
}
