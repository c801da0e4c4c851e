namespace VfioSharp.Emulation;

/// <summary>A register of which writes may come as events. Immutable.</summary>
public sealed record Doorbell
{
    /// <summary>Describes a register.</summary>
    /// <param name="bar">The BAR's number, 0 to 5.</param>
    /// <param name="offset">Its place in the BAR.</param>
    /// <param name="widthInBytes">1, 2, 4 or 8; a write of another width is an access as ever.</param>
    /// <exception cref="ArgumentOutOfRangeException">The number or the width is none that there can be.</exception>
    public Doorbell(int bar, ulong offset, int widthInBytes)
    {
        if (bar is < 0 or > 5)
            throw new ArgumentOutOfRangeException(nameof(bar), bar, "A function has the BARs 0 to 5.");
        if (widthInBytes is not (1 or 2 or 4 or 8))
            throw new ArgumentOutOfRangeException(nameof(widthInBytes), widthInBytes, "A register is 1, 2, 4 or 8 bytes wide.");
        Bar = bar;
        Offset = offset;
        WidthInBytes = widthInBytes;
    }

    /// <summary>The BAR's number.</summary>
    public int Bar { get; }

    /// <summary>The register's place in the BAR.</summary>
    public ulong Offset { get; }

    /// <summary>The register's width.</summary>
    public int WidthInBytes { get; }

    /// <summary>The one value of which writes come as events; those of others are accesses as ever. Null (the default): of every value.</summary>
    public ulong? Value { get; init; }

    /// <summary>
    /// Whether the function must know what was written: the client then leaves the value in memory that it shares with the server, and of several
    /// writes the last counts. Otherwise, without <see cref="Value"/>, the write arrives as one of 0. Default: false.
    /// </summary>
    public bool KeepsValue { get; init; }
}
