namespace VfioSharp.Fuzz;

/// <summary>What is attacked: a server, or a client, in this process or in another.</summary>
internal interface IVictim : IDisposable
{
    /// <summary>The process that it lives in.</summary>
    public int ProcessId { get; }

    /// <summary>What has gone wrong inside it, by its own word or since its process ended; null where nothing.</summary>
    public string? FindComplaint();

    /// <summary>How many bytes of managed memory it keeps, after a full collection.</summary>
    public long CountHeapBytes();
}
