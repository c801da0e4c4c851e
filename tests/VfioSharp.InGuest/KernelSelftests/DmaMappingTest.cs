using VfioSharp.Backends;
using VfioSharp.Dma;

namespace VfioSharp.InGuest.KernelSelftests;

#pragma warning disable IDE1006, CA1707 // the kernel's own names

/// <summary>Mirrors tools/testing/selftests/vfio/vfio_dma_mapping_test.c, fixture vfio_dma_mapping_test.</summary>
public sealed class vfio_dma_mapping_test
{
    [Fact]
    public void anonymous_dma_map_unmap() => MapAndUnmap(DmaBuffer.Allocate(Environment.SystemPageSize));

    [Fact]
    public void anonymous_hugetlb_2mb_dma_map_unmap()
    {
        Assert.SkipUnless(Directory.Exists("/sys/kernel/mm/hugepages/hugepages-2048kB"), "this guest has no huge pages of 2 MiB");
        MapAndUnmap(DmaBuffer.Allocate(2 << 20, DmaPageSize.Huge2MiB));
    }

    private static void MapAndUnmap(DmaBuffer memory)
    {
        using var buffer = memory;
        using var device = Guest.Open("nvme");
        var available = device.Dma.AvailableMappings;
        var mapping = device.Dma.Map(buffer);
        Assert.Equal((ulong)buffer.LengthInBytes, mapping.LengthInBytes);
        Assert.Equal(0ul, mapping.Iova.Value % (ulong)buffer.LengthInBytes);
        Assert.Contains(device.Dma.Ranges, range => range.Contains(mapping.Iova, mapping.LengthInBytes));
        if (available is { } before)
            Assert.Equal(before - 1, device.Dma.AvailableMappings);

        Assert.Equal(mapping.LengthInBytes, device.Dma.UnmapRange(mapping.Iova, mapping.LengthInBytes));
        Assert.False(mapping.IsMapped);
        Assert.Equal(0, device.Dma.MappingCount);
        Assert.Equal(available, device.Dma.AvailableMappings);
    }
}

/// <summary>Mirrors tools/testing/selftests/vfio/vfio_dma_mapping_test.c, fixture vfio_dma_map_limit_test.</summary>
public sealed class vfio_dma_map_limit_test : IDisposable
{
    private static readonly ulong PageSize = (ulong)Environment.SystemPageSize;

    private readonly VfioDevice _device;
    private readonly DmaBuffer _buffer;
    private readonly Iova _lastPage;

    public vfio_dma_map_limit_test()
    {
        _device = Guest.Open("nvme");
        _buffer = DmaBuffer.Allocate(2 * (long)PageSize);
        _lastPage = new Iova(_device.Dma.Ranges[^1].End.Value & ~(PageSize - 1));
    }

    public void Dispose()
    {
        _device.Dispose();
        _buffer.Dispose();
    }

    [Fact]
    public void unmap_range()
    {
        MapLastPage();
        Assert.Equal(PageSize, _device.Dma.UnmapRange(_lastPage, PageSize));
    }

    [Fact]
    public void unmap_all()
    {
        MapLastPage();
        Assert.Equal(PageSize, _device.Dma.UnmapAll());
    }

    // The kernel's answer is asked for below the library's own check, which would never let such a range through.
    [Fact]
    public void overflow()
    {
        var wrapping = new Iova(ulong.MaxValue & ~(PageSize - 1));
        var map = Assert.Throws<VfioException>(() => _device.Dma.Backend.Map(
            wrapping, (nuint)_buffer.Address, 2 * PageSize, DmaAccess.ReadWrite, null, 0));
        var unmap = Assert.Throws<VfioException>(() => _device.Dma.Backend.Unmap(wrapping, 2 * PageSize));
        // Today it is EOVERFLOW; type 1 of older kernels says EINVAL.
        Assert.Contains(map.Errno, (Errno[])[Errno.EOVERFLOW, Errno.EINVAL]);
        Assert.Contains(unmap.Errno, (Errno[])[Errno.EOVERFLOW, Errno.EINVAL]);
    }

    private void MapLastPage()
    {
        var mapping = _device.Dma.Map(_buffer, 0, (long)PageSize, new DmaMapOptions { Fixed = _lastPage });
        Assert.Equal(_lastPage, mapping.Iova);
    }
}
