using VfioSharp.Diagnostics;

namespace VfioSharp.Dma;

public sealed partial class DmaSpace
{
    /// <summary>Unmaps every mapping in a range. Their <see cref="DmaMapping"/> objects are ended by it.</summary>
    /// <param name="start">The range's first address, a multiple of the smallest of <see cref="PageSizes"/>.</param>
    /// <param name="lengthInBytes">The range's length, a multiple of the same, not 0.</param>
    /// <returns>How many bytes were unmapped; 0 where nothing was mapped there.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The range is empty, not whole pages, or ends beyond 2^64.</exception>
    /// <exception cref="ObjectDisposedException">The last device is closed.</exception>
    /// <exception cref="VfioException">The range would cut a mapping in two, or the backend refuses; then every mapping still stands.</exception>
    public ulong UnmapRange(Iova start, ulong lengthInBytes)
    {
        ulong unmapped;
        lock (_lock)
        {
            ThrowIfReleased();
            var mask = ReadPageSizes().Smallest - 1;
            if ((start.Value & mask) != 0)
                throw new ArgumentOutOfRangeException(nameof(start), start, $"The IOVA must be a multiple of {ByteText.Size(mask + 1)}.");
            if (lengthInBytes == 0 || (lengthInBytes & mask) != 0 || lengthInBytes - 1 > ulong.MaxValue - start.Value)
            {
                throw new ArgumentOutOfRangeException(
                    nameof(lengthInBytes), lengthInBytes, $"The length must be a multiple of {ByteText.Size(mask + 1)}, not 0, and end within 2^64.");
            }

            unmapped = UnmapRange(start.Value, start.Value + (lengthInBytes - 1));
        }

        DeviceLog.Unmapped(_logger, unmapped);
        return unmapped;
    }

    /// <summary>Unmaps everything. The <see cref="DmaMapping"/> objects are ended by it.</summary>
    /// <returns>How many bytes were unmapped.</returns>
    /// <exception cref="ObjectDisposedException">The last device is closed.</exception>
    /// <exception cref="VfioException">The backend refuses; then every mapping still stands.</exception>
    public ulong UnmapAll()
    {
        ulong unmapped;
        lock (_lock)
        {
            ThrowIfReleased();
            unmapped = UnmapAndEnd(_mappings.FindIntersecting(0, ulong.MaxValue), "unmap everything", _backend.UnmapAll);
        }

        DeviceLog.Unmapped(_logger, unmapped);
        return unmapped;
    }

    internal void Unmap(DmaMapping mapping)
    {
        lock (_lock)
        {
            if (!mapping.IsMapped)
                return;
            UnmapRange(mapping.Range.Start.Value, mapping.Range.End.Value);
        }

        DeviceLog.Unmapped(_logger, mapping.LengthInBytes);
    }

    private ulong UnmapRange(ulong start, ulong end)
    {
        var inside = _mappings.FindIntersecting(start, end);
        var operation = $"unmap the IOVAs {new Iova(start)}-{new Iova(end)}";
        foreach (var extent in inside)
        {
            if (extent.Start < start || extent.End > end)
            {
                throw new VfioException(
                    operation, null, Errno.None,
                    $"the range would cut the mapping {new Iova(extent.Start)}-{new Iova(extent.End)} in two, and mappings can only be unmapped whole.");
            }
        }

        return UnmapAndEnd(inside, operation, () => _backend.Unmap(new Iova(start), end - start + 1));
    }

    // Memory that the device may still reach is never given back: where the answer is less than what is known to be mapped, all stays.
    private ulong UnmapAndEnd(List<Extent<DmaMapping>> extents, string operation, Func<ulong> unmap)
    {
        ulong expected = 0;
        foreach (var extent in extents)
            expected += extent.Value.LengthInBytes;
        var unmapped = unmap();
        if (unmapped < expected)
        {
            throw new VfioException(
                operation, null, Errno.None,
                $"{unmapped} of {expected} bytes were unmapped; the memory stays held, because the device may still reach it.");
        }

        EndAll(extents);
        return unmapped;
    }

    private void EndAll(List<Extent<DmaMapping>> extents)
    {
        foreach (var extent in extents)
        {
            _mappings.Remove(extent.Start);
            _allocator!.Free(new Iova(extent.Start));
            extent.Value.End();
        }
    }
}
