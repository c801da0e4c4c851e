namespace VfioSharp.Conformance;

/// <summary>Where a <see cref="ClientSuite"/> listens, how the client is started, and how patient the suite is.</summary>
public sealed record ClientSuiteOptions
{
    /// <summary>The path at which the suite listens, and to which the client connects. The file is made, and removed in the end.</summary>
    public required string SocketPath { get; init; }

    /// <summary>
    /// A shell's command that starts the client, in which "{socket}" stands for the path; it is run for each case, and ended after it. Null where
    /// a person or a script starts the client anew for each case: then it is judged by what it sends alone.
    /// </summary>
    public string? Command { get; init; }

    /// <summary>
    /// How long a client may take to give up where it has to, and without a command to connect; more than zero. 10 seconds if not said: QEMU
    /// gives up after 5.
    /// </summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How long a client may take from its start until it connects; more than zero. 30 seconds if not said.</summary>
    public TimeSpan StartTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// How long a client that stays connected is quiet before it counts as attached; more than zero. One second if not said.
    /// </summary>
    public TimeSpan Settle { get; init; } = TimeSpan.FromSeconds(1);
}
