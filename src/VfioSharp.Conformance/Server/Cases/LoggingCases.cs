using VfioSharp.Backends.VfioUser.Wire;
using VfioSharp.Conformance.Trials;
using static VfioSharp.Conformance.Trials.Numbers;

namespace VfioSharp.Conformance.Server.Cases;

/// <summary>DMA logging: which pages a device has written. libvfio-user's suite calls it dirty pages.</summary>
internal static class LoggingCases
{
    private const VfioUserCommand Feature = VfioUserCommand.DeviceFeature;
    private const ulong Page = 4096;
    private const ulong Base = 0x10000;
    private const ulong Pages = 16;

    public static IEnumerable<ServerCase> All()
    {
        var group = new CaseGroup("dirty_pages", "VFIO_DEVICE_FEATURE_DMA_LOGGING_START / VFIO_DEVICE_FEATURE_DMA_LOGGING_STOP", "dirty_pages");
        var need = DeviceNeed.Logging;
        group.Must(
            "start_zero_pgsize", "a page size of 0 is refused",
            trial => Mapped(trial).Refuse(Feature, Start(0), Errno.EINVAL), need, "dirty_pages_start_zero_pgsize");
        group.Habit(
            "start_odd_pgsize", "a page size that is no power of two is refused",
            trial => Mapped(trial).Refuse(Feature, Start(4095), Errno.EINVAL), need);
        group.Must("start", "logging of everything is started, and the reply repeats the request", Starts, need, "dirty_pages_start");
        group.Must(
            "start_range", "logging of a range is started",
            trial => Mapped(trial).Accept(Feature, Requests.LoggingControl(FeatureLoggingStart, Page, (Base, Pages * Page))), need);
        group.Habit("start_twice", "logging that is started can be started again with the same page size", trial =>
        {
            var peer = Mapped(trial);
            peer.Accept(Feature, Start(Page));
            peer.Accept(Feature, Start(Page));
        }, need, "dirty_pages_start");
        group.Habit("start_different_pgsize", "logging that is started cannot be started with another page size", trial =>
        {
            var peer = Mapped(trial);
            peer.Accept(Feature, Start(Page));
            peer.Refuse(Feature, Start(Page / 2), Errno.EINVAL);
            peer.Refuse(Feature, Start(Page * 2), Errno.EINVAL);
        }, need, "dirty_pages_start_different_pgsize");
        group.Must("start_ranges_missing", "more ranges than the request has are refused", RangesMissing, need);
        group.Must(
            "get_unmodified", "a report of memory that nobody wrote has no bit set, and just as many as pages",
            Unmodified, need, "dirty_pages_get_unmodified");
        group.Must(
            "report_before_start", "a report is refused while nothing is logged",
            trial => Mapped(trial).Refuse(Feature, Report(), Errno.EINVAL), need, of: "VFIO_DEVICE_FEATURE_DMA_LOGGING_REPORT");
        group.Must(
            "report_pgsize_zero", "a report with a page size of 0 is refused",
            trial => Started(trial).Refuse(Feature, ReportOf(0), Errno.EINVAL), need, of: "VFIO_DEVICE_FEATURE_DMA_LOGGING_REPORT");
        group.Must(
            "report_pgsize_odd", "a report with a page size that is no power of two is refused",
            trial => Started(trial).Refuse(Feature, ReportOf(4095), Errno.EINVAL), need, of: "VFIO_DEVICE_FEATURE_DMA_LOGGING_REPORT");
        group.Must(
            "report_length_huge", "a report of a range that overflows is refused",
            trial => Started(trial).Refuse(Feature, Requests.Feature(FeatureGet | FeatureLoggingReport, new Payload().U64(ulong.MaxValue - Page).U64(ulong.MaxValue).U64(Page).ToArray(), 4096), Errno.EINVAL),
            need, of: "VFIO_DEVICE_FEATURE_DMA_LOGGING_REPORT");
        group.Habit(
            "report_unmapped", "a report of memory that is not mapped is refused",
            trial => Started(trial).Refuse(Feature, Requests.LoggingReport(0xdead0000, Pages * Page, Page), Errno.ENOENT),
            need, "dirty_pages_invalid_arguments", "VFIO_DEVICE_FEATURE_DMA_LOGGING_REPORT");
        group.Must("stop", "logging is stopped, and a report is refused from then on", Stops, need, "dirty_pages_stop");
        group.Habit(
            "unmap_while_logging", "memory that is given back while it is logged is forgotten",
            UnmapWhileLogging, need, "dirty_pages_ctx_no_stop");
        return group.Cases;
    }

    private static byte[] Start(ulong pageSize) => Requests.LoggingControl(FeatureLoggingStart, pageSize);

    private static byte[] Stop() => Requests.LoggingControl(FeatureLoggingStop, Page);

    private static byte[] Report() => Requests.LoggingReport(Base, Pages * Page, Page);

    private static byte[] ReportOf(ulong pageSize) =>
        Requests.Feature(FeatureGet | FeatureLoggingReport, new Payload().U64(Base).U64(Pages * Page).U64(pageSize).ToArray(), 4096);

    private static Conversation Mapped(ServerTrial trial)
    {
        var peer = trial.Open();
        peer.Accept(VfioUserCommand.DmaMap, Requests.DmaMap(Base, Pages * Page), trial.Own(new SharedFile((long)(Pages * Page))).Number);
        // A server may keep on logging from one client to the next.
        peer.Ask(Feature, Stop());
        return peer;
    }

    private static Conversation Started(ServerTrial trial)
    {
        var peer = Mapped(trial);
        peer.Accept(Feature, Start(Page));
        return peer;
    }

    private static void Starts(ServerTrial trial)
    {
        var request = Start(Page);
        var reply = Mapped(trial).Accept(Feature, request).OfLength(request.Length);
        Expect.Equal(FeatureSet | FeatureLoggingStart, reply.U32(4), "the flags of the reply");
        Expect.That(reply.U64(8) is var page && page != 0 && (page & (page - 1)) == 0, $"the page size of the reply is {reply.U64(8)}.");
    }

    private static void RangesMissing(ServerTrial trial) =>
        Mapped(trial).Refuse(Feature, Requests.Feature(FeatureSet | FeatureLoggingStart, new Payload().U64(Page).U32(0x1000_0001).U32(0).ToArray()), Errno.EINVAL);

    private static void Unmodified(ServerTrial trial)
    {
        var reply = Started(trial).Accept(Feature, Report()).OfLength(40);
        Expect.Equal(40, reply.U32(0), "argsz of the reply");
        Expect.Equal(Base, reply.U64(8), "iova of the reply");
        Expect.Equal(Pages * Page, reply.U64(16), "length of the reply");
        Expect.Equal(0, reply.U64(32), "the bits of memory that nobody wrote");
    }

    private static void Stops(ServerTrial trial)
    {
        var peer = Started(trial);
        peer.Accept(Feature, Stop());
        peer.Refuse(Feature, Report(), Errno.EINVAL);
    }

    private static void UnmapWhileLogging(ServerTrial trial)
    {
        var peer = Started(trial);
        peer.Accept(VfioUserCommand.DmaUnmap, Requests.DmaUnmap(Base, Pages * Page));
        peer.Refuse(Feature, Report(), Errno.ENOENT);
    }
}
