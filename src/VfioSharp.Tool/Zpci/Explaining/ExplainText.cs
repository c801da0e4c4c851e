using VfioSharp.Tool.Reports;

namespace VfioSharp.Tool.Zpci.Explaining;

/// <summary>The table for people.</summary>
internal static class ExplainText
{
    private const int Width = 160;

    public static void Write(ToolHost host, IReadOnlyList<Situation> situations, IReadOnlyList<string> kernels, IReadOnlyList<ExplainedCell> cells)
    {
        var console = host.CreateConsole(Width);
        Layout.WriteLine(console, "* a real kernel of that generation was seen to answer so");
        Layout.WriteLine(console, "+ it was, on an emulator that was taught the MIO instructions");
        Layout.WriteLine(console, "?N it rests on guess N about the machine, seen or not; without a mark: the kernel's source");
        foreach (var topic in ExplainedRow.Arrange(situations, cells))
        {
            Layout.WriteHeading(console, topic.Key);
            var table = Layout.CreateTable(console, ["situation", "mode", .. kernels]);
            Layout.KeepTogether(table, 1);
            foreach (var row in topic)
                Layout.AddRow(table, [row.Situation.Name, string.Join(' ', row.Modes), .. row.Cells.Select(Mark)]);
            console.Write(table);
        }

        if (!Guesses.Of(cells).Any())
            return;
        Layout.WriteHeading(console, $"Guesses ({Guesses.Document})");
        foreach (var guess in Guesses.Of(cells))
            Layout.WriteLine(console, $"?{Guesses.NumberOf(guess.Number)} {guess.Sentence}");
    }

    private static string Mark(ExplainedCell cell) => (cell.Verified, cell.Guess) switch
    {
        (_, { } guess) => $"{cell.Result} ?{Guesses.NumberOf(guess)}",
        (ExplainedCell.RealKernel, _) => cell.Result + " *",
        (ExplainedCell.RealKernelOnEmulatedMio, _) => cell.Result + " +",
        _ => cell.Result,
    };
}
