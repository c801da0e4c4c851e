namespace VfioSharp.Dma;

/// <summary>
/// Sets of IOVAs as lists of ranges. What comes in may be in any order and overlap; what comes out is ascending and does not. Pure.
/// </summary>
internal static class IovaRanges
{
    /// <summary>The IOVAs that are in both sets.</summary>
    public static IReadOnlyList<IovaRange> Intersect(IReadOnlyList<IovaRange> first, IReadOnlyList<IovaRange> second)
    {
        var common = new List<IovaRange>();
        foreach (var one in first)
        {
            foreach (var other in second)
            {
                var start = Math.Max(one.Start.Value, other.Start.Value);
                var end = Math.Min(one.End.Value, other.End.Value);
                if (start <= end)
                    common.Add(new IovaRange(new Iova(start), new Iova(end)));
            }
        }

        return Join(common);
    }

    /// <summary>The IOVAs of a set that are not in another.</summary>
    public static IReadOnlyList<IovaRange> Subtract(IReadOnlyList<IovaRange> from, IReadOnlyList<IovaRange> what)
    {
        var rest = Join(from);
        foreach (var hole in Join(what))
        {
            var cut = new List<IovaRange>();
            foreach (var range in rest)
            {
                if (hole.End < range.Start || hole.Start > range.End)
                {
                    cut.Add(range);
                    continue;
                }

                if (hole.Start > range.Start)
                    cut.Add(range with { End = new Iova(hole.Start.Value - 1) });
                if (hole.End < range.End)
                    cut.Add(range with { Start = new Iova(hole.End.Value + 1) });
            }

            rest = cut;
        }

        return rest;
    }

    // In ascending order; what overlaps or touches becomes one.
    private static List<IovaRange> Join(IReadOnlyList<IovaRange> ranges)
    {
        var joined = new List<IovaRange>();
        foreach (var range in ranges.Where(range => range.Start <= range.End).OrderBy(range => range.Start))
        {
            if (joined.Count > 0 && (joined[^1].End.Value == ulong.MaxValue || range.Start.Value <= joined[^1].End.Value + 1))
                joined[^1] = joined[^1] with { End = new Iova(Math.Max(joined[^1].End.Value, range.End.Value)) };
            else
                joined.Add(range);
        }

        return joined;
    }
}
