namespace VfioSharp.Fuzz;

/// <summary>How a client answers the server's DMA_READ and DMA_WRITE.</summary>
internal enum DmaManners
{
    Answers,
    Refuses,
    AnswersWrongly,
    AnswersTwice,
    /// <summary>It answers when the server has given the access up, or with some other message in between.</summary>
    AnswersLate,
    StaysSilent,
    /// <summary>Each command is answered in another of these ways.</summary>
    IsFickle,
}

/// <summary>What a client does with the twin socket that it asked for.</summary>
internal enum TwinManners
{
    Uses,
    ClosesAtOnce,
    AnswersOnOtherSocket,
    NeverReads,
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
internal sealed class Conversation(ulong seed, VictimFunction function)
{
    /// <summary>All of it follows from this number.</summary>
    public ulong Seed { get; } = seed;

    /// <summary>What it is held with.</summary>
    public VictimFunction Function { get; } = function;

    public List<FuzzMessage> Messages { get; init; } = [];

    /// <summary>Whether the next message waits for the reply to the one before; otherwise all are sent at once.</summary>
    public bool IsInStep { get; set; }

    /// <summary>Where they do not wait: how many messages are sent with one call at most.</summary>
    public int MessagesPerSend { get; set; } = 1;

    public DmaManners Manners { get; set; }

    public TwinManners TwinManners { get; set; }

    public Farewell Farewell { get; set; }

    /// <summary>The same without some messages.</summary>
    public Conversation Without(int start, int length) => new(Seed, Function)
    {
        Messages = [.. Messages.Where((_, i) => i < start || i >= start + length)],
        IsInStep = IsInStep,
        MessagesPerSend = MessagesPerSend,
        Manners = Manners,
        TwinManners = TwinManners,
        Farewell = Farewell,
    };

    public override string ToString() =>
        $"with {Function.Name}, in step: {IsInStep}, {MessagesPerSend} in one send, answers to DMA: {Manners}, twin socket: {TwinManners}, leaves: {Farewell}\n"
        + string.Join('\n', Messages.Select((message, i) => $"  {i}: {message}"));
}
