using System.Globalization;

namespace VfioSharp.Tool.Reports.Benchmarking;

/// <summary>The measurement as an SVG: a bar to the median and a whisker from the shortest to the longest round for each path.</summary>
internal static class BenchSvg
{
    private const int Width = 760;
    private const int Left = 150;
    private const int BarRoom = 460;
    private const int Top = 64;
    private const int RowHeight = 44;
    private const int BarHeight = 22;

    public static string Render(BenchReport report)
    {
        var height = Top + RowHeight * report.Paths.Count + 40;
        var longest = Math.Max(report.Paths.Max(path => path.MedianNs), double.Epsilon);
        var svg = new SvgDrawing(Width, height, report.Title, Describe(report));
        svg.AddText("note", 16, 48,
            $"nanoseconds per read: median of {report.Rounds} rounds, whiskers from the shortest to the longest; shorter is better");

        for (var row = 0; row < report.Paths.Count; row++)
            AddRow(svg, report.Paths[row], Top + row * RowHeight, longest);

        svg.AddLine("axis", Left, Top, Left, Top + RowHeight * report.Paths.Count);
        svg.AddText("note", Left, height - 14, $"bytes allocated per read: {Allocations(report)}");
        return svg.Complete();
    }

    private static void AddRow(SvgDrawing svg, BenchResult path, int top, double longest)
    {
        var middle = top + RowHeight / 2;
        var end = Left + Math.Max(1, BarRoom * path.MedianNs / longest);

        // A single round that was held up must not squeeze the bars: its whisker ends at the edge.
        var (low, high) = (Left + BarRoom * path.MinNs / longest, Math.Min(Left + BarRoom * path.MaxNs / longest, Left + BarRoom + 8));
        var kind = path.MedianNs >= longest ? "slowest" : "bar";
        svg.AddText("name", Left - 10, middle + 5, path.Path);
        svg.Add($"""  <rect class="{kind}" x="{Left}" y="{middle - BarHeight / 2}" width="{end - Left:0.#}" height="{BarHeight}" rx="2"/>""");
        svg.AddLine("whisker", low, middle, high, middle);
        svg.AddText("figure", Math.Max(end, high) + 8, middle + 5, Figure(path));
    }

    private static string Figure(BenchResult path) => path.TimesFaster > 1
        ? string.Create(CultureInfo.InvariantCulture, $"{path.MedianNs:0.##} ns, {path.TimesFaster:0.#}×")
        : string.Create(CultureInfo.InvariantCulture, $"{path.MedianNs:0.##} ns");

    private static string Describe(BenchReport report) =>
        string.Join("; ", report.Paths.Select(path => string.Create(CultureInfo.InvariantCulture, $"{path.Path} {path.MedianNs:0.##} ns"))) + ".";

    private static string Allocations(BenchReport report) =>
        string.Join(", ", report.Paths.Select(path => string.Create(CultureInfo.InvariantCulture, $"{path.Path} {path.BytesAllocatedPerRead:0.##}")));
}
