using VfioSharp.Backends.VfioUser.Wire;
using VfioSharp.Conformance.Trials;
using static VfioSharp.Conformance.Trials.Numbers;

namespace VfioSharp.Conformance.Server.Cases;

/// <summary>DMA_READ and DMA_WRITE, and DMA by descriptors: with a device that the suite can make do DMA.</summary>
internal static class DmaTransferCases
{
    private const ulong Page = 4096;
    private const ulong Base = 0x100000;

    public static IEnumerable<ServerCase> All()
    {
        var group = new CaseGroup("dma_transfer", "VFIO_USER_DMA_READ / VFIO_USER_DMA_WRITE", "sgl_read_write");
        var need = DeviceNeed.KnownFunction;
        group.Must(
            "by_messages", "memory without a descriptor is read and written by messages, with all bytes in their places",
            ByMessages, need, "dma_read_write");
        group.Must(
            "large", "a transfer over the client's max_data_xfer_size comes in several messages, none of them longer",
            Large, need, "dma_read_write_large");
        group.Must("odd_length", "so does one of 1 and of 7 bytes at an odd address", OddLength, need);
        group.Must("error", "a client that answers with an error does the server no harm", Error, need, "dma_read_write_error");
        group.Must("by_fd", "memory with a descriptor is reached without a message", trial => ByFd(trial, 0), need, "dma_read_write");
        group.Must("by_fd_offset", "so is memory that begins within the descriptor's file", trial => ByFd(trial, Page), need);
        group.Must(
            "over_twin_socket", "messages go over the twin socket where there is one",
            OverTwin,
            DeviceNeed.TwinSocket with { Name = "a twin socket and a known DMA engine", IsMet = device => device.OffersTwinSocket && DmaEngine.Knows(device) });
        group.Must("across_mappings", "a transfer from one mapping to its neighbour reaches both", AcrossMappings, need);
        group.Must("unmapped", "DMA to memory that nobody mapped does no harm, and sends no message", Unmapped, need, of: "VFIO_USER_DMA_MAP");
        group.Must(
            "read_only", "memory that can only be read is not written, with a descriptor and without",
            ReadOnly, need, of: "VFIO_USER_DMA_MAP");
        group.Must("after_unmap", "memory that was given back is not reached", AfterUnmap, need, of: "VFIO_USER_DMA_UNMAP");
        group.Must(
            "truncated_file", "a client that truncates a file that it has shared does the server no harm",
            Truncated, need, of: "Security Considerations");
        group.Must(
            "reply_before_dma", "the write that starts a transfer is answered before the server asks for memory",
            ReplyBeforeDma, need, of: "Client/server interactions");
        group.Must(
            "client_goes_meanwhile", "a client that goes while the server waits for memory does no harm",
            ClientGoes, need, of: "Client Disconnection");
        group.Must(
            "interrupt_at_end", "the interrupt at the end of a transfer comes, after the data",
            Interrupt, need, of: "VFIO_USER_DEVICE_SET_IRQS");
        group.Must(
            "logged", "the pages that a device wrote are reported, and no others, once",
            Logged,
            new DeviceNeed("DMA logging and a known DMA engine", device => device.HasLogging && DmaEngine.Knows(device)), of: "VFIO_DEVICE_FEATURE_DMA_LOGGING_REPORT");
        return group.Cases;
    }

    private static byte[] Pattern(int length, byte first = 1) => [.. Enumerable.Range(0, length).Select(i => (byte)(first + i * 7))];

    private static ClientMemory Give(Conversation peer, ulong address, int length, uint flags = DmaReadWrite)
    {
        var memory = new ClientMemory(address, length);
        peer.Memory.Add(memory);
        peer.Accept(VfioUserCommand.DmaMap, Requests.DmaMap(address, (ulong)length, flags));
        return memory;
    }

    private static void ByMessages(ServerTrial trial) => Move(trial, trial.Open(), 256);

    private static ClientMemory Move(ServerTrial trial, Conversation peer, uint count)
    {
        var memory = Give(peer, Base, 4 * (int)Page);
        Pattern((int)count).CopyTo(memory.Bytes.AsSpan());
        var engine = DmaEngine.Open(trial, peer);
        engine.Load(Base, count);
        engine.Store(Base + 2 * Page, count);
        Expect.That(memory.Accesses >= 2, $"the server sent {memory.Accesses} commands for a transfer in and one out.");
        Expect.Equal(memory.Bytes.AsSpan(0, (int)count), memory.Bytes.AsSpan(2 * (int)Page, (int)count), "what came out of the device");
        Expect.That(memory.Bytes.AsSpan((int)(2 * Page + count)).IndexOfAnyExcept((byte)0) < 0, "the server wrote behind the transfer's end.");
        return memory;
    }

    private static void Large(ServerTrial trial)
    {
        const uint limit = 1024;
        var memory = Move(trial, trial.Open($$$"""{"capabilities":{"max_data_xfer_size":{{{limit}}}}}"""), DmaEngine.MostBytes);
        Expect.That(
            memory.LongestTransfer <= limit,
            $"the server asked for {memory.LongestTransfer} bytes at once, the client's max_data_xfer_size is {limit}.");
    }

    private static void OddLength(ServerTrial trial)
    {
        var peer = trial.Open();
        var memory = Give(peer, Base, (int)Page);
        Pattern(16).CopyTo(memory.Bytes.AsSpan());
        var engine = DmaEngine.Open(trial, peer);
        foreach (var count in (uint[])[1, 7])
        {
            engine.Load(Base + 3, count);
            engine.Store(Base + 0x101, count);
            Expect.Equal(
                memory.Bytes.AsSpan(3, (int)count),
                memory.Bytes.AsSpan(0x101, (int)count), $"what came out of {count} bytes at an odd address");
        }
    }

    private static void Error(ServerTrial trial)
    {
        var peer = trial.Open();
        var memory = Give(peer, Base, (int)Page);
        var engine = DmaEngine.Open(trial, peer);
        peer.MemoryError = Errno.EIO;
        engine.Load(Base, 64);
        engine.Store(Base, 64);
        peer.MemoryError = null;
        engine.Store(Base, 64);
        Expect.That(memory.Accesses > 0, "after an error the server asks for memory no more.");
    }

    private static void ByFd(ServerTrial trial, ulong offset)
    {
        var peer = trial.Open();
        var file = trial.Own(new SharedFile(8 * (long)Page));
        var pattern = Pattern(512);
        file.Write((long)offset, pattern);
        peer.Accept(VfioUserCommand.DmaMap, Requests.DmaMap(Base, 4 * Page, offset: offset), file.Number);
        // Whatever the server asks for by message is noticed as an unanswered command: this memory has no bytes.
        peer.MemoryError = Errno.EINVAL;
        var engine = DmaEngine.Open(trial, peer);
        engine.Load(Base, 512);
        engine.Store(Base + 2 * Page, 512);
        Expect.Equal(pattern, file.Read((long)(offset + 2 * Page), 512), "what came out of the device");
    }

    private static void OverTwin(ServerTrial trial)
    {
        var peer = trial.Connect();
        var reply = peer.Negotiate("""{"capabilities":{"max_msg_fds":8,"twin_socket":{"supported":true}}}""");
        Expect.That(reply.Fds.Count == 1, $"{reply.Fds.Count} descriptors came with the reply to VERSION.");
        peer.AttachTwin(reply.Fds[0]);
        Move(trial, peer, 256);
    }

    private static void AcrossMappings(ServerTrial trial)
    {
        var peer = trial.Open();
        var first = Give(peer, Base, (int)Page);
        var second = Give(peer, Base + Page, (int)Page);
        Pattern(256).CopyTo(first.Bytes.AsSpan());
        var engine = DmaEngine.Open(trial, peer);
        engine.Load(Base, 256);
        engine.Store(Base + Page - 128, 256);
        Expect.Equal(first.Bytes.AsSpan(0, 128), first.Bytes.AsSpan((int)Page - 128), "the part in the first mapping");
        Expect.Equal(first.Bytes.AsSpan(128, 128), second.Bytes.AsSpan(0, 128), "the part in the second mapping");
    }

    private static void Unmapped(ServerTrial trial)
    {
        var peer = trial.Open();
        var memory = new ClientMemory(Base, (int)Page);
        peer.Memory.Add(memory);
        var engine = DmaEngine.Open(trial, peer);
        engine.Load(Base, 64);
        engine.Store(Base, 64);
        Expect.That(memory.Accesses == 0, "the server asked for memory that the client did not map.");
    }

    private static void ReadOnly(ServerTrial trial)
    {
        var peer = trial.Open();
        var memory = Give(peer, Base, (int)Page, DmaRead);
        var file = trial.Own(new SharedFile((long)Page));
        peer.Accept(VfioUserCommand.DmaMap, Requests.DmaMap(Base + 2 * Page, Page, DmaRead), file.Number);
        Pattern(64).CopyTo(memory.Bytes.AsSpan());
        var engine = DmaEngine.Open(trial, peer);
        engine.Load(Base, 64);
        engine.Store(Base + 64, 64);
        engine.Store(Base + 2 * Page, 64);
        Expect.That(memory.Bytes.AsSpan(64).IndexOfAnyExcept((byte)0) < 0, "the server wrote to memory that can only be read.");
        Expect.That(file.Read(0, 64).AsSpan().IndexOfAnyExcept((byte)0) < 0, "the server wrote to a file that can only be read.");
    }

    private static void AfterUnmap(ServerTrial trial)
    {
        var peer = trial.Open();
        var memory = Give(peer, Base, (int)Page);
        var engine = DmaEngine.Open(trial, peer);
        engine.Load(Base, 64);
        peer.Accept(VfioUserCommand.DmaUnmap, Requests.DmaUnmap(Base, Page));
        var before = memory.Accesses;
        engine.Store(Base, 64);
        Expect.That(memory.Accesses == before, "the server asked for memory that the client had taken back.");
    }

    private static void Truncated(ServerTrial trial)
    {
        var peer = trial.Open();
        var file = trial.Own(new SharedFile(4 * (long)Page));
        peer.Accept(VfioUserCommand.DmaMap, Requests.DmaMap(Base, 4 * Page), file.Number);
        file.Truncate(0);
        var engine = DmaEngine.Open(trial, peer);
        engine.Load(Base, 64);
        engine.Store(Base + 2 * Page, 64);
        peer.Accept(VfioUserCommand.DmaUnmap, Requests.DmaUnmap(Base, 4 * Page));
    }

    private static void ReplyBeforeDma(ServerTrial trial)
    {
        var peer = trial.Open();
        var memory = Give(peer, Base, (int)Page);
        var engine = DmaEngine.Open(trial, peer);
        // A server that waits for memory in its register handler would have asked before the reply to the write came.
        engine.StartStore(Base, 64);
        Expect.That(
            memory.Accesses == 0,
            "the server asked for memory before it had answered the write; QEMU's vCPU, which waits for that, would never answer.");
        Expect.That(peer.ServeUntil(() => memory.Accesses != 0), "the server never asked for the memory.");
    }

    private static void ClientGoes(ServerTrial trial)
    {
        var peer = trial.Open();
        Give(peer, Base, (int)Page);
        DmaEngine.Open(trial, peer).StartStore(Base, 64);
        peer.Hangup();
    }

    private static void Interrupt(ServerTrial trial)
    {
        var peer = trial.Open();
        var file = trial.Own(new SharedFile((long)Page));
        peer.Accept(VfioUserCommand.DmaMap, Requests.DmaMap(Base, Page), file.Number);
        file.Write(0, Pattern(64));
        var bell = MessageInterrupts.Connect(trial, peer);
        var engine = DmaEngine.Open(trial, peer);
        engine.Load(Base, 64);
        Expect.That(bell.Count == 0, "an interrupt came that nobody asked for.");
        engine.StartStore(Base + 256, 64, interrupts: true);
        Expect.That(bell.WaitFor(1, trial.Timeout), "no interrupt came.");
        Expect.Equal(Pattern(64), file.Read(256, 64), "the data when the interrupt came");
    }

    private static void Logged(ServerTrial trial)
    {
        const int pages = 16;
        var peer = trial.Open();
        var file = trial.Own(new SharedFile(pages * (long)Page));
        peer.Accept(VfioUserCommand.DmaMap, Requests.DmaMap(Base, pages * Page), file.Number);
        peer.Accept(VfioUserCommand.DeviceFeature, Requests.LoggingControl(FeatureLoggingStart, Page));
        var engine = DmaEngine.Open(trial, peer);
        engine.Load(Base, 64);
        Expect.Equal(0, Report(), "the bits after the device read page 0");
        engine.Store(Base + 3 * Page, 64);
        engine.Store(Base + 8 * Page - 32, 64);
        Expect.Equal(0b1_1000_1000, Report(), "the bits after the device wrote pages 3, 7 and 8");
        Expect.Equal(0, Report(), "the bits of a second report");
        peer.Accept(VfioUserCommand.DeviceFeature, Requests.LoggingControl(FeatureLoggingStop, Page));

        ulong Report() => peer.Accept(VfioUserCommand.DeviceFeature, Requests.LoggingReport(Base, pages * Page, Page)).OfLength(40).U64(32);
    }
}
