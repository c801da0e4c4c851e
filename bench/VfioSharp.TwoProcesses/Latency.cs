using System.Diagnostics;

namespace VfioSharp.TwoProcesses;

/// <summary>The median and the 99th percentile of a round, in nanoseconds.</summary>
internal readonly record struct Latency(double P50, double P99)
{
    /// <summary>Those of times.</summary>
    /// <param name="ticks">Times by <see cref="Stopwatch.GetTimestamp"/>, which are sorted.</param>
    public static Latency Of(long[] ticks)
    {
        Array.Sort(ticks);
        return new Latency(Nanoseconds(ticks[ticks.Length / 2]), Nanoseconds(ticks[(long)ticks.Length * 99 / 100]));
    }

    /// <summary>The median of rounds, of each number on its own.</summary>
    public static Latency Median(IReadOnlyList<Latency> rounds) => new(Median(rounds.Select(round => round.P50)), Median(rounds.Select(round => round.P99)));

    public static double Median(IEnumerable<double> values)
    {
        var sorted = values.Order().ToArray();
        return sorted[sorted.Length / 2];
    }

    public static double Nanoseconds(long ticks) => ticks * (1e9 / Stopwatch.Frequency);
}
