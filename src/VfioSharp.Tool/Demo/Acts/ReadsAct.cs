using VfioSharp.Regions;
using VfioSharp.Tool.Reports.Benchmarking;

namespace VfioSharp.Tool.Demo.Acts;

/// <summary>Times a read of a doorbell, which is shared memory, by a message and by a load.</summary>
internal static class ReadsAct
{
    private const int WidthInBits = 32;
    private const int Rounds = 51;

    public static BenchReport Perform(DemoStage stage)
    {
        var disk = stage.Disk;
        var report = Benchmark.Run(disk.Device, disk.Bar, disk.Doorbells.RegionOffset, WidthInBits, Rounds, stage.Cancellation);
        var (load, message) = (Find(report, AccessPath.LoadStore), Find(report, AccessPath.Message));
        Check.That(load is not null && message is not null, stage.Address, "there are two paths to shared memory",
            $"there is {string.Join(", ", report.Paths.Select(path => path.Path))}.");
        Check.That(
            load!.Faults == 0 && message!.Faults == 0, stage.Address, "every read reached the function",
            $"{load.Faults} loads and {message!.Faults} messages did not.");
        Check.That(
            load.MedianNs < message.MedianNs, stage.Address, "a load is faster than a message",
            $"it takes {load.MedianNs} ns, a message {message.MedianNs} ns.");
        return report;
    }

    private static BenchResult? Find(BenchReport report, AccessPath path) => report.Paths.FirstOrDefault(result => result.Path == path.ToString());
}
