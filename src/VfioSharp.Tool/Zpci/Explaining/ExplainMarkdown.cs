namespace VfioSharp.Tool.Zpci.Explaining;

/// <summary>The table for a document.</summary>
internal static class ExplainMarkdown
{
    private const string Legend =
        "**Bold**: a real kernel of that generation was seen to answer so; with a dagger (†): on an emulator that was taught the MIO instructions. "
        + "*Italic*: it rests on the guess about the machine of that number, seen or not. Plain: the kernel's source.";

    public static void Write(TextWriter output, IReadOnlyList<Situation> situations, IReadOnlyList<string> kernels, IReadOnlyList<ExplainedCell> cells)
    {
        output.WriteLine(Legend);
        foreach (var topic in ExplainedRow.Arrange(situations, cells))
        {
            output.WriteLine();
            output.WriteLine($"### {topic.Key}");
            output.WriteLine();
            WriteRow(output, ["situation", "mode", .. kernels]);
            WriteRow(output, Enumerable.Repeat("---", kernels.Count + 2));
            foreach (var row in topic)
                WriteRow(output, [Escape(row.Situation.Name), string.Join(", ", row.Modes), .. row.Cells.Select(Mark)]);
        }

        if (!Guesses.Of(cells).Any())
            return;
        output.WriteLine();
        output.WriteLine($"### Guesses ({Guesses.Document})");
        output.WriteLine();
        foreach (var guess in Guesses.Of(cells))
            output.WriteLine($"- {Guesses.NumberOf(guess.Number)}: {Escape(guess.Sentence)}");
    }

    private static void WriteRow(TextWriter output, IEnumerable<string> cells) => output.WriteLine($"| {string.Join(" | ", cells)} |");

    private static string Mark(ExplainedCell cell) => (cell.Verified, cell.Guess) switch
    {
        (_, { } guess) => $"*{Escape(cell.Result)}* {Guesses.NumberOf(guess)}",
        (ExplainedCell.RealKernel, _) => $"**{Escape(cell.Result)}**",
        (ExplainedCell.RealKernelOnEmulatedMio, _) => $"**{Escape(cell.Result)}** †",
        _ => Escape(cell.Result),
    };

    // Names such as s390_pci_mmio_read would be taken for emphasis.
    private static string Escape(string text) => text
        .Replace("_", "\\_", StringComparison.Ordinal)
        .Replace("*", "\\*", StringComparison.Ordinal)
        .Replace("|", "\\|", StringComparison.Ordinal);
}
