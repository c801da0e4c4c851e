using VfioSharp.Tool.Nvme.Benchmarking;

namespace VfioSharp.Tool.Demo.Acts;

/// <summary>Reads blocks at random: one command at a time and many, while both sides look for work again and again; and by interrupts.</summary>
internal static class SpeedAct
{
    private const int Deep = 32;

    private static readonly TimeSpan Duration = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan Warmup = TimeSpan.FromMilliseconds(500);

    /// <summary>Measures by looking.</summary>
    public static async Task<IReadOnlyList<NvmeBenchReport>> PerformPolledAsync(DemoStage stage) =>
        [await MeasureAsync(stage, 1, usesInterrupts: false), await MeasureAsync(stage, Deep, usesInterrupts: false)];

    /// <summary>Measures by MSI-X, one command at a time: each is an interrupt that somebody sleeps for.</summary>
    public static Task<NvmeBenchReport> PerformInterruptAsync(DemoStage stage) => MeasureAsync(stage, 1, usesInterrupts: true);

    private static Task<NvmeBenchReport> MeasureAsync(DemoStage stage, int queueDepth, bool usesInterrupts) => NvmeBenchmark.RunAsync(
        stage.Disk.Controller,
        DataAct.RangeOf(stage),
        new NvmeWorkload
        {
            QueueDepth = queueDepth,
            Queues = 1,
            BlockSizeInBytes = 4096,
            ReadPercent = 100,
            Pattern = AccessPattern.Random,
            UsesInterrupts = usesInterrupts,
            Duration = Duration,
            Warmup = Warmup,
        },
        stage.Cancellation);
}
