using System.Globalization;
using System.Security;
using System.Text;

namespace VfioSharp.Tool.Reports.Benchmarking;

/// <summary>
/// The measurement as an SVG: a bar to the median and a whisker from the shortest to the longest round for each path. The drawing takes
/// its colours from the reader's scheme, light or dark, and has no background of its own.
/// </summary>
internal static class BenchSvg
{
    private const int Width = 760;
    private const int Left = 150;
    private const int BarRoom = 460;
    private const int Top = 64;
    private const int RowHeight = 44;
    private const int BarHeight = 22;

    private const string Style = """
          <style>
            text { font-family: system-ui, sans-serif; font-size: 14px; fill: #1f2328; }
            .title { font-size: 16px; font-weight: 600; }
            .note { font-size: 12px; fill: #59636e; }
            .name { text-anchor: end; }
            .bar { fill: #0969da; }
            .slowest { fill: #818b98; }
            .whisker { stroke: #1f2328; stroke-width: 1.5; }
            .axis { stroke: #818b98; }
            @media (prefers-color-scheme: dark) {
              text { fill: #f0f6fc; }
              .note { fill: #9198a1; }
              .bar { fill: #4493f8; }
              .slowest { fill: #656c76; }
              .whisker { stroke: #f0f6fc; }
            }
          </style>
        """;

    public static string Render(BenchReport report)
    {
        var height = Top + RowHeight * report.Paths.Count + 40;
        var longest = Math.Max(report.Paths.Max(path => path.MedianNs), double.Epsilon);
        var svg = new StringBuilder();
        Line(svg, $"""<svg xmlns="http://www.w3.org/2000/svg" width="{Width}" height="{height}" viewBox="0 0 {Width} {height}" role="img" aria-labelledby="title description">""");
        Line(svg, $"""  <title id="title">{Escape(report.Title)}</title>""");
        Line(svg, $"""  <desc id="description">{Escape(Describe(report))}</desc>""");
        svg.Append(Style).Append('\n');
        Line(svg, $"""  <text class="title" x="16" y="28">{Escape(report.Title)}</text>""");
        Line(svg, $"""  <text class="note" x="16" y="48">nanoseconds per read: median of {report.Rounds} rounds, whiskers from the shortest to the longest; shorter is better</text>""");

        for (var row = 0; row < report.Paths.Count; row++)
            AddRow(svg, report.Paths[row], Top + row * RowHeight, longest);

        Line(svg, $"""  <line class="axis" x1="{Left}" y1="{Top}" x2="{Left}" y2="{Top + RowHeight * report.Paths.Count}"/>""");
        Line(svg, $"""  <text class="note" x="{Left}" y="{height - 14}">bytes allocated per read: {Escape(Allocations(report))}</text>""");
        svg.Append("</svg>\n");
        return svg.ToString();
    }

    private static void AddRow(StringBuilder svg, BenchResult path, int top, double longest)
    {
        var middle = top + RowHeight / 2;
        var end = Left + Math.Max(1, BarRoom * path.MedianNs / longest);

        // A single round that was held up must not squeeze the bars: its whisker ends at the edge.
        var (low, high) = (Left + BarRoom * path.MinNs / longest, Math.Min(Left + BarRoom * path.MaxNs / longest, Left + BarRoom + 8));
        var kind = path.MedianNs >= longest ? "slowest" : "bar";
        Line(svg, $"""  <text class="name" x="{Left - 10}" y="{middle + 5}">{Escape(path.Path)}</text>""");
        Line(svg, $"""  <rect class="{kind}" x="{Left}" y="{middle - BarHeight / 2}" width="{end - Left:0.#}" height="{BarHeight}" rx="2"/>""");
        Line(svg, $"""  <line class="whisker" x1="{low:0.#}" y1="{middle}" x2="{high:0.#}" y2="{middle}"/>""");
        Line(svg, $"""  <text x="{Math.Max(end, high) + 8:0.#}" y="{middle + 5}">{Figure(path)}</text>""");
    }

    private static string Figure(BenchResult path) => path.TimesFaster > 1
        ? string.Create(CultureInfo.InvariantCulture, $"{path.MedianNs:0.##} ns, {path.TimesFaster:0.#}×")
        : string.Create(CultureInfo.InvariantCulture, $"{path.MedianNs:0.##} ns");

    private static string Describe(BenchReport report) =>
        string.Join("; ", report.Paths.Select(path => string.Create(CultureInfo.InvariantCulture, $"{path.Path} {path.MedianNs:0.##} ns"))) + ".";

    private static string Allocations(BenchReport report) =>
        string.Join(", ", report.Paths.Select(path => string.Create(CultureInfo.InvariantCulture, $"{path.Path} {path.BytesAllocatedPerRead:0.##}")));

    private static string Escape(string text) => SecurityElement.Escape(text)!;

    private static void Line(StringBuilder svg, FormattableString line) => svg.Append(line.ToString(CultureInfo.InvariantCulture)).Append('\n');
}
