namespace VfioSharp.Tool.Zpci.Explaining;

/// <summary>A line of the table as people read it: a situation, the modes in which it comes out the same, and a cell for each kernel.</summary>
/// <param name="Situation">The situation.</param>
/// <param name="Modes">The modes.</param>
/// <param name="Cells">The cells, in the order of the kernels.</param>
internal sealed record ExplainedRow(Situation Situation, IReadOnlyList<string> Modes, IReadOnlyList<ExplainedCell> Cells)
{
    /// <summary>The lines of a table, topic by topic.</summary>
    public static IEnumerable<IGrouping<string, ExplainedRow>> Arrange(IReadOnlyList<Situation> situations, IReadOnlyList<ExplainedCell> cells)
    {
        var bySituation = cells.ToLookup(cell => cell.Situation);
        return situations.SelectMany(situation => Arrange(situation, bySituation[situation.Name])).GroupBy(row => row.Situation.Topic);
    }

    private static IEnumerable<ExplainedRow> Arrange(Situation situation, IEnumerable<ExplainedCell> cells) =>
        from mode in cells.GroupBy(cell => cell.Mode)
        let row = mode.ToArray()
        group (mode.Key, row) by string.Join('\n', row.Select(cell => $"{cell.Result}\t{cell.Verified}\t{cell.Guess}")) into same
        select new ExplainedRow(situation, [.. same.Select(mode => mode.Key)], same.First().row);
}
