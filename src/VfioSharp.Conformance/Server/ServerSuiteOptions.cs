namespace VfioSharp.Conformance;

/// <summary>Which server a <see cref="ServerSuite"/> runs against, and how patient it is.</summary>
public sealed record ServerSuiteOptions
{
    /// <summary>The path of the server's socket.</summary>
    public required string SocketPath { get; init; }

    /// <summary>How long to wait for a connection, a reply or an interrupt; more than zero. 5 seconds if not said.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// A shell's command that starts the server, in which "{socket}" stands for the path; null where it runs already. With a command the suite
    /// starts the server whenever it does not run, sees how it ends, and ends it in the end.
    /// </summary>
    public string? Command { get; init; }

    /// <summary>How long a server may take from its start to its first client; more than zero. 30 seconds if not said.</summary>
    public TimeSpan StartTimeout { get; init; } = TimeSpan.FromSeconds(30);
}
