namespace VfioSharp.Fuzz;

/// <summary>What a server that lies to a client says of a region, true or not. Immutable.</summary>
internal sealed record ModelRegion
{
    public const uint ReadWrite = 3;
    public const uint Mmap = 4;
    public const uint HasCapabilities = 8;

    /// <summary>A region that is not there.</summary>
    public static ModelRegion None { get; } = new();

    public ulong LengthInBytes { get; init; }

    public uint Flags { get; init; }

    /// <summary>Where its memory begins in the file.</summary>
    public ulong Offset { get; init; }

    /// <summary>The descriptors that come with the description.</summary>
    public FdKind[] Fds { get; init; } = [];

    /// <summary>The capabilities, and where in the reply they are said to begin.</summary>
    public byte[] Chain { get; init; } = [];

    public uint CapabilityOffset { get; init; }

    /// <summary>The length that the description is said to need; null for what it has.</summary>
    public uint? ArgumentSize { get; init; }
}
