namespace VfioSharp.Backends.VfioUser.Wire;

/// <summary>
/// What one side says of itself in VFIO_USER_VERSION (docs/interop/vfio-user.rst, "Capabilities"). A member that was not said is null; the
/// specification's default then holds, which <see cref="VfioUserDefaults"/> names. Immutable.
/// </summary>
internal sealed record VfioUserCapabilities
{
    /// <summary>How many descriptors a message to this side may carry.</summary>
    public uint? MaxMessageFds { get; init; }

    /// <summary>How many bytes of data a message to this side may carry.</summary>
    public ulong? MaxDataTransferInBytes { get; init; }

    /// <summary>How many DMA mappings the server takes.</summary>
    public ulong? MaxDmaMaps { get; init; }

    /// <summary>The page sizes of mappings, a bit each.</summary>
    public ulong? PageSizes { get; init; }

    /// <summary>Whether the commands of the server go over a socket of their own.</summary>
    public bool SupportsTwinSocket { get; init; }

    /// <summary>In the server's reply: which of the message's descriptors is the client's end of the twin socket.</summary>
    public uint? TwinSocketFdIndex { get; init; }

    /// <summary>Whether <see cref="VfioUserCommand.RegionWriteMulti"/> is understood.</summary>
    public bool WritesMultiple { get; init; }

    /// <summary>The page size of dirty bitmaps, where the side said something of migration.</summary>
    public ulong? MigrationPageSizeInBytes { get; init; }

    /// <summary>The longest dirty bitmap, where the side said something of migration.</summary>
    public ulong? MaxMigrationBitmapInBytes { get; init; }
}
