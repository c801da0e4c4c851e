namespace VfioSharp.Dma;

/// <summary>A run of numbers, both ends included, and what belongs to it.</summary>
/// <param name="Start">The first number.</param>
/// <param name="End">The last number.</param>
/// <param name="Value">What belongs to it.</param>
internal readonly record struct Extent<TValue>(ulong Start, ulong End, TValue Value);

/// <summary>
/// Extents that do not overlap, in the order of their starts, in a treap whose nodes know the longest extent below them: adding,
/// removing and finding take O(log n) expected, and the first fit skips whole subtrees that are too small. Ends are included, so
/// that an extent can reach 2^64 - 1. Not thread-safe.
/// </summary>
internal sealed class ExtentTree<TValue>
{
    private Node? _root;
    private uint _random = 0x9E37_79B9;

    public int Count { get; private set; }

    /// <summary>Adds an extent. The caller has made sure that it overlaps none.</summary>
    public void Add(ulong start, ulong end, TValue value)
    {
        Split(_root, start, out var below, out var above);
        _root = Merge(Merge(below, new Node(new Extent<TValue>(start, end, value), NextPriority())), above);
        Count++;
    }

    /// <summary>Removes the extent that begins at an address.</summary>
    public bool Remove(ulong start)
    {
        Split(_root, start, out var below, out var from);
        Node? removed = null;
        var above = start == ulong.MaxValue ? null : from;
        if (start == ulong.MaxValue)
            removed = from;
        else
            Split(from, start + 1, out removed, out above);
        _root = Merge(below, above);
        if (removed is not null)
            Count--;
        return removed is not null;
    }

    public void Clear()
    {
        _root = null;
        Count = 0;
    }

    /// <summary>The extent with the highest start that is not above an address.</summary>
    public Extent<TValue>? FindAtOrBefore(ulong address)
    {
        Node? best = null;
        for (var node = _root; node is not null;)
        {
            if (node.Extent.Start > address)
            {
                node = node.Left;
            }
            else
            {
                best = node;
                node = node.Right;
            }
        }

        return best?.Extent;
    }

    /// <summary>The extents that share an address with a range, in ascending order.</summary>
    public List<Extent<TValue>> FindIntersecting(ulong start, ulong end)
    {
        var found = new List<Extent<TValue>>();
        Collect(_root, start, end, found);
        return found;
    }

    /// <summary>The lowest address at which an extent has room.</summary>
    /// <param name="span">The length less one, so that 2^64 can be said.</param>
    /// <param name="alignment">A power of two.</param>
    /// <param name="lowest">The lowest address that may be used.</param>
    /// <param name="highest">The highest address that may be used.</param>
    /// <returns>The address, or null where there is no room.</returns>
    public ulong? FirstFit(ulong span, ulong alignment, ulong lowest, ulong highest) => FirstFit(_root, span, alignment, lowest, highest);

    /// <summary>The length of the longest extent less one, or null where there is none.</summary>
    public ulong? LongestSpan => _root?.LongestSpan;

    private static ulong? FirstFit(Node? node, ulong span, ulong alignment, ulong lowest, ulong highest)
    {
        if (node is null || node.LongestSpan < span)
            return null;
        var (start, end, _) = node.Extent;
        if (lowest < start && FirstFit(node.Left, span, alignment, lowest, highest) is { } found)
            return found;
        if (start > highest)
            return null;
        return FitsIn(Math.Max(start, lowest), Math.Min(end, highest), span, alignment)
            ?? FirstFit(node.Right, span, alignment, lowest, highest);
    }

    private static ulong? FitsIn(ulong first, ulong last, ulong span, ulong alignment)
    {
        var aligned = unchecked(first + (alignment - 1)) & ~(alignment - 1);
        var hasRoom = aligned >= first && aligned <= last && last - aligned >= span;
        return hasRoom ? aligned : null;
    }

    private static void Collect(Node? node, ulong start, ulong end, List<Extent<TValue>> found)
    {
        if (node is null)
            return;
        // Extents do not overlap: what lies left of a node ends before it begins.
        if (start < node.Extent.Start)
            Collect(node.Left, start, end, found);
        if (node.Extent.Start > end)
            return;
        if (node.Extent.End >= start)
            found.Add(node.Extent);
        Collect(node.Right, start, end, found);
    }

    // Left takes the extents that begin below the address, right the others.
    private static void Split(Node? node, ulong address, out Node? left, out Node? right)
    {
        if (node is null)
        {
            left = right = null;
        }
        else if (node.Extent.Start < address)
        {
            Split(node.Right, address, out var inner, out right);
            node.Right = inner;
            left = node.Refreshed();
        }
        else
        {
            Split(node.Left, address, out left, out var inner);
            node.Left = inner;
            right = node.Refreshed();
        }
    }

    private static Node? Merge(Node? left, Node? right)
    {
        if (left is null || right is null)
            return left ?? right;
        if (left.Priority > right.Priority)
        {
            left.Right = Merge(left.Right, right);
            return left.Refreshed();
        }

        right.Left = Merge(left, right.Left);
        return right.Refreshed();
    }

    // Marsaglia's xorshift32: the shape of the tree needs no better randomness, and the same calls give the same tree.
    private uint NextPriority()
    {
        _random ^= _random << 13;
        _random ^= _random >> 17;
        _random ^= _random << 5;
        return _random;
    }

    private sealed class Node(Extent<TValue> extent, uint priority)
    {
        public readonly Extent<TValue> Extent = extent;
        public readonly uint Priority = priority;
        public Node? Left;
        public Node? Right;

        public ulong LongestSpan { get; private set; } = extent.End - extent.Start;

        public Node Refreshed()
        {
            LongestSpan = Math.Max(Extent.End - Extent.Start, Math.Max(Left?.LongestSpan ?? 0, Right?.LongestSpan ?? 0));
            return this;
        }
    }
}
