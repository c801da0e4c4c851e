using System.Globalization;
using Spectre.Console;

namespace VfioSharp.Tool.Reports.Benchmarking;

/// <summary>The measurement as a table and a bar per path.</summary>
internal static class BenchText
{
    private const int LabelWidth = 16;
    private const int FigureWidth = 16;

    public static void Write(ToolHost host, BenchReport report)
    {
        var console = host.CreateConsole();
        console.Write(new Text(FormattableString.Invariant($"{report.Title}: nanoseconds per read, {report.Rounds} rounds\n\n")));

        var table = Layout.CreateTable(console, "path", "median", "shortest", "longest", "times faster", "bytes allocated", "faults");
        Layout.KeepTogether(table, 0, 1);
        foreach (var column in table.Columns.Skip(1))
            column.Alignment = Justify.Right;
        foreach (var path in report.Paths)
        {
            Layout.AddRow(
                table,
                path.Path,
                Spell(path.MedianNs),
                Spell(path.MinNs),
                Spell(path.MaxNs),
                path.TimesFaster.ToString("0.0", CultureInfo.InvariantCulture),
                path.BytesAllocatedPerRead.ToString("0.##", CultureInfo.InvariantCulture),
                path.Faults.ToString(CultureInfo.InvariantCulture));
        }

        console.Write(table);
        console.WriteLine();
        WriteBars(console, report);

        if (report.RuledOut.Count == 0)
            return;
        console.WriteLine();
        foreach (var path in report.RuledOut)
            console.Write(new Text($"not {path.Path}: {path.Reason}\n"));
    }

    private static void WriteBars(IAnsiConsole console, BenchReport report)
    {
        var room = Math.Max(10, console.Profile.Width - LabelWidth - FigureWidth);
        var longest = report.Paths.Max(path => path.MedianNs);
        var block = console.Profile.Capabilities.Unicode ? '█' : '#';
        foreach (var path in report.Paths)
        {
            var length = longest <= 0 ? 1 : Math.Max(1, (int)Math.Round(room * path.MedianNs / longest));
            console.Write(new Text(path.Path.PadRight(LabelWidth)));
            console.Write(new Text(new string(block, length), new Style(length == room ? Color.Grey : Color.Green)));
            console.Write(new Text($" {Spell(path.MedianNs)} ns\n"));
        }
    }

    private static string Spell(double nanoseconds) =>
        nanoseconds.ToString(nanoseconds < 100 ? "0.00" : "0", CultureInfo.InvariantCulture);
}
