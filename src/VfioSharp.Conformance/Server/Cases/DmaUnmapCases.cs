using VfioSharp.Backends.VfioUser.Wire;
using VfioSharp.Conformance.Trials;

namespace VfioSharp.Conformance.Server.Cases;

/// <summary>DMA_UNMAP. The specification knows no flags; libvfio-user, QEMU and SPDK know two (include/uapi/linux/vfio.h, VFIO_DMA_UNMAP_FLAG_*).</summary>
internal static class DmaUnmapCases
{
    private const VfioUserCommand Map = VfioUserCommand.DmaMap;
    private const VfioUserCommand Unmap = VfioUserCommand.DmaUnmap;
    private const ulong Page = 4096;
    private const ulong Base = 0x10000;
    private const ulong Elsewhere = 0x100000;

    public static IEnumerable<ServerCase> All()
    {
        var group = new CaseGroup("dma_unmap", "VFIO_USER_DMA_UNMAP", "dma_unmap");
        group.Must(
            "short_write", "a request of 8 bytes is refused",
            trial => trial.Open().Refuse(Unmap, new byte[8], Errno.EINVAL), mirrors: "dma_unmap_short_write");
        group.Must(
            "bad_argsz", "an argsz of less than the reply is refused",
            trial => Mapped(trial).Refuse(Unmap, Requests.DmaUnmap(Base, Page, argumentSize: 8), Errno.EINVAL), mirrors: "dma_unmap_bad_argsz");
        group.Habit(
            "bad_argsz2", "an argsz over max_data_xfer_size is refused",
            trial => Mapped(trial).Refuse(Unmap, Requests.DmaUnmap(Base, Page, argumentSize: (uint)Math.Min(trial.Device.MaxTransfer + 8, uint.MaxValue)), Errno.EINVAL),
            mirrors: "dma_unmap_bad_argsz2");
        group.Must(
            "dirty_bad_argsz", "a dirty bitmap so large that its size overflows is refused",
            trial => Mapped(trial).Refuse(Unmap, Requests.DmaUnmapDirty(Base, Page, Page, ulong.MaxValue - 32, 40), Errno.EINVAL),
            mirrors: "dma_unmap_dirty_bad_argsz");
        group.Habit(
            "dirty_not_tracking", "a dirty bitmap is refused while nothing is logged",
            trial => Mapped(trial).Refuse(Unmap, [.. Requests.DmaUnmapDirty(Base, Page, Page, 8), .. new byte[8]], Errno.EINVAL),
            mirrors: "dma_unmap_dirty_not_tracking");
        group.Habit(
            "invalid_flags", "flags that do not exist are refused",
            trial => Mapped(trial).Refuse(Unmap, Requests.DmaUnmap(Base, Page, 0x4), Errno.EINVAL), mirrors: "dma_unmap_invalid_flags");
        group.Must("dma_unmap", "a mapping is removed, and the reply repeats the request", Unmapped, mirrors: "dma_unmap");
        group.Habit(
            "invalid_addr", "a range where nothing is mapped, beside one that is, is refused",
            trial => Mapped(trial).Refuse(Unmap, Requests.DmaUnmap(Elsewhere, Page), Errno.ENOENT), mirrors: "dma_unmap_invalid_addr");
        group.Must("goes_on_after_enoent", "dozens of ranges where nothing is mapped, as QEMU sends them with a vIOMMU, do no harm", Enoents);
        group.Habit("twice", "a mapping that was removed cannot be removed again", trial =>
        {
            var peer = Mapped(trial);
            peer.Accept(Map, Requests.DmaMap(Elsewhere, Page));
            peer.Accept(Unmap, Requests.DmaUnmap(Base, Page));
            peer.Refuse(Unmap, Requests.DmaUnmap(Base, Page), Errno.ENOENT);
        });
        group.Must("part", "a part of a mapping cannot be removed", trial => Part(trial, Base, Page));
        group.Must("part_end", "neither can its end", trial => Part(trial, Base + Page, Page));
        group.Must(
            "overflow", "a range whose end overflows 64 bits is refused",
            trial => trial.Open().Refuse(Unmap, Requests.DmaUnmap(ulong.MaxValue - Page + 1, 2 * Page), Errno.EINVAL));
        group.Habit("many_at_once", "a range removes every mapping that lies within it, which QEMU relies on when an IOMMU is switched", ManyAtOnce);
        group.Habit("all", "VFIO_DMA_UNMAP_FLAG_ALL removes every mapping", UnmapsAll, mirrors: "dma_unmap_all");
        group.Habit(
            "all_of_none", "VFIO_DMA_UNMAP_FLAG_ALL is done, too, where there is none",
            trial => trial.Open().Accept(Unmap, Requests.DmaUnmap(0, 0, Numbers.UnmapAll)));
        group.Habit(
            "all_invalid_addr", "VFIO_DMA_UNMAP_FLAG_ALL with an address is refused",
            trial => Mapped(trial).Refuse(Unmap, Requests.DmaUnmap(Base, Page, Numbers.UnmapAll), Errno.EINVAL),
            mirrors: "dma_unmap_all_invalid_addr");
        group.Habit(
            "all_invalid_flags", "VFIO_DMA_UNMAP_FLAG_ALL with a dirty bitmap is refused",
            trial => Mapped(trial).Refuse(Unmap, Requests.DmaUnmap(0, 0, Numbers.UnmapAll | Numbers.UnmapGetDirty), Errno.EINVAL),
            mirrors: "dma_unmap_all_invalid_flags");
        group.Must("released_before_reply", "the memory is not mapped any more when the reply comes", ReleasedBeforeReply);
        group.Must("with_fd", "a descriptor with it, as SPDK's client sends one, does no harm and is closed", WithFd);
        return group.Cases;
    }

    private static Conversation Mapped(ServerTrial trial, ulong size = Page)
    {
        var peer = trial.Open();
        peer.Accept(Map, Requests.DmaMap(Base, size));
        return peer;
    }

    private static void Unmapped(ServerTrial trial)
    {
        var request = Requests.DmaUnmap(Base, Page);
        Expect.Equal(request, Mapped(trial).Accept(Unmap, request).OfLength(24).WithFds(0).Payload, "the reply");
    }

    private static void Enoents(ServerTrial trial)
    {
        var peer = trial.Open();
        var ids = Enumerable.Range(12, 40).Select(bit => peer.Send(Unmap, Requests.DmaUnmap(1ul << bit, 1ul << bit))).ToArray();
        foreach (var id in ids)
            peer.ReplyTo(id, Unmap);
        peer.Accept(Map, Requests.DmaMap(Base, Page));
    }

    private static void Part(ServerTrial trial, ulong address, ulong size)
    {
        var peer = Mapped(trial, 2 * Page);
        peer.Refuse(Unmap, Requests.DmaUnmap(address, size), Errno.ENOENT);
        peer.Accept(Unmap, Requests.DmaUnmap(Base, 2 * Page));
    }

    private static void ManyAtOnce(ServerTrial trial)
    {
        var peer = trial.Open();
        for (var i = 0ul; i < 4; i++)
            peer.Accept(Map, Requests.DmaMap(Base + 2 * i * Page, Page));
        peer.Accept(Unmap, Requests.DmaUnmap(0, 1ul << 32));
        peer.Accept(Map, Requests.DmaMap(Base, 8 * Page));
    }

    private static void UnmapsAll(ServerTrial trial)
    {
        var peer = trial.Open();
        for (var i = 0ul; i < 16; i++)
            peer.Accept(Map, Requests.DmaMap(Base + i * Page, Page));
        peer.Accept(Unmap, Requests.DmaUnmap(0, 0, Numbers.UnmapAll)).OfLength(24);
        peer.Accept(Map, Requests.DmaMap(Base, 16 * Page));
    }

    private static void ReleasedBeforeReply(ServerTrial trial)
    {
        var file = trial.Own(new SharedFile((long)Page));
        var peer = trial.Open();
        peer.Accept(Map, Requests.DmaMap(Base, Page), file.Number);
        peer.Accept(Unmap, Requests.DmaUnmap(Base, Page));
        Expect.That(file.TrySealAgainstWrites(), "the memory is still mapped after the reply to DMA_UNMAP.");
    }

    private static void WithFd(ServerTrial trial)
    {
        var peer = Mapped(trial);
        var tracer = trial.Own(new Tracer());
        peer.Accept(Unmap, Requests.DmaUnmap(Base, Page), tracer.Number);
        tracer.CloseHere();
        Expect.That(tracer.WaitForClose(trial.Timeout), "the server keeps a descriptor that came with DMA_UNMAP.");
    }
}
