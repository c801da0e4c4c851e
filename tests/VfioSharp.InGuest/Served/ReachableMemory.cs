using System.Buffers.Binary;
using VfioSharp.Dma;

namespace VfioSharp.InGuest.Served;

/// <summary>
/// Memory that a device can reach, whether or not the guest has an IOMMU: mapped for it, or else at the address that the page has in the
/// guest's memory (Documentation/admin-guide/mm/pagemap.rst in Linux), as user-space drivers without an IOMMU do it. Huge, so that its
/// addresses follow one another and stay.
/// </summary>
internal sealed class ReachableMemory : IDisposable
{
    private const ulong PageInBytes = 4096;
    private const ulong Present = 1ul << 63;
    private const ulong FrameNumber = (1ul << 55) - 1;

    private readonly DmaBuffer _buffer;
    private readonly DmaMapping? _mapping;

    public ReachableMemory(VfioDevice device, int lengthInBytes)
    {
        var hasIommu = device.Dma.Ranges.Count != 0;
        _buffer = DmaBuffer.Allocate(lengthInBytes, hasIommu ? DmaPageSize.Default : DmaPageSize.Huge2MiB);
        try
        {
            _buffer.Span.Clear();
            _mapping = hasIommu ? device.Dma.Map(_buffer) : null;
            Address = _mapping?.Iova.Value ?? PhysicalAddressOf((ulong)_buffer.Address);
        }
        catch
        {
            _buffer.Dispose();
            throw;
        }
    }

    /// <summary>Where the device finds the first byte.</summary>
    public ulong Address { get; }

    public Span<byte> Span => _buffer.Span;

    public void Dispose()
    {
        _mapping?.Dispose();
        _buffer.Dispose();
    }

    private static ulong PhysicalAddressOf(ulong address)
    {
        using var file = File.OpenRead("/proc/self/pagemap");
        file.Position = (long)(address / PageInBytes * sizeof(ulong));
        var entry = new byte[sizeof(ulong)];
        Assert.Equal(entry.Length, file.Read(entry, 0, entry.Length));
        // The kernel writes its own numbers; a guest without an IOMMU is little-endian.
        var value = BinaryPrimitives.ReadUInt64LittleEndian(entry);
        Assert.True((value & Present) != 0);
        return (value & FrameNumber) * PageInBytes + address % PageInBytes;
    }
}
