using System.Globalization;

namespace VfioSharp.Tool.Nvme.Benchmarking;

/// <summary>Times for people.</summary>
internal static class LatencyText
{
    /// <summary>A time in the unit that leaves it three digits or more before the next: "1.85 us", "12.3 ms".</summary>
    public static string Spell(double nanoseconds) => nanoseconds switch
    {
        < 1e3 => Round(nanoseconds, "ns"),
        < 1e6 => Round(nanoseconds / 1e3, "us"),
        < 1e9 => Round(nanoseconds / 1e6, "ms"),
        _ => Round(nanoseconds / 1e9, "s"),
    };

    /// <summary>The percentiles that people ask for first.</summary>
    public static string SpellPercentiles(LatencyReport latency) =>
        $"p50 {Spell(latency.P50Ns)}, p99 {Spell(latency.P99Ns)}, p99.9 {Spell(latency.P999Ns)}";

    /// <summary>The figures of a measurement.</summary>
    public static string Spell(LatencyReport latency) =>
        $"mean {Spell(latency.MeanNs)}, {SpellPercentiles(latency)}, max {Spell(latency.MaxNs)}";

    private static string Round(double value, string unit) =>
        value.ToString(value < 10 ? "0.##" : value < 100 ? "0.#" : "0", CultureInfo.InvariantCulture) + " " + unit;
}
