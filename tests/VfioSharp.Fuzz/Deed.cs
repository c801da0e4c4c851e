namespace VfioSharp.Fuzz;

/// <summary>What a client does beside sending messages.</summary>
internal enum DeedKind
{
    /// <summary>Gives the memory that it has shared another length.</summary>
    CutMemory,
    /// <summary>Writes to that memory.</summary>
    FillMemory,
    /// <summary>Writes to the memory that the server has shared, and tries to cut it short.</summary>
    ScribbleShared,
    /// <summary>Rings the eventfds that the server gave.</summary>
    RingEvents,
    /// <summary>Brings the eventfds that the server gave to the brink: one more would block whoever writes.</summary>
    FillEvents,
    /// <summary>Takes what is in the eventfds that the server gave, before the server does.</summary>
    DrainEvents,
    /// <summary>Makes the eventfds that the server gave block whoever reads in vain.</summary>
    MakeEventsBlock,
    /// <summary>Closes all that the server gave, but for the twin socket.</summary>
    CloseFiles,
    /// <summary>Sends what is no message over the twin socket.</summary>
    SendTwinJunk,
    /// <summary>Sends a request over the twin socket, where nobody waits for one.</summary>
    SendTwinRequest,
    CloseTwin,
}

/// <summary>One deed. Immutable.</summary>
/// <param name="Kind">What.</param>
/// <param name="Place">Where in the memory, or the length that it gets.</param>
/// <param name="Bytes">What is written.</param>
internal sealed record Deed(DeedKind Kind, long Place = 0, byte[]? Bytes = null)
{
    public override string ToString() => $"{Kind} at {Place}{(Bytes is null ? "" : $": {Convert.ToHexStringLower(Bytes)}")}";
}
