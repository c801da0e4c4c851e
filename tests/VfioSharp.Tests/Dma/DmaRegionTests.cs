using VfioSharp.Dma;
using VfioSharp.Regions;
using VfioSharp.Tests.Fakes;
using VfioSharp.Tests.Regions;

namespace VfioSharp.Tests.Dma;

public sealed class DmaRegionTests : IDisposable
{
    private readonly RecordingDmaBackend _backend = new();
    private readonly DmaSpace _space;
    private readonly SharedMemory _bar = new(8192);

    public DmaRegionTests() => _space = new DmaSpace(_backend);

    public void Dispose()
    {
        _space.Release();
        _bar.Dispose();
    }

    [Fact]
    public void A_mapped_window_of_a_bar_can_be_reached_by_dma()
    {
        var window = _bar.Open();
        using var mapping = _space.MapRegion(window, new DmaMapOptions { Fixed = new Iova(0x8000_0000) });
        Assert.Equal(4096ul, mapping.LengthInBytes);
        var entry = _backend.Mappings[0x8000_0000];
        Assert.Equal(window.MappedAddress, entry.Address);
        Assert.Null(entry.File);
        window.Dispose();
        Assert.True(mapping.IsMapped);
    }

    [Fact]
    public void A_window_that_is_not_whole_pages_is_refused()
    {
        using var window = _bar.Open(offset: 16, lengthInBytes: 64);
        Assert.Throws<ArgumentException>(() => _space.MapRegion(window));
        Assert.Empty(_backend.Calls);
    }

    [Fact]
    public void A_window_that_is_closed_or_not_mapped_is_refused_with_the_reason()
    {
        var closed = _bar.Open();
        closed.Dispose();
        Assert.Throws<VfioException>(() => _space.MapRegion(closed));
        var device = new ByteArrayBackend().With(0, new byte[4096]);
        using var window = RegionWindow.OverAccessor(
            SharedMemory.Describe(AccessPath.RegionFile, 0, 4096), new RequestAccessor(device, device.DescribeRegion(0)));
        var refusal = Assert.Throws<VfioException>(() => _space.MapRegion(window));
        Assert.Contains("map BAR0 for DMA", refusal.Message, StringComparison.Ordinal);
        Assert.Contains("reaches its registers by RegionFile", refusal.Message, StringComparison.Ordinal);
        Assert.Empty(_backend.Calls);
    }
}
