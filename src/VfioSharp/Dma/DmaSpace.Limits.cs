using VfioSharp.Backends;

namespace VfioSharp.Dma;

// What can be mapped is what every part agrees to: the backend, whose word is the kernel's of the I/O page tables, and each device of the
// space. The kernel's word alone is not enough: on IBM Z iommufd reports IOVAs that the function's DMA window leaves out.
public sealed partial class DmaSpace
{
    private readonly List<DeviceLimits> _limits = [];

    /// <summary>
    /// Takes a device's limits into account, from the next mapping on. What is mapped outside of them already stays mapped for the other
    /// devices; whether the device may join such a space was the kernel's decision, made before this.
    /// </summary>
    /// <param name="device">The device's address, for messages.</param>
    /// <param name="limits">Its limits; the same object is given back with <see cref="Release"/>.</param>
    /// <exception cref="ObjectDisposedException">The last device is closed.</exception>
    internal void Confine(string device, DmaLimits limits)
    {
        lock (_lock)
        {
            ThrowIfReleased();
            _limits.Add(new DeviceLimits(device, limits));
            _isStale = true;
        }
    }

    private IReadOnlyList<IovaRange> ReadRanges()
    {
        var ranges = _backend.GetRanges();
        foreach (var (_, limits) in _limits)
        {
            if (limits.Window is { } window)
                ranges = IovaRanges.Intersect(ranges, [window]);
            if (limits.Reserved.Count > 0)
                ranges = IovaRanges.Subtract(ranges, limits.Reserved);
        }

        return ranges;
    }

    private void RequireInsideWindows(Iova iova, ulong lengthInBytes)
    {
        foreach (var (device, limits) in _limits)
        {
            if (limits.Window is { } window && !window.Contains(iova, lengthInBytes))
            {
                throw new VfioException(
                    $"map {ByteText.Size(lengthInBytes)} for DMA at IOVA {iova}", device, Errno.None,
                    $"the IOVAs do not lie in the device's DMA window, {window.Start}-{window.End}, and outside of it the device's accesses fail.");
            }
        }
    }

    private void RequireRanges(IovaAllocator allocator, ulong lengthInBytes)
    {
        if (allocator.Ranges.Count > 0)
            return;
        var windows = _limits.Where(device => device.Limits.Window is not null).Select(device => $"{device.Device} {device.Limits.Window!.Value.Start}-{device.Limits.Window.Value.End}");
        var offered = _backend.GetRanges();
        throw new VfioException(
            $"map {ByteText.Size(lengthInBytes)} for DMA", null, Errno.None,
            offered.Count == 0
                ? "there is no IOVA to map at. A device that was opened without an IOMMU sees physical addresses, which a program cannot map: " +
                  "switch the IOMMU on to use DMA."
                : $"of the IOVAs that the kernel offers ({ByteText.Ranges(offered)}) none is left by the reserved ranges and the DMA windows of " +
                  $"the devices that share the address space ({string.Join(", ", windows.DefaultIfEmpty("none"))}).");
    }

    private sealed record DeviceLimits(string Device, DmaLimits Limits);
}
