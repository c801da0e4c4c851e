using System.Globalization;
using System.Security;
using System.Text;

namespace VfioSharp.Tool.Reports;

/// <summary>
/// An SVG in the making, line by line. The drawing takes its colours from the reader's scheme, light or dark, and has no background of its own.
/// Not for several threads.
/// </summary>
internal sealed class SvgDrawing
{
    private const string Style = """
          <style>
            text { font-family: system-ui, sans-serif; font-size: 14px; fill: #1f2328; }
            .title { font-size: 16px; font-weight: 600; }
            .note { font-size: 12px; fill: #59636e; }
            .name { text-anchor: end; }
            .tick { text-anchor: middle; }
            .bar { fill: #0969da; }
            .slowest { fill: #818b98; }
            .whisker { stroke: #1f2328; stroke-width: 1.5; }
            .axis { stroke: #818b98; }
            .mark { stroke: #cf222e; stroke-dasharray: 4 3; }
            @media (prefers-color-scheme: dark) {
              text { fill: #f0f6fc; }
              .note { fill: #9198a1; }
              .bar { fill: #4493f8; }
              .slowest { fill: #656c76; }
              .whisker { stroke: #f0f6fc; }
              .mark { stroke: #ff7b72; }
            }
          </style>
        """;

    private readonly StringBuilder _text = new();

    /// <summary>Begins a drawing.</summary>
    /// <param name="width">Its width in pixels.</param>
    /// <param name="height">Its height in pixels.</param>
    /// <param name="title">What it shows; printed at its top, too.</param>
    /// <param name="description">Its content for who cannot see it.</param>
    public SvgDrawing(int width, int height, string title, string description)
    {
        Add($"""<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}" """);
        Add($"""     role="img" aria-labelledby="title description">""");
        Add($"""  <title id="title">{Escape(title)}</title>""");
        Add($"""  <desc id="description">{Escape(description)}</desc>""");
        _text.Append(Style).Append('\n');
        Add($"""  <text class="title" x="16" y="28">{Escape(title)}</text>""");
    }

    /// <summary>Adds an element as it is; texts in it have to be escaped.</summary>
    public void Add(FormattableString element) => _text.Append(element.ToString(CultureInfo.InvariantCulture)).Append('\n');

    /// <summary>Adds a text.</summary>
    public void AddText(string classes, double x, double y, string text) =>
        Add($"""  <text class="{classes}" x="{x:0.#}" y="{y:0.#}">{Escape(text)}</text>""");

    /// <summary>Adds a bar.</summary>
    public void AddBar(string classes, double x, double y, double width, double height) =>
        Add($"""  <rect class="{classes}" x="{x:0.##}" y="{y:0.##}" width="{width:0.##}" height="{height:0.##}"/>""");

    /// <summary>Adds a line.</summary>
    public void AddLine(string classes, double fromX, double fromY, double toX, double toY) =>
        Add($"""  <line class="{classes}" x1="{fromX:0.#}" y1="{fromY:0.#}" x2="{toX:0.#}" y2="{toY:0.#}"/>""");

    /// <summary>Ends the drawing.</summary>
    /// <returns>The file's text.</returns>
    public string Complete() => _text.Append("</svg>\n").ToString();

    private static string Escape(string text) => SecurityElement.Escape(text)!;
}
