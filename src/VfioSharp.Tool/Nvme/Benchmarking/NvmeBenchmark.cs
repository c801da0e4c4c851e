using System.Diagnostics;
using VfioSharp.Nvme;
using VfioSharp.Tool.Nvme.Transfers;

namespace VfioSharp.Tool.Nvme.Benchmarking;

/// <summary>Puts a namespace under load and measures what it does.</summary>
internal static class NvmeBenchmark
{
    /// <summary>Measures.</summary>
    /// <param name="controller">The controller.</param>
    /// <param name="range">Where commands may go.</param>
    /// <param name="workload">What is asked for.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <exception cref="NvmeException">A command failed, or the controller grants too few queues.</exception>
    /// <exception cref="VfioException">The namespace cannot take such commands, there is no memory, or no command was completed.</exception>
    public static async Task<NvmeBenchReport> RunAsync(
        NvmeController controller, BlockRange range, NvmeWorkload workload, CancellationToken cancellation)
    {
        workload.Require(controller, range);
        var phase = new LoadPhase();
        var loads = new List<QueueLoad>();
        try
        {
            for (var number = 0; number < workload.Queues; number++)
                loads.Add(await QueueLoad.CreateAsync(controller, range, workload, number, phase, cancellation));
            var running = Task.WhenAll(loads.Select(load => load.RunAsync()));
            var (elapsed, allocated) = await MeasureAsync(workload, phase, running, cancellation);
            await running;
            return Describe(controller, range, workload, [.. loads.SelectMany(load => load.Lanes)], elapsed, allocated);
        }
        finally
        {
            foreach (var load in loads)
                await load.DisposeAsync();
        }
    }

    // Whatever happens, the phase is over and nothing runs any more when this returns.
    private static async Task<(TimeSpan Elapsed, long? Allocated)> MeasureAsync(
        NvmeWorkload workload, LoadPhase phase, Task running, CancellationToken cancellation)
    {
        try
        {
            await Task.WhenAny(running, Task.Delay(workload.Warmup, cancellation));
            var allocated = ProcessAllocations.Count();
            var started = Stopwatch.GetTimestamp();
            phase.BeginMeasuring();
            await Task.WhenAny(running, Task.Delay(workload.Duration, cancellation));
            phase.End();
            var elapsed = Stopwatch.GetElapsedTime(started);
            cancellation.ThrowIfCancellationRequested();
            return (elapsed, ProcessAllocations.Count() - allocated);
        }
        finally
        {
            phase.End();
            await Task.WhenAny(running);
        }
    }

    private static NvmeBenchReport Describe(
        NvmeController controller, BlockRange range, NvmeWorkload workload, IReadOnlyList<LoadLane> lanes, TimeSpan elapsed, long? allocated)
    {
        var all = new LatencyHistogram();
        foreach (var histogram in lanes.Select(lane => lane.Histogram).Distinct())
            all.Add(histogram);
        if (all.Count == 0)
        {
            var time = FormattableString.Invariant($"{workload.Duration.TotalSeconds} s");
            throw new VfioException("measure anything", controller.Device.Address.ToString(), Errno.None,
                $"no command was both begun and completed within {time}; a longer --duration may do.");
        }

        return new NvmeBenchReport(
            controller.Device.Address.ToString(),
            range.Namespace.Id,
            workload.Pattern == AccessPattern.Sequential ? "sequential" : "random",
            workload.BlockSizeInBytes,
            workload.ReadPercent,
            workload.QueueDepth,
            workload.Queues,
            workload.UsesInterrupts ? "interrupt" : "polled",
            Math.Round(elapsed.TotalSeconds, 3),
            all.Count,
            lanes.Sum(lane => lane.Reads),
            Math.Round(all.Count / elapsed.TotalSeconds, 1),
            Math.Round(all.Count * (double)workload.BlockSizeInBytes / elapsed.TotalSeconds),
            allocated is { } bytes ? Math.Round((double)bytes / all.Count, 3) : null,
            LatencyReport.Describe(all));
    }
}
