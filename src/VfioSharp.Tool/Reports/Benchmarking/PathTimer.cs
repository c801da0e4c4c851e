using System.Diagnostics;
using VfioSharp.Regions;

namespace VfioSharp.Tool.Reports.Benchmarking;

/// <summary>Times reads of one register through one window. Not for several threads.</summary>
internal sealed class PathTimer
{
    // Long enough that the clock's resolution and the loop around the reads do not count.
    private const double RoundNs = 2_000_000;
    private const int MaximumBatch = 1 << 24;
    private const double Improvement = 0.95;

    private static readonly TimeSpan Settled = TimeSpan.FromSeconds(0.4);
    private static readonly TimeSpan LongestWarming = TimeSpan.FromSeconds(4);

    private readonly RegionWindow _window;
    private readonly int _width;
    private readonly double[] _rounds;
    private int _batch = 1;
    private int _completedRounds;
    private long _allocatedBytes;
    private ulong _sink;

    public PathTimer(AccessPath path, RegionWindow window, int widthInBits, int rounds)
    {
        Path = path;
        _window = window;
        _width = widthInBits;
        _rounds = new double[rounds];
    }

    public AccessPath Path { get; }

    /// <summary>Whether none of the reads that were made last has reached the device.</summary>
    public bool ReachedNothing { get; private set; }

    /// <summary>
    /// Warms the path up and finds out how many reads fill a round. The just-in-time compiler replaces code that ran often enough in the
    /// background, sooner or later as the machine is fast or slow: the path is warm when it has not become faster for a while.
    /// </summary>
    public void Calibrate(CancellationToken cancellation)
    {
        var (best, lastImprovement) = (double.MaxValue, TimeSpan.Zero);
        var warming = Stopwatch.StartNew();
        while (warming.Elapsed - lastImprovement < Settled && warming.Elapsed < LongestWarming)
        {
            cancellation.ThrowIfCancellationRequested();
            var started = Stopwatch.GetTimestamp();
            ReadBatch();
            var elapsedNs = Math.Max(1, Stopwatch.GetElapsedTime(started).TotalNanoseconds);
            if (elapsedNs / _batch < best * Improvement)
                (best, lastImprovement) = (elapsedNs / _batch, warming.Elapsed);

            // Step by step: a first read can be a thousand times slower than those after it.
            _batch = (int)Math.Clamp(_batch * (RoundNs / elapsedNs), 1, Math.Min(MaximumBatch, _batch * 8L));
        }
    }

    /// <summary>Measures a round.</summary>
    public void RunRound()
    {
        var allocated = GC.GetAllocatedBytesForCurrentThread();
        var started = Stopwatch.GetTimestamp();
        ReadBatch();
        var elapsed = Stopwatch.GetElapsedTime(started);
        _allocatedBytes += GC.GetAllocatedBytesForCurrentThread() - allocated;
        _rounds[_completedRounds++] = elapsed.TotalNanoseconds / _batch;
    }

    /// <summary>The median of the rounds, in nanoseconds per read.</summary>
    public double MedianNs => Sorted()[_completedRounds / 2];

    /// <summary>What was measured.</summary>
    /// <param name="slowestNs">The median of the slowest path.</param>
    public BenchResult Summarize(double slowestNs)
    {
        var sorted = Sorted();
        var reads = (long)_batch * _completedRounds;
        var median = sorted[_completedRounds / 2];
        return new BenchResult(
            Path.ToString(),
            Round(median),
            Round(sorted[0]),
            Round(sorted[^1]),
            Round(slowestNs / median),
            reads,
            Round((double)_allocatedBytes / reads),
            _window.FaultCount);
    }

    private static double Round(double value) => Math.Round(value, 2);

    private double[] Sorted()
    {
        var sorted = _rounds[.._completedRounds];
        Array.Sort(sorted);
        return sorted;
    }

    // A loop per width, so that the width is not decided again for each read. The values are kept, so that no read is left out.
    private void ReadBatch()
    {
        var faults = _window.FaultCount;
        ulong sum = 0;
        switch (_width)
        {
            case 8:
                for (var count = _batch; count > 0; count--)
                    sum += _window.Read8(0);
                break;
            case 16:
                for (var count = _batch; count > 0; count--)
                    sum += _window.Read16(0);
                break;
            case 32:
                for (var count = _batch; count > 0; count--)
                    sum += _window.Read32(0);
                break;
            default:
                for (var count = _batch; count > 0; count--)
                    sum += _window.Read64(0);
                break;
        }

        _sink += sum;
        ReachedNothing = _window.FaultCount - faults >= _batch;
    }
}
