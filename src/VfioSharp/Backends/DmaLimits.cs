using VfioSharp.Dma;

namespace VfioSharp.Backends;

/// <summary>
/// What a device makes of the I/O address space that it is attached to: which IOVAs it can use at all, beside what its
/// <see cref="DmaBackend"/> tells of the space. Immutable.
/// </summary>
/// <param name="Window">The IOVAs that the device can put on the bus; null where it tells no such window.</param>
/// <param name="Reserved">IOVAs within them that mean something else than memory: interrupt messages, ranges that firmware holds.</param>
public sealed record DmaLimits(IovaRange? Window, IReadOnlyList<IovaRange> Reserved)
{
    /// <summary>A device that tells no limits.</summary>
    public static DmaLimits None { get; } = new(null, []);
}
