using System.Text.RegularExpressions;

namespace VfioSharp.Zpci.Tests.Golden;

/// <summary>
/// Plays a recording on the model: each line names an operation, which is made on the model in the order of the file, and the answer is
/// spelled as the recording spells it. A dialect adds its operations; the first whose pattern matches a line is taken.
/// </summary>
internal abstract class GoldenReplay
{
    private readonly List<(Regex Pattern, Func<Match, string> Play)> _operations = [];

    /// <summary>Plays all of a recording.</summary>
    /// <returns>What became of each line.</returns>
    public IReadOnlyList<ReplayedRow> Play(Recording recording) => [.. recording.Rows.Select(Play)];

    /// <summary>Messages of the kernel that no line of the recording shows.</summary>
    public virtual IEnumerable<string> UnreadMessages => [];

    /// <summary>Adds an operation.</summary>
    /// <param name="pattern">Matches the part of the line that says what was done. It has to match from the line's start; the rest is the answer.</param>
    /// <param name="play">Does it on the model and answers as the recording does, from behind the match on.</param>
    protected void On(string pattern, Func<Match, string> play) => _operations.Add((new Regex("^" + pattern, RegexOptions.CultureInvariant), play));

    private ReplayedRow Play(GoldenRow row)
    {
        foreach (var (pattern, play) in _operations)
        {
            if (pattern.Match(row.Text) is { Success: true } match)
                return new ReplayedRow(row, match.Value + play(match));
        }

        return new ReplayedRow(row, null);
    }
}

/// <summary>A line and what the model answers.</summary>
/// <param name="Row">The line.</param>
/// <param name="Answer">The same line with the model's answer; null where the model has no such operation.</param>
internal sealed record ReplayedRow(GoldenRow Row, string? Answer)
{
    /// <summary>Whether the model answers what the real kernel did, in every field that is compared.</summary>
    public bool IsReproduced => Answer is not null && LeftOutFields.Strip(Answer) == LeftOutFields.Strip(Row.Text);
}
