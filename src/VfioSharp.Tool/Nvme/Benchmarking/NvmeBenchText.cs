using System.Globalization;
using Spectre.Console;
using Layout = VfioSharp.Tool.Reports.Layout;

namespace VfioSharp.Tool.Nvme.Benchmarking;

/// <summary>The measurement for people: the figures, and how many commands took how long as bars.</summary>
internal static class NvmeBenchText
{
    private const int NameWidth = 10;
    private const int BarRoom = 48;

    public static void Write(ToolHost host, NvmeBenchReport report)
    {
        var console = host.CreateConsole();
        Layout.WriteLine(console, FormattableString.Invariant($"{report.Title}: {report.Device}, namespace {report.Namespace}"));
        console.WriteLine();
        WriteField(console, "commands", $"{report.Iops:N0} a second, {report.Commands:N0} in {report.Seconds:0.0} s");
        WriteField(console, "data", $"{report.BytesPerSecond / 1e6:N1} MB/s");
        WriteField(console, "latency", $"{LatencyText.Spell(report.Latency)}");
        if (report.BytesAllocatedPerCommand is { } allocated)
            WriteField(console, "allocated", $"{allocated:0.##} bytes per command");
        console.WriteLine();
        WriteHistogram(console, report);
    }

    private static void WriteHistogram(IAnsiConsole console, NvmeBenchReport report)
    {
        var table = Layout.CreateTable(console, "from", "to", "commands", "percent", "");
        Layout.KeepTogether(table, 0, 1, 2, 3, 4);
        for (var column = 0; column < 4; column++)
            table.Columns[column].Alignment = Justify.Right;
        var rows = report.Latency.CoarseHistogram;
        var most = rows.Max(row => row.Count);
        var block = console.Profile.Capabilities.Unicode ? '█' : '#';
        foreach (var row in rows)
        {
            var length = row.Count == 0 ? 0 : Math.Max(1, (int)Math.Round((double)BarRoom * row.Count / most));
            Layout.AddRow(
                table,
                LatencyText.Spell(row.FromNs),
                LatencyText.Spell(row.BelowNs),
                row.Count.ToString("N0", CultureInfo.InvariantCulture),
                (100.0 * row.Count / report.Commands).ToString("0.00", CultureInfo.InvariantCulture),
                new string(block, length));
        }

        console.Write(table);
    }

    private static void WriteField(IAnsiConsole console, string name, FormattableString value) =>
        Layout.WriteField(console, name, FormattableString.Invariant(value), NameWidth);
}
