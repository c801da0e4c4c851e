using System.Globalization;

namespace VfioSharp.Fuzz;

/// <summary>What came of a run.</summary>
internal sealed record FuzzReport
{
    public required long Conversations { get; init; }

    public required long Messages { get; init; }

    /// <summary>Of a server's run: what came back.</summary>
    public ReplyCounts? Replies { get; init; }

    /// <summary>Of a server's run: how many commands of its own came, and how many of those over a twin socket.</summary>
    public (long All, long OverTwin) ServerCommands { get; init; }

    /// <summary>How much of what was said was taken, in words.</summary>
    public required string Answers { get; init; }

    public required TimeSpan Elapsed { get; init; }

    /// <summary>The victim when it was warm, and at the end.</summary>
    public required VictimCensus Warm { get; init; }

    public required VictimCensus Last { get; init; }

    /// <summary>What the victim did wrong, with how to see it again; null where nothing.</summary>
    public string? Failure { get; init; }

    /// <summary>Where a server did something wrong, the last conversation before that was seen.</summary>
    public Conversation? Suspect { get; init; }

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"""
        {Messages:N0} messages in {Conversations:N0} conversations, {Elapsed.TotalSeconds:F1} s, {Messages / Elapsed.TotalSeconds:N0} messages a second
        {Answers}
        when warm:  {Warm}
        at the end: {Last}
        """);
}

/// <summary>What a victim uses.</summary>
internal readonly record struct VictimCensus(ProcessCensus Process, long HeapBytes)
{
    public static VictimCensus Take(IVictim victim)
    {
        var heap = victim.CountHeapBytes();
        return new VictimCensus(ProcessCensus.Take(victim.ProcessId), heap);
    }

    public override string ToString() => $"{Process}, {HeapBytes >> 10} KiB managed";
}
