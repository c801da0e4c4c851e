using System.CommandLine;
using VfioSharp.Nvme;
using VfioSharp.Tool.Arguments;

namespace VfioSharp.Tool.Nvme.Benchmarking;

/// <summary>The options that say what a namespace is put under.</summary>
internal sealed class WorkloadOptions
{
    private const int MostQueues = 64;
    private const int LargestBlockInBytes = 64 << 20;

    private readonly Option<int> _depth = LimitedOptions.Number(
        "--queue-depth", "Commands under way in each queue", 1, NvmeQueueOptions.MaxDepth, 32);
    private readonly Option<int> _queues = LimitedOptions.Number("--queues", "Queues, with a thread each", 1, MostQueues, 1);
    private readonly Option<ulong> _blockSize = LimitedOptions.Size("--block-size", "Bytes that a command moves", 512, LargestBlockInBytes, 4096);
    private readonly Option<int> _readPercent = LimitedOptions.Number(
        "--read-percent", "How many of a hundred commands read; the others write", 0, 100, 100);

    private readonly Option<AccessPattern> _pattern = LimitedOptions.Choice(
        "--pattern", "Where commands go", ("random", AccessPattern.Random), ("sequential", AccessPattern.Sequential));

    private readonly Option<double> _duration = LimitedOptions.Seconds("--duration", "How long it is measured", 0.01, 86_400, 5);
    private readonly Option<double> _warmup = LimitedOptions.Seconds("--warmup", "How long it runs before", 0, 3_600, 1);
    private readonly Option<bool> _polled = new("--polled") { Description = "Look for completions again and again (the default)" };
    private readonly Option<bool> _interrupt = new("--interrupt") { Description = "Sleep until the controller interrupts" };

    /// <summary>Adds them to a verb.</summary>
    public void AddTo(Command verb)
    {
        foreach (var option in new Option[] { _depth, _queues, _blockSize, _readPercent, _pattern, _duration, _warmup, _polled, _interrupt })
            verb.Add(option);
        verb.Validators.Add(result =>
        {
            if (result.GetValue(_polled) && result.GetValue(_interrupt))
                result.AddError("--polled and --interrupt exclude each other.");
        });
    }

    /// <summary>What the command line says.</summary>
    public NvmeWorkload Read(ParseResult parsed) => new()
    {
        QueueDepth = parsed.GetValue(_depth),
        Queues = parsed.GetValue(_queues),
        BlockSizeInBytes = (int)parsed.GetValue(_blockSize),
        ReadPercent = parsed.GetValue(_readPercent),
        Pattern = parsed.GetValue(_pattern),
        UsesInterrupts = parsed.GetValue(_interrupt),
        Duration = TimeSpan.FromSeconds(parsed.GetValue(_duration)),
        Warmup = TimeSpan.FromSeconds(parsed.GetValue(_warmup)),
    };
}
