using VfioSharp.Tool.Reports;

namespace VfioSharp.Tool.Nvme.Benchmarking;

/// <summary>The measurement as an SVG: how many commands took how long, on a logarithmic axis of time, with the percentiles as lines.</summary>
internal static class NvmeBenchSvg
{
    private const int Width = 860;
    private const int Height = 380;
    private const double Left = 40;
    private const double Right = 820;
    private const double Top = 110;
    private const double Bottom = 320;

    // What a decade is divided by: 1, 2, 5, 10.
    private static readonly double[] Ticks = [1, 2, 5];

    public static string Render(NvmeBenchReport report)
    {
        var latency = report.Latency;
        var rows = latency.Histogram;
        var axis = new Axis(Math.Max(1, rows[0].FromNs), Math.Max(2, rows[^1].BelowNs));
        var svg = new SvgDrawing(Width, Height, $"{report.Title}: {report.Device}", $"Time of a command: {LatencyText.Spell(latency)}.");
        svg.AddText("note", 16, 48, FormattableString.Invariant(
            $"{report.Iops:N0} commands a second, {report.BytesPerSecond / 1e6:N1} MB/s, in {report.Seconds:0.0} s{Allocation(report)}"));

        // By density, so that a row that is wider in nanoseconds than another does not look like more.
        var most = rows.Max(row => Density(row, axis));
        foreach (var row in rows)
        {
            var (begin, end) = (axis.Place(row.FromNs), axis.Place(row.BelowNs));
            var height = (Bottom - Top) * Density(row, axis) / most;
            if (row.Count != 0)
                svg.AddBar("bar", begin, Bottom - height, Math.Max(0.5, end - begin), height);
        }

        svg.AddLine("axis", Left, Bottom, Right, Bottom);
        foreach (var tick in axis.TicksWithin())
        {
            svg.AddLine("axis", axis.Place(tick), Bottom, axis.Place(tick), Bottom + 5);
            svg.AddText("note tick", axis.Place(tick), Bottom + 20, LatencyText.Spell(tick));
        }

        AddMark(svg, axis, "p50", latency.P50Ns, 0);
        AddMark(svg, axis, "p99", latency.P99Ns, 1);
        AddMark(svg, axis, "p99.9", latency.P999Ns, 2);
        svg.AddText("note", Left, Height - 14, "time from submission to completion, logarithmic; height: commands per width of the axis");
        return svg.Complete();
    }

    // Each on a line of its own, since they can lie close to one another.
    private static void AddMark(SvgDrawing svg, Axis axis, string name, long nanoseconds, int line)
    {
        var (x, y) = (axis.Place(nanoseconds), Top - 36 + 16 * line);
        svg.AddLine("mark", x, y - 10, x, Bottom);
        var isFarRight = x > (Left + Right) / 2;
        svg.AddText(isFarRight ? "note name" : "note", isFarRight ? x - 4 : x + 4, y, $"{name} {LatencyText.Spell(nanoseconds)}");
    }

    private static double Density(LatencyRow row, Axis axis) => row.Count / Math.Max(0.5, axis.Place(row.BelowNs) - axis.Place(row.FromNs));

    private static string Allocation(NvmeBenchReport report) =>
        report.BytesAllocatedPerCommand is { } bytes ? FormattableString.Invariant($"; {bytes:0.##} bytes allocated per command") : string.Empty;

    /// <summary>The axis of time.</summary>
    private readonly struct Axis(double from, double to)
    {
        /// <summary>Where a time lies.</summary>
        public double Place(double nanoseconds) => Left + (Right - Left) * Math.Log(Math.Max(from, nanoseconds) / from) / Math.Log(to / from);

        /// <summary>Round times on the axis.</summary>
        public IEnumerable<double> TicksWithin()
        {
            for (var decade = Math.Pow(10, Math.Floor(Math.Log10(from))); decade <= to; decade *= 10)
            {
                foreach (var tick in Ticks)
                {
                    if (decade * tick >= from && decade * tick <= to)
                        yield return decade * tick;
                }
            }
        }
    }
}
