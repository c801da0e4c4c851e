namespace VfioSharp.Regions;

/// <summary>How a window on a region is opened.</summary>
public sealed record WindowOptions
{
    /// <summary>The first byte of the region that the window shows; offsets in the window count from here. Default 0. Need not be page-aligned.</summary>
    public ulong Offset { get; init; }

    /// <summary>How many bytes it shows; null (the default) means to the region's end. Only this part is mapped.</summary>
    public ulong? LengthInBytes { get; init; }

    /// <summary>Force a path, or null (the default) for the fastest one.</summary>
    public AccessPath? Path { get; init; }

    /// <summary>What happens when an access does not reach the device. Default: all ones.</summary>
    public OnFault OnFault { get; init; }
}
