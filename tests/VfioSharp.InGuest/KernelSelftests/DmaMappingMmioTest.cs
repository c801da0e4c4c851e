using VfioSharp.Regions;

namespace VfioSharp.InGuest.KernelSelftests;

#pragma warning disable IDE1006, CA1707 // the kernel's own names

/// <summary>
/// Mirrors tools/testing/selftests/vfio/vfio_dma_mapping_mmio_test.c: a BAR is mapped for another device's DMA, which a type 1 container
/// allows and iommufd refuses.
/// </summary>
public sealed class vfio_dma_mapping_mmio_test
{
    [Fact]
    public void map_full_bar() => MapBar(bar => bar.Open());

    [Fact]
    public void map_partial_bar() => MapBar(bar => bar.Open(new WindowOptions { LengthInBytes = (ulong)Environment.SystemPageSize }));

    // The kernel's test places the BAR at an address with poor alignment; here the window begins one page into the BAR.
    [Fact]
    public void map_bar_misaligned() => MapBar(bar => bar.Open(new WindowOptions { Offset = (ulong)Environment.SystemPageSize }));

    private static void MapBar(Func<Region, RegionWindow> open)
    {
        using var device = Guest.Open("ivshmem-plain");
        var largest = device.Regions.Take((int)RegionIndex.Rom).Where(region => region.Flags.HasFlag(RegionFlags.Mmap)).OrderBy(region => region.SizeInBytes).Last();
        using var window = open(largest);
        if (device.Backend == "iommufd")
        {
            Assert.Throws<VfioException>(() => device.Dma.MapRegion(window));
            return;
        }

        using var mapping = device.Dma.MapRegion(window);
        Assert.Equal(window.LengthInBytes, mapping.LengthInBytes);
        Assert.Equal(window.LengthInBytes, device.Dma.UnmapRange(mapping.Iova, mapping.LengthInBytes));
    }
}
