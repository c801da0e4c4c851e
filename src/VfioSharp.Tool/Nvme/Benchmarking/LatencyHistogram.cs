namespace VfioSharp.Tool.Nvme.Benchmarking;

/// <summary>
/// How often commands took how long: each power of two of nanoseconds is divided into 32 equal steps, so that a time is known to about 3 percent, and
/// a time is added without allocation. Not for several threads.
/// </summary>
internal sealed class LatencyHistogram
{
    private const int StepBits = 5;
    private const int StepsPerDoubling = 1 << StepBits;
    private const int Steps = (63 - StepBits + 1) * StepsPerDoubling;

    private readonly long[] _counts = new long[Steps];
    private double _sumNs;

    /// <summary>How many times were added.</summary>
    public long Count { get; private set; }

    /// <summary>The shortest, in nanoseconds; 0 where there is none.</summary>
    public long MinNs { get; private set; }

    /// <summary>The longest, in nanoseconds; 0 where there is none.</summary>
    public long MaxNs { get; private set; }

    /// <summary>The mean, in nanoseconds; 0 where there is none.</summary>
    public double MeanNs => Count == 0 ? 0 : _sumNs / Count;

    /// <summary>Adds a time.</summary>
    /// <param name="nanoseconds">The time; below 0 it counts as 0.</param>
    public void Record(long nanoseconds)
    {
        var time = Math.Max(0, nanoseconds);
        _counts[StepOf(time)]++;
        _sumNs += time;
        MinNs = Count == 0 ? time : Math.Min(MinNs, time);
        MaxNs = Math.Max(MaxNs, time);
        Count++;
    }

    /// <summary>Adds all times of another histogram.</summary>
    public void Add(LatencyHistogram other)
    {
        if (other.Count == 0)
            return;
        for (var step = 0; step < Steps; step++)
            _counts[step] += other._counts[step];
        MinNs = Count == 0 ? other.MinNs : Math.Min(MinNs, other.MinNs);
        MaxNs = Math.Max(MaxNs, other.MaxNs);
        _sumNs += other._sumNs;
        Count += other.Count;
    }

    /// <summary>Forgets everything.</summary>
    public void Clear()
    {
        Array.Clear(_counts, 0, _counts.Length);
        (Count, MinNs, MaxNs, _sumNs) = (0, 0, 0, 0);
    }

    /// <summary>The time that so many percent of the commands did not exceed.</summary>
    /// <param name="percent">0 to 100.</param>
    /// <returns>Nanoseconds, the longest of the step that the time lies in; 0 where there is none.</returns>
    public long PercentileNs(double percent)
    {
        var rank = Math.Max(1, (long)Math.Ceiling(Count * percent / 100));
        long seen = 0;
        for (var step = 0; step < Steps; step++)
        {
            seen += _counts[step];
            if (seen >= rank)
                return Math.Min(EndOf(step), MaxNs);
        }

        return MaxNs;
    }

    /// <summary>The histogram in few enough rows to be looked at, each as wide as the others on a logarithmic scale.</summary>
    /// <param name="mostRows">How many at most; at least 2.</param>
    /// <param name="percent">How many percent of the commands they show; one row more, of any width, has the rest.</param>
    /// <returns>The rows from the shortest time to the longest, without a gap between; none where no time was added.</returns>
    public IReadOnlyList<LatencyRow> Rows(int mostRows, double percent = 100)
    {
        if (Count == 0)
            return [];
        var (first, last) = (StepOf(MinNs), StepOf(PercentileNs(percent)));
        var width = 1;
        while (last / width - first / width >= mostRows)
            width *= 2;

        var rows = new List<LatencyRow>();
        for (var row = first / width; row <= last / width; row++)
        {
            var end = Math.Min((row + 1) * width, Steps);
            rows.Add(new LatencyRow(BeginOf(row * width), BeginOf(end), CountOf(row * width, end)));
        }

        var rest = CountOf((last / width + 1) * width, Steps);
        if (rest != 0)
            rows.Add(new LatencyRow(rows[^1].BelowNs, MaxNs + 1, rest));
        return rows;
    }

    private long CountOf(int firstStep, int end)
    {
        long count = 0;
        for (var step = firstStep; step < end; step++)
            count += _counts[step];
        return count;
    }

    // The first doublings have fewer nanoseconds than steps: there each nanosecond is a step.
    private static int StepOf(long nanoseconds)
    {
        var doubling = 0;
        while (nanoseconds >> doubling >= 2 * StepsPerDoubling)
            doubling++;
        return doubling * StepsPerDoubling + (int)(nanoseconds >> doubling);
    }

    private static long BeginOf(int step)
    {
        if (step < 2 * StepsPerDoubling)
            return step;
        var doubling = step / StepsPerDoubling - 1;
        var begin = (ulong)(step - doubling * StepsPerDoubling) << doubling;
        return (long)Math.Min(begin, long.MaxValue);
    }

    private static long EndOf(int step) => step + 1 == Steps ? long.MaxValue : BeginOf(step + 1) - 1;
}

/// <summary>How many commands took a time between two bounds.</summary>
/// <param name="FromNs">The bound that belongs to it, in nanoseconds.</param>
/// <param name="BelowNs">The bound that does not.</param>
/// <param name="Count">How many.</param>
internal sealed record LatencyRow(long FromNs, long BelowNs, long Count);
