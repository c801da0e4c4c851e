using VfioSharp.Backends;
using VfioSharp.Mmio;

namespace VfioSharp.Emulation.InProcess;

/// <summary>
/// Which IOVA is which memory of this process. All members may be called from any thread; while a copy is made nothing is unmapped, so that the
/// function touches nothing that was.
/// </summary>
internal sealed unsafe partial class ProcessMemory
{
    private readonly Lock _gate = new();
    private readonly SortedList<ulong, Extent> _extents = [];

    /// <summary>Adds memory.</summary>
    /// <returns>None, EEXIST where an IOVA is taken, or EINVAL where there is nothing to map, or it goes beyond the last IOVA.</returns>
    public Errno Map(ulong iova, nuint address, ulong lengthInBytes, DmaAccess access)
    {
        if (lengthInBytes == 0 || lengthInBytes - 1 > ulong.MaxValue - iova)
            return Errno.EINVAL;
        lock (_gate)
        {
            var next = FindFirst(iova);
            if (next < _extents.Count && _extents.Values[next].Iova <= iova + (lengthInBytes - 1))
                return Errno.EEXIST;
            _extents.Add(iova, new Extent(iova, address, lengthInBytes, access));
            return Errno.None;
        }
    }

    /// <summary>Takes away every extent that lies in a range.</summary>
    /// <param name="iova">The range's start.</param>
    /// <param name="lengthInBytes">Its length.</param>
    /// <param name="unmapped">How many bytes were mapped there.</param>
    /// <returns>None, or EINVAL where an extent lies in the range in part; nothing is taken away then.</returns>
    public Errno Unmap(ulong iova, ulong lengthInBytes, out ulong unmapped)
    {
        unmapped = 0;
        if (lengthInBytes == 0 || lengthInBytes - 1 > ulong.MaxValue - iova)
            return Errno.EINVAL;
        var last = iova + (lengthInBytes - 1);
        lock (_gate)
        {
            var first = FindFirst(iova);
            var end = first;
            for (; end < _extents.Count && _extents.Values[end].Iova <= last; end++)
            {
                if (_extents.Values[end].Iova < iova || _extents.Values[end].Last > last)
                    return Errno.EINVAL;
            }

            for (; end > first; end--)
            {
                unmapped += _extents.Values[end - 1].LengthInBytes;
                _extents.RemoveAt(end - 1);
            }

            return Errno.None;
        }
    }

    /// <summary>Takes everything away.</summary>
    /// <returns>How many bytes were mapped.</returns>
    public ulong Clear()
    {
        lock (_gate)
        {
            var unmapped = 0ul;
            foreach (var extent in _extents.Values)
                unmapped += extent.LengthInBytes;
            _extents.Clear();
            return unmapped;
        }
    }

    /// <summary>Reads memory for the function.</summary>
    /// <returns>False where any of it is not mapped for reading, or is no memory of this process any more.</returns>
    public bool TryRead(ulong iova, Span<byte> destination)
    {
        lock (_gate)
        {
            while (!destination.IsEmpty)
            {
                if (!TryFind(iova, DmaAccess.Read, destination.Length, out var address, out var length)
                    || !GuardedCopy.TryRead(address, destination[..length]))
                {
                    return false;
                }

                destination = destination[length..];
                iova = unchecked(iova + (ulong)length);
            }

            return true;
        }
    }

    /// <summary>Writes memory for the function.</summary>
    /// <returns>False where any of it is not mapped for writing, or is no memory of this process any more.</returns>
    public bool TryWrite(ulong iova, ReadOnlySpan<byte> source)
    {
        lock (_gate)
        {
            while (!source.IsEmpty)
            {
                if (!TryFind(iova, DmaAccess.Write, source.Length, out var address, out var length)
                    || !GuardedCopy.TryWrite(address, source[..length]))
                {
                    return false;
                }

                source = source[length..];
                iova = unchecked(iova + (ulong)length);
            }

            return true;
        }
    }

    private bool TryFind(ulong iova, DmaAccess access, int wantedInBytes, out byte* address, out int lengthInBytes)
    {
        address = null;
        lengthInBytes = 0;
        var index = FindFirst(iova);
        if (index == _extents.Count || _extents.Values[index] is not { } extent || extent.Iova > iova || (extent.Access & access) == 0)
            return false;
        address = (byte*)extent.Address + (iova - extent.Iova);
        lengthInBytes = (int)Math.Min((ulong)wantedInBytes, extent.Last - iova + 1);
        return true;
    }

    // The first extent that ends at or behind an IOVA.
    private int FindFirst(ulong iova)
    {
        int low = 0, high = _extents.Count;
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (_extents.Values[middle].Last >= iova)
                high = middle;
            else
                low = middle + 1;
        }

        return low;
    }

    private sealed record Extent(ulong Iova, nuint Address, ulong LengthInBytes, DmaAccess Access)
    {
        public ulong Last => Iova + (LengthInBytes - 1);
    }
}
