using System.Diagnostics;
using VfioSharp.Dma;
using VfioSharp.Nvme;

namespace VfioSharp.Tool.Nvme.Benchmarking;

/// <summary>
/// One of the commands that a queue has under way: when it is completed the next one begins, in the same memory. Nothing is allocated per command.
/// </summary>
/// <param name="queue">The queue.</param>
/// <param name="space">The namespace.</param>
/// <param name="target">Takes what is read; this lane's alone.</param>
/// <param name="source">Holds what is written; this lane's alone.</param>
/// <param name="picker">Says where commands go.</param>
/// <param name="phase">Says what counts, and when it is over.</param>
/// <param name="histogram">Takes the times. Whoever shares it or the picker runs in the same thread.</param>
internal sealed class LoadLane(
    NvmeQueuePair queue, NvmeNamespace space, DmaMemory target, DmaMemory source, PlacePicker picker, LoadPhase phase, LatencyHistogram histogram)
{
    private static readonly double NanosecondsPerTick = 1e9 / Stopwatch.Frequency;

    /// <summary>How many of the commands that counted were reads.</summary>
    public long Reads { get; private set; }

    /// <summary>The times of the commands that counted.</summary>
    public LatencyHistogram Histogram => histogram;

    /// <summary>Runs until the phase is over, or a command fails, which ends the phase for all.</summary>
    /// <exception cref="NvmeException">A command failed.</exception>
    public async Task RunAsync()
    {
        try
        {
            while (!phase.IsOver)
            {
                var lba = picker.Next(out var isRead);
                var counts = phase.IsMeasuring;
                var submitted = Stopwatch.GetTimestamp();
                if (isRead)
                    await queue.ReadAsync(space, lba, target).ConfigureAwait(false);
                else
                    await queue.WriteAsync(space, lba, source).ConfigureAwait(false);
                var elapsed = Stopwatch.GetTimestamp() - submitted;
                if (!counts || !phase.IsMeasuring)
                    continue;
                histogram.Record((long)(elapsed * NanosecondsPerTick));
                if (isRead)
                    Reads++;
            }
        }
        catch
        {
            phase.End();
            throw;
        }
    }
}
