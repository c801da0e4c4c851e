using System.Text.Json.Serialization;
using VfioSharp.Tool.Reports;

namespace VfioSharp.Tool.Nvme.Benchmarking;

/// <summary>What a namespace did under load.</summary>
/// <param name="Device">The device.</param>
/// <param name="Namespace">The namespace's number.</param>
/// <param name="Pattern">"random" or "sequential".</param>
/// <param name="BlockSizeInBytes">What each command moved.</param>
/// <param name="ReadPercent">How many of a hundred commands were reads; the others were writes.</param>
/// <param name="QueueDepth">How many commands each queue had under way.</param>
/// <param name="Queues">How many queues, with a thread each.</param>
/// <param name="Completion">"polled" or "interrupt".</param>
/// <param name="Seconds">How long it was measured.</param>
/// <param name="Commands">How many commands were completed meanwhile.</param>
/// <param name="Reads">How many of them were reads.</param>
/// <param name="Iops">Commands a second.</param>
/// <param name="BytesPerSecond">What they moved.</param>
/// <param name="BytesAllocatedPerCommand">
/// What a command left to the garbage collector, over all threads of the process; null where the runtime does not count.
/// </param>
/// <param name="Latency">How long a command took, from its submission to its completion.</param>
internal sealed record NvmeBenchReport(
    string Device,
    uint Namespace,
    string Pattern,
    int BlockSizeInBytes,
    int ReadPercent,
    int QueueDepth,
    int Queues,
    string Completion,
    double Seconds,
    long Commands,
    long Reads,
    double Iops,
    double BytesPerSecond,
    double? BytesAllocatedPerCommand,
    LatencyReport Latency)
{
    /// <summary>What was measured, in a line.</summary>
    [JsonIgnore]
    public string Title => FormattableString.Invariant(
        $"{Pattern} {Mix} of {Sizes.Spell((ulong)BlockSizeInBytes)}, depth {QueueDepth}, {Queues} queue{(Queues == 1 ? "" : "s")}, {Completion}");

    private string Mix => ReadPercent switch
    {
        100 => "read",
        0 => "write",
        _ => FormattableString.Invariant($"read ({ReadPercent} %) and write"),
    };
}

/// <summary>How long commands took, in nanoseconds.</summary>
/// <param name="MeanNs">The mean.</param>
/// <param name="MinNs">The shortest.</param>
/// <param name="P50Ns">The median.</param>
/// <param name="P90Ns">What nine of ten did not exceed.</param>
/// <param name="P99Ns">What 99 of 100 did not exceed.</param>
/// <param name="P999Ns">What 999 of 1000 did not exceed.</param>
/// <param name="MaxNs">The longest.</param>
/// <param name="Histogram">How many took how long.</param>
internal sealed record LatencyReport(
    double MeanNs, long MinNs, long P50Ns, long P90Ns, long P99Ns, long P999Ns, long MaxNs, IReadOnlyList<LatencyRow> Histogram)
{
    private const int FineRows = 256;
    private const int CoarseRows = 16;
    private const double CoarsePercent = 99.9;

    /// <summary>The same histogram in so few rows that a person can look at them; the last has what was rarely as long.</summary>
    [JsonIgnore]
    public IReadOnlyList<LatencyRow> CoarseHistogram { get; private init; } = [];

    /// <summary>Says what a histogram has.</summary>
    public static LatencyReport Describe(LatencyHistogram histogram) => new(
        Math.Round(histogram.MeanNs, 1),
        histogram.MinNs,
        histogram.PercentileNs(50),
        histogram.PercentileNs(90),
        histogram.PercentileNs(99),
        histogram.PercentileNs(99.9),
        histogram.MaxNs,
        histogram.Rows(FineRows))
    {
        CoarseHistogram = histogram.Rows(CoarseRows, CoarsePercent),
    };
}
