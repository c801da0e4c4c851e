namespace VfioSharp.Config;

/// <summary>A capability of the first 256 bytes (PCI Express Base 7.5.1.1.11, PCI Local Bus 3.0 section 6.7). Immutable.</summary>
/// <param name="Id">Its number.</param>
/// <param name="Offset">Where it begins in configuration space.</param>
/// <param name="LengthInBytes">Its length where the number, or the capability itself, says it; else null.</param>
public sealed record Capability(CapabilityId Id, int Offset, int? LengthInBytes)
{
    /// <summary>Its name by the specification; "unknown (0x42)" where it has none.</summary>
    public string Name => CapabilityNames.Of(Id);
}

/// <summary>An extended capability, from offset 0x100 on (PCI Express Base 7.6.3). Immutable.</summary>
/// <param name="Id">Its number.</param>
/// <param name="Version">The version of its layout.</param>
/// <param name="Offset">Where it begins in configuration space.</param>
/// <param name="LengthInBytes">Its length where the number, or the capability itself, says it; else null.</param>
public sealed record ExtendedCapability(ExtendedCapabilityId Id, int Version, int Offset, int? LengthInBytes)
{
    /// <summary>Its name by the specification; "unknown (0x0042)" where it has none.</summary>
    public string Name => CapabilityNames.Of(Id);
}

/// <summary>A list of capabilities, as far as it could be followed. Immutable.</summary>
/// <typeparam name="T">The kind of capability.</typeparam>
/// <param name="Entries">The capabilities in the list's order, each once.</param>
/// <param name="Problem">What is wrong with the list and where it had to stop, as a sentence; null where all is well.</param>
public sealed record CapabilityList<T>(IReadOnlyList<T> Entries, string? Problem);
