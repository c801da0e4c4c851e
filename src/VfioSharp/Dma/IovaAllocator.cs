namespace VfioSharp.Dma;

/// <summary>
/// Hands out IOVAs from the ranges that the I/O address space has. It takes the lowest address that fits: a device that can only
/// drive 32 address bits then works without being told, and PCI Express packets to addresses below 4 GiB have the shorter header
/// (PCI Express Base 2.2.4.1). IOVA 0 is never chosen, because drivers and devices take it for "no address"; it can be reserved by name.
/// Adding and freeing take O(log n); neighbours that become free grow together. Not thread-safe.
/// </summary>
public sealed class IovaAllocator
{
    private readonly ExtentTree<ValueTuple> _free = new();
    private readonly Dictionary<ulong, ulong> _endsByStart = [];
    private List<IovaRange> _ranges = [];

    /// <summary>Creates an allocator with nothing taken.</summary>
    /// <param name="ranges">What may be handed out. Order, overlap and ragged ends do not matter; ends are rounded inwards to whole pages.</param>
    /// <param name="granularityInBytes">The smallest page of the I/O page tables, a power of two: every extent is a multiple of it.</param>
    /// <exception cref="ArgumentOutOfRangeException">The granularity is not a power of two.</exception>
    public IovaAllocator(IReadOnlyList<IovaRange> ranges, ulong granularityInBytes) => Update(ranges, granularityInBytes);

    /// <summary>The smallest page of the I/O page tables.</summary>
    public ulong GranularityInBytes { get; private set; }

    /// <summary>What may be handed out, in whole pages, ascending, without gaps of nothing between two.</summary>
    public IReadOnlyList<IovaRange> Ranges => _ranges;

    /// <summary>How many extents are taken.</summary>
    public int AllocatedCount => _endsByStart.Count;

    /// <summary>
    /// Takes over new ranges, as when another device joined the address space. What is taken stays taken, even where it lies outside
    /// of the new ranges; it returns to nobody when it is freed.
    /// </summary>
    /// <param name="ranges">What may be handed out from now on.</param>
    /// <param name="granularityInBytes">The smallest page from now on.</param>
    /// <exception cref="ArgumentOutOfRangeException">The granularity is not a power of two.</exception>
    public void Update(IReadOnlyList<IovaRange> ranges, ulong granularityInBytes)
    {
        ArgumentNullException.ThrowIfNull(ranges);
        RequirePowerOfTwo(granularityInBytes, nameof(granularityInBytes));
        GranularityInBytes = granularityInBytes;
        _ranges = Normalize(ranges, granularityInBytes);
        _free.Clear();
        var taken = _endsByStart.OrderBy(extent => extent.Key).ToList();
        foreach (var range in _ranges)
            AddFreeAround(range, taken);
    }

    /// <summary>Takes the lowest free extent of a length.</summary>
    /// <param name="lengthInBytes">The length, a multiple of the granularity, not 0.</param>
    /// <param name="alignmentInBytes">What the address is a multiple of: a power of two, or 0 (the default) for the granularity.</param>
    /// <param name="highest">The last address that the extent may reach, or null for no limit: 0xffffffff for a device of 32 address bits.</param>
    /// <returns>The extent's first address, never 0.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The length or alignment is not as said above.</exception>
    /// <exception cref="VfioException">No free extent is long enough; the message names the ranges.</exception>
    public Iova Allocate(ulong lengthInBytes, ulong alignmentInBytes = 0, Iova? highest = null) =>
        TryAllocate(lengthInBytes, alignmentInBytes, highest)
        ?? throw NoRoom(lengthInBytes, Math.Max(alignmentInBytes, GranularityInBytes), highest);

    /// <summary>Takes an extent as <see cref="Allocate"/> does, or says by null that there is none.</summary>
    internal Iova? TryAllocate(ulong lengthInBytes, ulong alignmentInBytes, Iova? highest)
    {
        RequireLength(lengthInBytes);
        if (alignmentInBytes != 0)
            RequirePowerOfTwo(alignmentInBytes, nameof(alignmentInBytes));
        var alignment = Math.Max(alignmentInBytes, GranularityInBytes);
        if (_free.FirstFit(lengthInBytes - 1, alignment, GranularityInBytes, highest?.Value ?? ulong.MaxValue) is not { } start)
            return null;
        Take(start, lengthInBytes - 1);
        return new Iova(start);
    }

    /// <summary>Takes the extent at an address.</summary>
    /// <param name="start">The first address, a multiple of the granularity; 0 is allowed here.</param>
    /// <param name="lengthInBytes">The length, a multiple of the granularity, not 0.</param>
    /// <exception cref="ArgumentOutOfRangeException">The address or length is not as said above, or the extent ends beyond 2^64.</exception>
    /// <exception cref="VfioException">The extent lies outside of the ranges, or overlaps one that is taken; the message says which.</exception>
    public void Reserve(Iova start, ulong lengthInBytes)
    {
        RequireLength(lengthInBytes);
        if (start.Value % GranularityInBytes != 0)
            throw new ArgumentOutOfRangeException(nameof(start), start, $"The IOVA must be a multiple of {ByteText.Size(GranularityInBytes)}.");
        var span = lengthInBytes - 1;
        if (ulong.MaxValue - start.Value < span)
            throw new ArgumentOutOfRangeException(nameof(lengthInBytes), lengthInBytes, $"From {start} on there are not that many addresses.");
        var end = start.Value + span;
        if (!_ranges.Exists(range => range.Contains(start, lengthInBytes)))
            throw Refused(start, end, $"it does not lie in one of the usable ranges {ByteText.Ranges(_ranges)}.");
        if (_free.FindAtOrBefore(start.Value) is not { } hole || hole.End < end)
            throw Refused(start, end, $"it overlaps {FirstOverlap(start.Value, end)}, which is taken.");
        Take(start.Value, span);
    }

    /// <summary>Gives an extent back.</summary>
    /// <param name="start">The address that <see cref="Allocate"/> returned or <see cref="Reserve"/> was given.</param>
    /// <returns>The extent's length; 2^64 reads as 0.</returns>
    /// <exception cref="InvalidOperationException">No extent that is taken begins there.</exception>
    public ulong Free(Iova start)
    {
        if (!_endsByStart.Remove(start.Value, out var end))
            throw new InvalidOperationException($"No extent that is taken begins at IOVA {start}.");
        foreach (var range in _ranges)
        {
            if (range.Start.Value <= end && range.End.Value >= start.Value)
                AddFree(Math.Max(start.Value, range.Start.Value), Math.Min(end, range.End.Value));
        }

        return unchecked(end - start.Value + 1);
    }

    private void Take(ulong start, ulong span)
    {
        var end = start + span;
        var hole = _free.FindAtOrBefore(start)!.Value;
        _free.Remove(hole.Start);
        if (hole.Start < start)
            _free.Add(hole.Start, start - 1, default);
        if (hole.End > end)
            _free.Add(end + 1, hole.End, default);
        _endsByStart.Add(start, end);
    }

    private void AddFree(ulong start, ulong end)
    {
        if (start != 0 && _free.FindAtOrBefore(start - 1) is { } before && before.End == start - 1)
        {
            _free.Remove(before.Start);
            start = before.Start;
        }

        if (end != ulong.MaxValue && _free.FindAtOrBefore(end + 1) is { } after && after.Start == end + 1)
        {
            _free.Remove(after.Start);
            end = after.End;
        }

        _free.Add(start, end, default);
    }

    private void AddFreeAround(IovaRange range, List<KeyValuePair<ulong, ulong>> taken)
    {
        var next = range.Start.Value;
        foreach (var (start, end) in taken)
        {
            if (end < next || start > range.End.Value)
                continue;
            if (start > next)
                _free.Add(next, start - 1, default);
            if (end >= range.End.Value)
                return;
            next = end + 1;
        }

        _free.Add(next, range.End.Value, default);
    }

    private static List<IovaRange> Normalize(IReadOnlyList<IovaRange> ranges, ulong granularity)
    {
        var mask = granularity - 1;
        var merged = new List<IovaRange>();
        foreach (var range in ranges.OrderBy(range => range.Start))
        {
            var start = unchecked(range.Start.Value + mask) & ~mask;
            // The address after the last whole page; 0 stands for 2^64.
            var after = unchecked(range.End.Value + 1) & ~mask;
            var end = unchecked(after - 1);
            if (start < range.Start.Value || range.End < range.Start || (after == 0 && range.End.Value != ulong.MaxValue) || end < start)
                continue;
            if (merged.Count > 0 && (merged[^1].End.Value == ulong.MaxValue || start <= merged[^1].End.Value + 1))
                merged[^1] = merged[^1] with { End = new Iova(Math.Max(merged[^1].End.Value, end)) };
            else
                merged.Add(new IovaRange(new Iova(start), new Iova(end)));
        }

        return merged;
    }

    // Only for a message: walking everything that is taken is no cost that matters there.
    private string FirstOverlap(ulong start, ulong end)
    {
        var overlap = _endsByStart.Where(extent => extent.Key <= end && extent.Value >= start).MinBy(extent => extent.Key);
        return $"{new Iova(overlap.Key)}-{new Iova(overlap.Value)}";
    }

    private static VfioException Refused(Iova start, ulong end, string advice) =>
        new($"reserve the IOVAs {start}-{new Iova(end)}", null, Errno.None, advice);

    private VfioException NoRoom(ulong lengthInBytes, ulong alignment, Iova? highest)
    {
        var limit = highest is { } last ? $" up to {last}" : string.Empty;
        var longest = _free.LongestSpan is { } span ? ByteText.SizeOfSpan(span) : "0 bytes";
        return new VfioException(
            $"find {ByteText.Size(lengthInBytes)} of free IOVAs{limit} at a multiple of {ByteText.Size(alignment)}", null, Errno.None,
            $"the usable ranges are {ByteText.Ranges(_ranges)}, and the longest extent that is free in them has {longest}.");
    }

    private void RequireLength(ulong lengthInBytes)
    {
        if (lengthInBytes == 0 || lengthInBytes % GranularityInBytes != 0)
        {
            throw new ArgumentOutOfRangeException(
                nameof(lengthInBytes), lengthInBytes, $"The length must be a multiple of {ByteText.Size(GranularityInBytes)}, and not 0.");
        }
    }

    private static void RequirePowerOfTwo(ulong value, string name)
    {
        if (value == 0 || (value & (value - 1)) != 0)
            throw new ArgumentOutOfRangeException(name, value, "The value must be a power of two.");
    }
}
