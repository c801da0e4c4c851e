using VfioSharp.Mmio;
using VfioSharp.Native;

namespace VfioSharp.Emulation.VfioUser;

/// <summary>
/// The memory that a client gave its device, by I/O virtual address: sorted, so that one piece of tens of thousands is found in a few steps.
/// Calls are made one at a time. What is refused is refused with the error number of libvfio-user (lib/dma.c), unless the specification names another.
/// </summary>
internal sealed class DmaTable(int mostMaps, ulong mostBytesOfAMap, MappingBudget budget) : IDisposable
{
    private readonly List<DmaMap> _maps = [];
    private int _lastFound;

    /// <summary>How many pieces there are.</summary>
    public int Count => _maps.Count;

    /// <summary>Adds a piece of memory.</summary>
    /// <param name="start">The first I/O virtual address.</param>
    /// <param name="lengthInBytes">The length.</param>
    /// <param name="permissions">What the device may do with it.</param>
    /// <param name="file">Its file; null where it is reached by commands. The caller's, unless the result is <see cref="Errno.None"/>.</param>
    /// <param name="fileOffset">Where it begins in the file.</param>
    /// <param name="byFile">Whether the file is read and written rather than mapped.</param>
    /// <returns>
    /// <see cref="Errno.None"/>; ENOSPC where it is too long, EINVAL where it is empty, leaves the address space, or is one too many; EEXIST where it
    /// overlaps another piece, as the specification has it (libvfio-user says EINVAL, and takes the very same piece twice); ENOMEM where this process
    /// has mapped as much as it may; what the kernel says to a descriptor that cannot be mapped.
    /// </returns>
    public Errno Add(ulong start, ulong lengthInBytes, MappingAccess permissions, FileDescriptor? file, ulong fileOffset, bool byFile)
    {
        if (lengthInBytes > mostBytesOfAMap)
            return Errno.ENOSPC;
        if (lengthInBytes == 0 || start + (lengthInBytes - 1) < start || fileOffset > long.MaxValue - lengthInBytes)
            return Errno.EINVAL;
        var place = FirstEndingAtOrAfter(start);
        if (place < _maps.Count && _maps[place].Start <= start + (lengthInBytes - 1))
            return Errno.EEXIST;
        if (_maps.Count >= mostMaps)
            return Errno.EINVAL;
        if (file is null)
        {
            _maps.Insert(place, new DmaMap(start, lengthInBytes, permissions));
            return Errno.None;
        }

        if (SharedFileKind.TryGet(file, out var errno) is not { } kind)
            return errno;
        if (byFile)
        {
            // What is read and written must not wait, as a pipe would.
            if (!kind.IsRegular)
                return Errno.EINVAL;
            _maps.Insert(place, new DmaMap(start, lengthInBytes, permissions, file, fileOffset));
            return Errno.None;
        }

        if (ForeignMemory.TryMap(file, fileOffset, lengthInBytes, permissions, kind.PageSizeInBytes, out errno) is not { } memory)
            return errno;
        // One beyond the budget is there for a moment; the process has more than that.
        if (!budget.TryTake(memory.PagesInBytes))
        {
            memory.Dispose();
            return Errno.ENOMEM;
        }

        file.Dispose();
        _maps.Insert(place, new DmaMap(start, permissions, memory));
        return Errno.None;
    }

    /// <summary>Takes back all pieces that lie within a range.</summary>
    /// <param name="start">The first I/O virtual address.</param>
    /// <param name="lengthInBytes">The length.</param>
    /// <returns>
    /// <see cref="Errno.None"/>; ENOENT, and nothing is taken back, where the range cuts a piece in two or holds none. Where there is no memory at
    /// all a range has nothing to take back and nothing to be wrong about: clients unmap everything when they switch an IOMMU, and QEMU prints
    /// every refusal.
    /// </returns>
    public Errno Remove(ulong start, ulong lengthInBytes)
    {
        if (lengthInBytes == 0 || start + (lengthInBytes - 1) < start)
            return Errno.ENOENT;
        if (_maps.Count == 0)
            return Errno.None;
        var last = start + (lengthInBytes - 1);
        var first = FirstEndingAtOrAfter(start);
        var end = first;
        while (end < _maps.Count && _maps[end].Start <= last)
            end++;
        if (end == first || _maps[first].Start < start || _maps[end - 1].Last > last)
            return Errno.ENOENT;
        for (var i = first; i < end; i++)
            Release(_maps[i]);
        _maps.RemoveRange(first, end - first);
        return Errno.None;
    }

    /// <summary>Takes everything back.</summary>
    public void Clear()
    {
        foreach (var map in _maps)
            Release(map);
        _maps.Clear();
    }

    /// <inheritdoc/>
    public void Dispose() => Clear();

    /// <summary>The piece that holds an address; null where there is none.</summary>
    public DmaMap? Find(ulong iova)
    {
        // Most accesses meet the piece of the one before.
        var place = _lastFound;
        if (place >= _maps.Count || _maps[place].Start > iova || _maps[place].Last < iova)
            place = FirstEndingAtOrAfter(iova);
        if (place >= _maps.Count || _maps[place].Start > iova)
            return null;
        _lastFound = place;
        return _maps[place];
    }

    /// <summary>Whether every address of a range is in some piece.</summary>
    public bool Covers(ulong start, ulong lengthInBytes)
    {
        if (lengthInBytes != 0 && start + (lengthInBytes - 1) < start)
            return false;
        while (lengthInBytes != 0)
        {
            if (Find(start) is not { } map)
                return false;
            var rest = map.Last - start;
            if (rest >= lengthInBytes - 1)
                return true;
            lengthInBytes -= rest + 1;
            start += rest + 1;
        }

        return true;
    }

    private void Release(DmaMap map)
    {
        map.Dispose();
        if (map.Access == DmaAccess.Mapped)
            budget.GiveBack(map.PagesInBytes);
    }

    private int FirstEndingAtOrAfter(ulong iova)
    {
        var low = 0;
        var high = _maps.Count;
        while (low < high)
        {
            var middle = (low + high) >> 1;
            if (_maps[middle].Last < iova)
                low = middle + 1;
            else
                high = middle;
        }

        return low;
    }
}
