namespace VfioSharp.Fuzz;

/// <summary>How a client answers the server's DMA_READ and DMA_WRITE.</summary>
internal enum DmaManners
{
    Answers,
    Refuses,
    AnswersWrongly,
    StaysSilent,
}

/// <summary>How a client leaves.</summary>
internal enum Farewell
{
    /// <summary>It says that it sends no more, and reads on until the server has closed.</summary>
    Closes,
    /// <summary>It is gone, in the middle of whatever the server is doing.</summary>
    Aborts,
    /// <summary>It asks for more than a socket holds, reads none of it, and then is gone.</summary>
    StopsReading,
}

/// <summary>What a client says to a server, from the first message to how it leaves.</summary>
internal sealed class Conversation(ulong seed)
{
    /// <summary>All of it follows from this number.</summary>
    public ulong Seed { get; } = seed;

    public List<FuzzMessage> Messages { get; init; } = [];

    /// <summary>Whether the next message waits for the reply to the one before; otherwise all are sent at once.</summary>
    public bool IsInStep { get; set; }

    public DmaManners Manners { get; set; }

    public Farewell Farewell { get; set; }

    public override string ToString() => $"in step: {IsInStep}, answers to DMA: {Manners}, leaves: {Farewell}\n"
        + string.Join('\n', Messages.Select((message, i) => $"  {i}: {message}"));
}
