using VfioSharp.Backends;
using VfioSharp.Dma;
using VfioSharp.Tests.Fakes;

namespace VfioSharp.Tests.Dma;

public sealed class DmaSpaceTests : IDisposable
{
    private const ulong Page = RecordingDmaBackend.FourKibibytes;

    private readonly RecordingDmaBackend _backend = new();
    private readonly DmaSpace _space;
    private bool _isReleased;

    public DmaSpaceTests() => _space = new DmaSpace(_backend);

    public void Dispose()
    {
        if (!_isReleased)
            _space.Release();
    }

    [Fact]
    public void Shows_what_the_backend_says()
    {
        Assert.Equal([4096ul, 2 << 20], _space.PageSizes.InBytes);
        Assert.Equal("4 KiB, 2 MiB", _space.PageSizes.ToString());
        Assert.Equal(_backend.Ranges, _space.Ranges);
        Assert.Equal(65535u, _space.AvailableMappings);
    }

    [Fact]
    public void Maps_a_buffer_with_its_file_and_unmaps_it_once()
    {
        using var buffer = DmaBuffer.Allocate(3 * (long)Page);
        var mapping = _space.Map(buffer, DmaAccess.Read);
        Assert.Equal(new Iova(0x1000), mapping.Iova);
        Assert.Equal(3 * Page, mapping.LengthInBytes);
        Assert.True(mapping.IsMapped);
        var entry = _backend.Mappings[0x1000];
        Assert.Equal((nuint)buffer.Address, entry.Address);
        Assert.Same(buffer.Pages.File, entry.File);
        mapping.Dispose();
        mapping.Dispose();
        Assert.False(mapping.IsMapped);
        Assert.Equal(["map 0x1000 0x3000 Read", "unmap 0x1000 0x3000"], _backend.Calls);
    }

    [Fact]
    public void Maps_a_part_at_a_fixed_address_with_its_place_in_the_file()
    {
        using var buffer = DmaBuffer.Allocate(4 * (long)Page);
        using var mapping = _space.Map(buffer, (long)Page, 2 * (long)Page, new DmaMapOptions { Fixed = new Iova(0xab000) });
        var entry = _backend.Mappings[0xab000];
        Assert.Equal((nuint)buffer.Address + (nuint)Page, entry.Address);
        Assert.Equal(Page, entry.FileOffset);
        Assert.Equal(new Iova(0xacfff), mapping.IovaAt((2 * Page) - 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => mapping.IovaAt(2 * Page));
    }

    [Fact]
    public void Maps_memory_of_the_caller_and_aligns_it_for_large_pages()
    {
        using var first = _space.MapMemory(0x4000_0000, 4096);
        using var large = _space.MapMemory(0x4000_0000, 2 << 20);
        using var odd = _space.MapMemory(0x4000_1000, 2 << 20);
        using var low = _space.MapMemory(0x4000_0000, 4096, new DmaMapOptions { AlignmentInBytes = 0x10000, Highest = new Iova(0xf_ffff) });
        Assert.Equal(new Iova(0x1000), first.Iova);
        Assert.Equal(new Iova(0x20_0000), large.Iova);
        Assert.Equal(new Iova(0x40_0000), odd.Iova);
        Assert.Equal(new Iova(0x1_0000), low.Iova);
    }

    [Fact]
    public void Where_the_backend_tells_no_larger_page_mappings_are_aligned_for_the_usual_ones()
    {
        _backend.PageSizes = Page;
        using var large = _space.MapMemory(0x4000_0000, 2 << 20);
        using var gigabyte = _space.MapMemory(0x4000_0000, 1 << 30);
        Assert.Equal(new Iova(0x20_0000), large.Iova);
        Assert.Equal(new Iova(0x4000_0000), gigabyte.Iova);
    }

    [Fact]
    public void Where_there_is_no_room_for_large_pages_small_ones_do()
    {
        _backend.Ranges = [new(new Iova(0x1000), new Iova(0x30_0fff))];
        using var odd = _space.MapMemory(0x4000_0000, 2 << 20);
        Assert.Equal(new Iova(0x1000), odd.Iova);
        Assert.Throws<VfioException>(() => _space.MapMemory(0x4000_0000, 2 << 20));
    }

    [Fact]
    public void Without_any_IOVA_the_refusal_says_that_the_IOMMU_is_missing()
    {
        _backend.Ranges = [];
        using var buffer = DmaBuffer.Allocate((long)Page);
        var exception = Assert.Throws<VfioException>(() => _space.Map(buffer));
        Assert.Contains("opened without an IOMMU", exception.Message, StringComparison.Ordinal);
        Assert.Throws<VfioException>(() => _space.Map(buffer, new DmaMapOptions { Fixed = new Iova(0x1000) }));
        Assert.Empty(_backend.Calls);
    }

    [Fact]
    public void A_buffer_disposed_while_mapped_keeps_its_pages_until_the_mapping_ends()
    {
        var buffer = DmaBuffer.Allocate((long)Page);
        var pages = ProcessMaps.InodeAt(buffer.Address);
        var mapping = _space.Map(buffer);
        buffer.Dispose();
        Assert.True(ProcessMaps.Contain(pages));
        mapping.Dispose();
        Assert.False(ProcessMaps.Contain(pages));
    }

    [Fact]
    public void A_refused_unmap_keeps_the_mapping_and_the_pages()
    {
        var buffer = DmaBuffer.Allocate((long)Page);
        var pages = ProcessMaps.InodeAt(buffer.Address);
        var mapping = _space.Map(buffer);
        buffer.Dispose();
        _backend.NextError = Errno.EIO;
        Assert.Throws<VfioException>(mapping.Dispose);
        _backend.NextUnmapped = 0;
        var refusal = Assert.Throws<VfioException>(mapping.Dispose);
        Assert.Contains("0 of 4096 bytes were unmapped", refusal.Message, StringComparison.Ordinal);
        Assert.True(mapping.IsMapped);
        Assert.True(ProcessMaps.Contain(pages));
        mapping.Dispose();
        Assert.False(ProcessMaps.Contain(pages));
    }

    [Fact]
    public void A_refused_map_gives_back_the_address_and_the_pages()
    {
        var buffer = DmaBuffer.Allocate((long)Page);
        var pages = ProcessMaps.InodeAt(buffer.Address);
        _backend.NextError = Errno.ENOMEM;
        Assert.Equal(Errno.ENOMEM, Assert.Throws<VfioException>(() => _space.Map(buffer)).Errno);
        Assert.Equal(0, _space.MappingCount);
        using (var mapping = _space.Map(buffer))
            Assert.Equal(new Iova(0x1000), mapping.Iova);
        _backend.NextError = Errno.ENOMEM;
        Assert.Throws<VfioException>(() => _space.Map(buffer));
        buffer.Dispose();
        Assert.False(ProcessMaps.Contain(pages));
    }

    [Fact]
    public void Unmapping_a_range_ends_the_mappings_in_it_and_only_those()
    {
        var mappings = Enumerable.Range(0, 4).Select(_ => _space.MapMemory(0x10000, 4096)).ToArray();
        Assert.Equal(2 * Page, _space.UnmapRange(mappings[1].Iova, 2 * Page));
        Assert.Equal([true, false, false, true], mappings.Select(mapping => mapping.IsMapped));
        Assert.Equal(0ul, _space.UnmapRange(mappings[1].Iova, 2 * Page));
        mappings[1].Dispose();
        Assert.Equal(2 * Page, _space.UnmapAll());
        Assert.All(mappings, mapping => Assert.False(mapping.IsMapped));
        Assert.Equal(0, _space.MappingCount);
        Assert.Equal(0ul, _space.UnmapAll());
    }

    [Fact]
    public void A_range_that_would_cut_a_mapping_in_two_is_refused_before_the_backend_is_asked()
    {
        using var mapping = _space.MapMemory(0x10000, 4 * (long)Page);
        var refusal = Assert.Throws<VfioException>(() => _space.UnmapRange(mapping.Iova + Page, Page));
        Assert.Contains("would cut the mapping 0x1000-0x4fff in two", refusal.Message, StringComparison.Ordinal);
        Assert.True(mapping.IsMapped);
        Assert.Single(_backend.Calls);
    }

    [Fact]
    public void Ranges_that_make_no_sense_are_refused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => _space.UnmapRange(new Iova(0x1000), 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => _space.UnmapRange(new Iova(0x1001), Page));
        Assert.Throws<ArgumentOutOfRangeException>(() => _space.UnmapRange(new Iova(0x1000), 7));
        Assert.Throws<ArgumentOutOfRangeException>(() => _space.UnmapRange(new Iova(0xffff_ffff_ffff_f000), 2 * Page));
        Assert.Equal(0ul, _space.UnmapRange(new Iova(0xffff_ffff_ffff_f000), Page));
    }

    [Fact]
    public void Memory_and_options_that_make_no_sense_are_refused_and_take_nothing()
    {
        using var buffer = DmaBuffer.Allocate((long)Page);
        Assert.Throws<ArgumentException>(() => _space.MapMemory(0x10001, 4096));
        Assert.Throws<ArgumentException>(() => _space.MapMemory(0x10000, 4095));
        Assert.Throws<ArgumentOutOfRangeException>(() => _space.MapMemory(0x10000, 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => _space.MapMemory(0x10000, -4096));
        Assert.Throws<ArgumentOutOfRangeException>(() => _space.Map(buffer, 0, 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => _space.Map(buffer, (long)Page, (long)Page));
        Assert.Throws<ArgumentOutOfRangeException>(() => _space.Map(buffer, 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => _space.Map(buffer, (DmaAccess)8));
        Assert.Throws<ArgumentOutOfRangeException>(() => _space.Map(buffer, new DmaMapOptions { AlignmentInBytes = 3 }));
        Assert.Throws<ArgumentOutOfRangeException>(() => _space.Map(buffer, new DmaMapOptions { Fixed = new Iova(1) }));
        Assert.Throws<ArgumentException>(() => _space.Map(buffer, new DmaMapOptions { Fixed = new Iova(0x1000), Highest = new Iova(0x2000) }));
        Assert.Throws<VfioException>(() => _space.Map(buffer, new DmaMapOptions { Fixed = new Iova(0xfee0_0000) }));
        Assert.Empty(_backend.Calls);
        using var mapping = _space.Map(buffer);
        Assert.Equal(new Iova(0x1000), mapping.Iova);
    }

    [Fact]
    public void An_io_page_larger_than_the_hosts_refuses_smaller_memory()
    {
        _backend.PageSizes = 1 << 16;
        var refusal = Assert.Throws<ArgumentException>(() => _space.MapMemory(0x10000, 4096));
        Assert.Contains("whole I/O pages of 64 KiB", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_last_device_ends_the_address_space_and_gives_the_pages_back()
    {
        var buffer = DmaBuffer.Allocate((long)Page);
        var pages = ProcessMaps.InodeAt(buffer.Address);
        var mapping = _space.Map(buffer);
        buffer.Dispose();
        _space.AddReference();
        _space.Release();
        Assert.True(mapping.IsMapped);
        _space.Release();
        _isReleased = true;
        Assert.True(_backend.IsDisposed);
        Assert.False(mapping.IsMapped);
        Assert.False(ProcessMaps.Contain(pages));
        mapping.Dispose();
        Assert.Throws<ObjectDisposedException>(() => _space.UnmapAll());
        Assert.Throws<ObjectDisposedException>(() => _space.MapMemory(0x10000, 4096));
        Assert.Throws<ObjectDisposedException>(() => _space.Ranges);
        Assert.Throws<ObjectDisposedException>(_space.AddReference);
    }

    [Fact]
    public void A_device_that_joins_brings_its_own_reserved_ranges()
    {
        using var before = _space.MapMemory(0x10000, 4096);
        _backend.Ranges = [new(new Iova(0x1_0000_0000), new Iova(0x1_ffff_ffff))];
        _space.AddReference();
        using var after = _space.MapMemory(0x10000, 4096);
        Assert.Equal(new Iova(0x1_0000_0000), after.Iova);
        _space.Release();
    }

    [Fact]
    public void Threads_that_map_and_unmap_at_once_never_overlap()
    {
        Parallel.For(0, 64, _ =>
        {
            for (var i = 0; i < 50; i++)
            {
                using var buffer = DmaBuffer.Allocate((long)Page);
                using var mapping = _space.Map(buffer);
                Assert.True(mapping.IsMapped);
            }
        });
        Assert.Empty(_backend.Mappings);
        Assert.Equal(0, _space.MappingCount);
    }
}
