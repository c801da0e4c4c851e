namespace VfioSharp.Tool.Zpci.Explaining;

/// <summary>The table for a document.</summary>
internal static class ExplainMarkdown
{
    private const string Legend =
        "**Bold**: a recording of a real kernel of that generation shows it. *Italic*: it rests on a guess about the machine, recorded or not. "
        + "Plain: the kernel's source.";

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
    }

    private static void WriteRow(TextWriter output, IEnumerable<string> cells) => output.WriteLine($"| {string.Join(" | ", cells)} |");

    private static string Mark(ExplainedCell cell) => (cell.Verified, cell.Result) switch
    {
        (_, "-") => "-",
        (ExplainedCell.RealKernel, var result) => $"**{Escape(result)}**",
        (ExplainedCell.Derived, var result) => $"*{Escape(result)}*",
        (_, var result) => Escape(result),
    };

    // Names such as s390_pci_mmio_read would be taken for emphasis.
    private static string Escape(string text) => text
        .Replace("_", "\\_", StringComparison.Ordinal)
        .Replace("*", "\\*", StringComparison.Ordinal)
        .Replace("|", "\\|", StringComparison.Ordinal);
}
