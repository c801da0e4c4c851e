using System.Text.Json.Serialization;

namespace VfioSharp.Tool.Reports.Benchmarking;

/// <summary>How long a read of one register takes on each path.</summary>
internal sealed record BenchReport(
    string Device,
    string Region,
    ulong Offset,
    int Width,
    int Rounds,
    IReadOnlyList<BenchResult> Paths,
    IReadOnlyList<RuledOutReport> RuledOut)
{
    /// <summary>What was measured, in a line.</summary>
    [JsonIgnore]
    public string Title => FormattableString.Invariant($"Read of {Width} bits at 0x{Offset:x} of {Region}, {Device}");
}

/// <summary>What one path takes: the median, the shortest and the longest round, in nanoseconds per read.</summary>
/// <param name="Path">The path.</param>
/// <param name="MedianNs">The median.</param>
/// <param name="MinNs">The shortest.</param>
/// <param name="MaxNs">The longest.</param>
/// <param name="TimesFaster">How many times faster than the slowest path, by the medians.</param>
/// <param name="Reads">How many reads were measured.</param>
/// <param name="BytesAllocatedPerRead">What a read leaves to the garbage collector.</param>
/// <param name="Faults">How many reads did not reach the device.</param>
internal sealed record BenchResult(
    string Path, double MedianNs, double MinNs, double MaxNs, double TimesFaster, long Reads, double BytesAllocatedPerRead, long Faults);
