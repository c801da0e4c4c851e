using VfioSharp.Regions;

namespace VfioSharp.Emulation;

/// <summary>
/// A memory BAR of a function (PCI Express Base 7.5.1.2.1). Each access to it calls the function, but for the <see cref="SharedAreas"/>, which
/// are memory. Immutable.
/// </summary>
public sealed record FunctionBar
{
    /// <summary>What the places and lengths of shared areas are multiples of, since they are mapped: the smallest page of any host.</summary>
    public const int PageSizeInBytes = 4096;

    private readonly RegionArea[] _sharedAreas = [];

    /// <summary>Describes a BAR.</summary>
    /// <param name="index">Its number, 0 to 5; a 64-bit BAR takes the next number too, so that it cannot be 5.</param>
    /// <param name="lengthInBytes">Its length: a power of two from 16 on; a 32-bit BAR ends at 2 GiB, a 64-bit one at 2^63.</param>
    /// <param name="is64Bit">Whether its address has 64 bit.</param>
    /// <param name="isPrefetchable">Whether reads have no side effects and stores may be merged.</param>
    /// <exception cref="ArgumentOutOfRangeException">The number or the length is none that a BAR can have.</exception>
    public FunctionBar(int index, ulong lengthInBytes, bool is64Bit = true, bool isPrefetchable = false)
    {
        if (index is < 0 or > 5 || (is64Bit && index == 5))
            throw new ArgumentOutOfRangeException(nameof(index), index, "A function has the BARs 0 to 5; the last cannot be one of 64 bit.");
        if (lengthInBytes < 16 || (lengthInBytes & (lengthInBytes - 1)) != 0 || lengthInBytes > (is64Bit ? 1ul << 63 : 1ul << 31))
        {
            throw new ArgumentOutOfRangeException(
                nameof(lengthInBytes), lengthInBytes, "The length of a BAR is a power of two: 16 bytes at least, 2 GiB at most with 32 bit, 2^63 with 64.");
        }

        Index = index;
        LengthInBytes = lengthInBytes;
        Is64Bit = is64Bit;
        IsPrefetchable = isPrefetchable;
    }

    /// <summary>The BAR's number.</summary>
    public int Index { get; }

    /// <summary>The length.</summary>
    public ulong LengthInBytes { get; }

    /// <summary>Whether its address has 64 bit.</summary>
    public bool Is64Bit { get; }

    /// <summary>Whether reads have no side effects and stores may be merged.</summary>
    public bool IsPrefetchable { get; }

    /// <summary>
    /// The parts that are memory, which whoever drives the function maps where its way in allows that: an access there calls nothing. In the
    /// order of their places; empty where every access calls the function. A peer that cannot map them reads and writes them by request.
    /// </summary>
    /// <exception cref="ArgumentNullException">The list is null.</exception>
    /// <exception cref="ArgumentException">
    /// An area is empty, does not begin and end at a multiple of <see cref="PageSizeInBytes"/>, does not lie within the BAR, or begins before the
    /// one before it ends.
    /// </exception>
    public IReadOnlyList<RegionArea> SharedAreas
    {
        get => _sharedAreas;
        init
        {
            ArgumentNullException.ThrowIfNull(value);
            _sharedAreas = value.ToArray();
            CheckAreas(_sharedAreas);
        }
    }

    /// <summary>Describes a BAR that is memory as a whole.</summary>
    /// <param name="index">Its number, 0 to 5; a 64-bit BAR takes the next number too, so that it cannot be 5.</param>
    /// <param name="lengthInBytes">Its length: a power of two, <see cref="PageSizeInBytes"/> at least.</param>
    /// <param name="is64Bit">Whether its address has 64 bit.</param>
    /// <param name="isPrefetchable">Whether reads have no side effects and stores may be merged, as with memory they may.</param>
    /// <returns>The BAR.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The number or the length is none that a BAR can have.</exception>
    /// <exception cref="ArgumentException">The BAR is shorter than a page.</exception>
    public static FunctionBar Shared(int index, ulong lengthInBytes, bool is64Bit = true, bool isPrefetchable = true) =>
        new(index, lengthInBytes, is64Bit, isPrefetchable) { SharedAreas = [new RegionArea(0, lengthInBytes)] };

    /// <summary>The type bits of the register (PCI Express Base 7.5.1.2.1, bits 3:0).</summary>
    internal uint TypeBits => (Is64Bit ? 4u : 0) | (IsPrefetchable ? 8u : 0);

    /// <summary>Whether any of these bytes is in a shared area.</summary>
    internal bool MeetsShared(ulong offset, ulong lengthInBytes)
    {
        foreach (var area in _sharedAreas)
        {
            if (offset < area.Offset + area.LengthInBytes && area.Offset < offset + lengthInBytes)
                return true;
        }

        return false;
    }

    private void CheckAreas(RegionArea[] areas)
    {
        var free = 0ul;
        foreach (var area in areas)
        {
            if (area.LengthInBytes == 0 || ((area.Offset | area.LengthInBytes) & (PageSizeInBytes - 1)) != 0)
                throw new ArgumentException($"{Describe(area)} is empty or does not begin and end at a multiple of {PageSizeInBytes} bytes.", nameof(areas));
            if (area.Offset >= LengthInBytes || area.LengthInBytes > LengthInBytes - area.Offset)
                throw new ArgumentException($"{Describe(area)} does not lie within BAR {Index}, which has 0x{LengthInBytes:x} bytes.", nameof(areas));
            if (area.Offset < free)
                throw new ArgumentException($"{Describe(area)} begins before the area before it ends.", nameof(areas));
            free = area.Offset + area.LengthInBytes;
        }
    }

    private static string Describe(RegionArea area) => $"The shared area at 0x{area.Offset:x} of 0x{area.LengthInBytes:x} bytes";
}
