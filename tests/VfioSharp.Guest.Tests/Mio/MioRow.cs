namespace VfioSharp.Guest.Tests.Mio;

/// <summary>How a line of a recording and what is said here go together.</summary>
internal enum RowVerdict
{
    /// <summary>The same, and the answer is the kernel's.</summary>
    Reproduced,

    /// <summary>The same, but the answer rests on a guess about the architecture that the recording's machine and this one have in common.</summary>
    GuessReproduced,

    /// <summary>Not the same, for a reason that is known: <see cref="ExplainedDifferences"/>.</summary>
    Explained,

    /// <summary>Not the same: the kernel's answer is another.</summary>
    Different,

    /// <summary>Not the same where the recording rests on a guess: this machine does not make the same one.</summary>
    GuessDifferent,
}

/// <summary>A line of a recording beside the line that the program printed here.</summary>
/// <param name="File">The recording's name.</param>
/// <param name="Line">The line, from 1.</param>
/// <param name="Recorded">What stands there, without the mark that such a line begins with.</param>
/// <param name="Here">What was printed here; null where the program had ended before.</param>
internal sealed record MioRow(string File, int Line, string Recorded, string? Here)
{
    /// <summary>The guess that the recorded answer rests on (guest/qemu-mio/GUESSES.md), or null.</summary>
    public int? Guess => GuessedRows.GuessOf(File, Recorded);

    /// <summary>Why the lines may differ, or null.</summary>
    public string? Explanation => Here is null ? null : ExplainedDifferences.ReasonFor(File, Recorded, Here);

    public RowVerdict Verdict => (Recorded == Here, Explanation, Guess) switch
    {
        (true, _, null) => RowVerdict.Reproduced,
        (true, _, _) => RowVerdict.GuessReproduced,
        (_, not null, _) => RowVerdict.Explained,
        (_, _, null) => RowVerdict.Different,
        _ => RowVerdict.GuessDifferent,
    };

    /// <summary>Whether the line is another here, and nothing explains that.</summary>
    public bool IsDifferent => Verdict is RowVerdict.Different or RowVerdict.GuessDifferent;

    public override string ToString() => $"{File}:{Line}: {Recorded}\n    here: {Here ?? "nothing"}{(Guess is { } guess ? $"\n    rests on guess {guess}" : "")}";
}
