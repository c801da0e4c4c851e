using VfioSharp.Backends.VfioUser.Wire;
using VfioSharp.Conformance.Trials;

namespace VfioSharp.Conformance.Server.Cases;

/// <summary>DMA_MAP.</summary>
internal static class DmaMapCases
{
    private const VfioUserCommand Map = VfioUserCommand.DmaMap;
    private const VfioUserCommand Unmap = VfioUserCommand.DmaUnmap;
    private const ulong Page = 4096;
    private const ulong Base = 0x10000;

    public static IEnumerable<ServerCase> All()
    {
        var group = new CaseGroup("dma_map", "VFIO_USER_DMA_MAP", "dma_map");
        group.Must("short_write", "a request of 8 bytes is refused", trial => trial.Open().Refuse(Map, new byte[8], Errno.EINVAL));
        group.Must(
            "bad_argsz", "an argsz of less than the request is refused",
            trial => trial.Open().Refuse(Map, Requests.DmaMap(Base, Page, argumentSize: 16), Errno.EINVAL));
        group.Must(
            "without_fd", "memory without a descriptor is taken, and the reply has no payload",
            trial => trial.Open().Accept(Map, Requests.DmaMap(Base, Page)).OfLength(0).WithFds(0));
        group.Must(
            "with_fd", "memory with a descriptor is taken",
            trial => trial.Open().Accept(Map, Requests.DmaMap(Base, Page), File(trial).Number).OfLength(0));
        group.Must(
            "with_fd_offset", "memory that begins within the descriptor's file is taken",
            trial => trial.Open().Accept(Map, Requests.DmaMap(Base, Page, offset: Page), File(trial, 2).Number).OfLength(0));
        group.Must("read_only", "memory that can only be read is taken, with a descriptor and without", trial =>
        {
            var peer = trial.Open();
            peer.Accept(Map, Requests.DmaMap(Base, Page, Numbers.DmaRead));
            peer.Accept(Map, Requests.DmaMap(Base + Page, Page, Numbers.DmaRead), File(trial).Number);
        });
        group.Must("address_0", "memory at address 0 is taken", trial => trial.Open().Accept(Map, Requests.DmaMap(0, Page)));
        group.Must("high_address", "memory beyond 2^40 is taken", trial => trial.Open().Accept(Map, Requests.DmaMap(1ul << 41, Page)));
        group.Must("neighbours", "memory that touches other memory is taken", trial =>
        {
            var peer = trial.Open();
            foreach (var at in (ulong[])[Base + Page, Base, Base + 2 * Page])
                peer.Accept(Map, Requests.DmaMap(at, Page));
        });
        group.Must(
            "over_existing", "memory over memory that is there is refused with EEXIST",
            trial => Overlapping(trial, Base, Page, isExact: true));
        group.Must("over_existing_part", "so is memory that overlaps the beginning", trial => Overlapping(trial, Base - Page, 2 * Page));
        group.Must("over_existing_end", "so is memory that overlaps the end", trial => Overlapping(trial, Base + Page, 2 * Page));
        group.Must("over_existing_inside", "so is memory within it", trial => Overlapping(trial, Base + Page / 2, Page / 2));
        group.Must("over_existing_around", "so is memory around it", trial => Overlapping(trial, Base - Page, 4 * Page));
        group.Must("zero_size", "memory of no bytes does no harm", trial => trial.Open().Ask(Map, Requests.DmaMap(Base, 0)));
        group.Habit(
            "address_overflow", "memory whose end overflows 64 bits is refused",
            trial => trial.Open().Refuse(Map, Requests.DmaMap(ulong.MaxValue - Page + 1, 2 * Page), Errno.EINVAL));
        group.Habit(
            "dma_region_too_big", "memory of 2^63 bytes is refused",
            trial => trial.Open().Refuse(Map, Requests.DmaMap(Base, 1ul << 63), Errno.ENOSPC), mirrors: "dma_region_too_big");
        group.Habit(
            "bad_flags", "flags that do not exist are refused",
            trial => trial.Open().Refuse(Map, Requests.DmaMap(Base, Page, Numbers.DmaReadWrite | 1u << 31), Errno.EINVAL));
        group.Must("max_dma_maps", "as many mappings are taken as max_dma_maps says", trial => Fill(trial), of: "VFIO_USER_VERSION");
        group.Habit(
            "dma_region_too_many", "one mapping more than max_dma_maps is refused",
            trial => Fill(trial).Refuse(Map, Requests.DmaMap(Base + trial.Device.MaxDmaMaps * Page, Page), Errno.EINVAL),
            mirrors: "dma_region_too_many");
        group.Must("fd_is_socket", "a descriptor that cannot be mapped is closed, and does no harm", FdIsSocket);
        group.Must("fd_is_eventfd", "so is an eventfd", FdIsEventFd);
        group.Must(
            "fd_is_shorter", "memory that the descriptor's file does not have does no harm",
            trial => trial.Open().Ask(Map, Requests.DmaMap(Base, 16 * Page), File(trial).Number));
        group.Must(
            "fd_offset_overflow", "an offset and size that overflow are refused",
            trial => trial.Open().Refuse(Map, Requests.DmaMap(Base, 2 * Page, offset: ulong.MaxValue - Page + 1), Errno.EINVAL, File(trial).Number));
        group.Must("two_fds", "of two descriptors at least the second is closed", TwoFds);
        group.Must("refused_closes_fd", "the descriptor of a mapping that is refused is closed", RefusedClosesFd);
        group.Must("again_after_unmap", "an address can be used again once it was given back", trial =>
        {
            var peer = trial.Open();
            for (var i = 0; i < 3; i++)
            {
                peer.Accept(Map, Requests.DmaMap(Base, Page), File(trial).Number);
                peer.Accept(Unmap, Requests.DmaUnmap(Base, Page));
            }
        });
        group.Must(
            "pipelined", "mappings and unmappings that are sent one after another without waiting are all done in order",
            Pipelined, of: "Command Concurrency");
        group.Must("gone_with_client", "the memory of a client that has gone is not mapped any more", GoneWithClient, of: "Client Disconnection");
        group.Must("not_the_next_clients", "the next client may map the same addresses", NotTheNextClients, of: "Client Disconnection");
        return group.Cases;
    }

    private static SharedFile File(ServerTrial trial, uint pages = 1) => trial.Own(new SharedFile(pages * (long)Page));

    private static void Overlapping(ServerTrial trial, ulong address, ulong size, bool isExact = false)
    {
        var peer = trial.Open();
        peer.Accept(Map, Requests.DmaMap(Base, 2 * Page));
        peer.RefuseExactly(Map, Requests.DmaMap(address, isExact ? 2 * Page : size), Errno.EEXIST);
        // What was there before is still there.
        peer.Accept(Unmap, Requests.DmaUnmap(Base, 2 * Page));
    }

    private static Conversation Fill(ServerTrial trial)
    {
        const ulong most = 65535;
        var limit = trial.Device.MaxDmaMaps;
        if (limit > most)
            throw new CaseSkippedException($"max_dma_maps is {limit}, too many to try");
        var peer = trial.Open();
        // In batches: so many round trips would take long.
        for (var i = 0ul; i < limit; i += 64)
        {
            var ids = new List<ushort>();
            for (var j = i; j < Math.Min(i + 64, limit); j++)
                ids.Add(peer.Send(Map, Requests.DmaMap(Base + j * Page, Page)));
            foreach (var id in ids)
                Expect.That(
                    !peer.ReplyTo(id, Map).Header.IsError,
                    $"a mapping among the first {i + 64} was refused, though max_dma_maps is {limit}.");
        }

        return peer;
    }

    private static void FdIsSocket(ServerTrial trial)
    {
        var peer = trial.Open();
        var tracer = trial.Own(new Tracer());
        var reply = peer.Ask(Map, Requests.DmaMap(Base, Page), tracer.Number);
        tracer.CloseHere();
        if (!reply.Header.IsError)
        {
            trial.Remark("A socket is taken for memory, by others it is refused.");
            peer.Accept(Unmap, Requests.DmaUnmap(Base, Page));
        }

        Expect.That(tracer.WaitForClose(trial.Timeout), "the server keeps a descriptor that it cannot map.");
    }

    private static void FdIsEventFd(ServerTrial trial)
    {
        using var bell = new Bell();
        if (!trial.Open().Ask(Map, Requests.DmaMap(Base, Page), bell.Number).Header.IsError)
            trial.Remark("An eventfd is taken for memory, by others it is refused.");
    }

    private static void RefusedClosesFd(ServerTrial trial)
    {
        var peer = trial.Open();
        var tracer = trial.Own(new Tracer());
        peer.Refuse(Map, Requests.DmaMap(Base, Page, argumentSize: 0), Errno.EINVAL, tracer.Number);
        tracer.CloseHere();
        Expect.That(tracer.WaitForClose(trial.Timeout), "the server keeps the descriptor of a mapping that it refused.");
    }

    private static void TwoFds(ServerTrial trial)
    {
        var peer = trial.Open();
        var tracer = trial.Own(new Tracer());
        peer.Ask(Map, Requests.DmaMap(Base, Page), File(trial).Number, tracer.Number);
        tracer.CloseHere();
        Expect.That(tracer.WaitForClose(trial.Timeout), "the server keeps a descriptor that it has no use for.");
    }

    private static void Pipelined(ServerTrial trial)
    {
        var peer = trial.Open();
        var sent = new List<(ushort Id, VfioUserCommand Command)>();
        for (var round = 0; round < 16; round++)
        {
            sent.Add((peer.Send(Map, Requests.DmaMap(Base, Page), [File(trial).Number]), Map));
            sent.Add((peer.Send(Unmap, Requests.DmaUnmap(Base, Page)), Unmap));
        }

        foreach (var (id, command) in sent)
            Expect.That(!peer.ReplyTo(id, command).Header.IsError, $"{command} was refused.");
    }

    private static void GoneWithClient(ServerTrial trial)
    {
        var file = File(trial);
        var peer = trial.Open();
        peer.Accept(Map, Requests.DmaMap(Base, Page), file.Number);
        peer.Dispose();
        Expect.That(SpinWait.SpinUntil(file.TrySealAgainstWrites, trial.Timeout), "the server has memory mapped of a client that has gone.");
    }

    private static void NotTheNextClients(ServerTrial trial)
    {
        for (var client = 0; client < 3; client++)
        {
            var peer = trial.Open();
            peer.Accept(Map, Requests.DmaMap(Base, Page), File(trial).Number);
            peer.Dispose();
        }
    }
}
