namespace VfioSharp.Fuzz;

/// <summary>How much is done, from which seed.</summary>
internal sealed record FuzzPlan
{
    public ulong Seed { get; init; } = 1;

    /// <summary>After how many messages it is enough.</summary>
    public long Messages { get; init; } = 20_000;

    /// <summary>The first conversation, by its number.</summary>
    public long First { get; init; }

    /// <summary>How many conversations at most.</summary>
    public long Conversations { get; init; } = long.MaxValue;

    /// <summary>After how many conversations the victim is looked at: its descriptors, its memory, its answers to an honest peer.</summary>
    public int CheckEvery { get; init; } = 50;

    /// <summary>Which functions a server is attacked with, one in each conversation.</summary>
    public IReadOnlyList<VictimFunction> Functions { get; init; } = VictimFunction.All;

    /// <summary>What of a command line asks for these functions.</summary>
    public string FunctionsArgument => Functions.Count == 1 ? $" --function {Functions[0].Name}" : "";

    /// <summary>Where progress is told; null for nowhere.</summary>
    public TextWriter? Progress { get; init; }
}
