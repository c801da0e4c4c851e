namespace VfioSharp.Tool.Tests;

/// <summary>What the command finds at its standard streams.</summary>
internal sealed record StandardStreams
{
    /// <summary>What comes from standard input, as bytes.</summary>
    public byte[] Input { get; init; } = [];

    /// <summary>Takes what goes to standard output, as bytes.</summary>
    public Stream? Output { get; init; }

    /// <summary>What a person at the terminal answers; null where there is no terminal.</summary>
    public string? Answer { get; init; }

    /// <summary>Whether standard error is a terminal.</summary>
    public bool ShowsProgress { get; init; }
}
