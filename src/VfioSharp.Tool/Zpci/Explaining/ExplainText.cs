using VfioSharp.Tool.Reports;

namespace VfioSharp.Tool.Zpci.Explaining;

/// <summary>The table for people.</summary>
internal static class ExplainText
{
    private const int Width = 160;

    public static void Write(ToolHost host, IReadOnlyList<Situation> situations, IReadOnlyList<string> kernels, IReadOnlyList<ExplainedCell> cells)
    {
        var console = host.CreateConsole(Width);
        Layout.WriteLine(console, "* a recording of a real kernel of that generation shows it");
        Layout.WriteLine(console, "? it rests on a guess about the machine, recorded or not; without a mark: the kernel's source");
        foreach (var topic in ExplainedRow.Arrange(situations, cells))
        {
            Layout.WriteHeading(console, topic.Key);
            var table = Layout.CreateTable(console, ["situation", "mode", .. kernels]);
            Layout.KeepTogether(table, 1);
            foreach (var row in topic)
                Layout.AddRow(table, [row.Situation.Name, string.Join(' ', row.Modes), .. row.Cells.Select(Mark)]);
            console.Write(table);
        }
    }

    private static string Mark(ExplainedCell cell) => cell.Verified switch
    {
        ExplainedCell.RealKernel => cell.Result + " *",
        ExplainedCell.Derived => cell.Result + " ?",
        _ => cell.Result,
    };
}
