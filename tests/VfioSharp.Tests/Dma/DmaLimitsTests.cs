using VfioSharp.Backends;
using VfioSharp.Dma;
using VfioSharp.Tests.Fakes;

namespace VfioSharp.Tests.Dma;

/// <summary>An address space of which the kernel reports more than its devices can use, as iommufd does on IBM Z.</summary>
public sealed class DmaLimitsTests : IDisposable
{
    private static readonly DmaLimits First = new(Range(0x1_0000_0000, 0x1_3fff_ffff), [Range(0, 0xffff_ffff)]);
    private static readonly DmaLimits Second = new(Range(0x1_2000_0000, 0x1_7fff_ffff), [Range(0x1_2000_0000, 0x1_2000_0fff)]);

    private readonly RecordingDmaBackend _backend = new() { Ranges = [Range(0, ulong.MaxValue)] };
    private readonly DmaSpace _space;

    public DmaLimitsTests() => _space = new DmaSpace(_backend);

    public void Dispose() => _space.Release();

    [Fact]
    public void The_ranges_are_what_the_kernel_and_every_device_agree_to()
    {
        Assert.Equal([Range(0, ulong.MaxValue)], _space.Ranges);
        _space.Confine("0001:00:00.0", First);
        Assert.Equal([First.Window!.Value], _space.Ranges);
        _backend.Ranges = [Range(0x1_0010_0000, 0x1_3000_0fff)];
        Assert.Equal([Range(0x1_0010_0000, 0x1_3000_0fff)], _space.Ranges);

        _space.AddReference();
        _space.Confine("0002:00:00.0", Second);
        Assert.Equal([Range(0x1_2000_1000, 0x1_3000_0fff)], _space.Ranges);
        _space.Release(Second);
        Assert.Equal([Range(0x1_0010_0000, 0x1_3000_0fff)], _space.Ranges);
    }

    [Fact]
    public void Mappings_get_the_lowest_address_of_the_window_which_narrows_as_devices_join()
    {
        _space.Confine("0001:00:00.0", First);
        using var alone = _space.MapMemory(0x10000, 4096);
        Assert.Equal(new Iova(0x1_0000_0000), alone.Iova);

        _space.AddReference();
        _space.Confine("0002:00:00.0", Second);
        using var shared = _space.MapMemory(0x10000, 4096);
        Assert.Equal(new Iova(0x1_2000_1000), shared.Iova);
        Assert.True(alone.IsMapped);

        _space.Release(Second);
        using var aloneAgain = _space.MapMemory(0x10000, 4096);
        Assert.Equal(new Iova(0x1_0000_1000), aloneAgain.Iova);
    }

    [Theory]
    [InlineData(0x0, 0x1000)]
    [InlineData(0xffff_f000, 0x1000)]
    [InlineData(0x1_4000_0000, 0x1000)]
    [InlineData(0x1_3fff_f000, 0x2000)]
    public void A_mapping_outside_of_a_device_s_window_is_refused_with_the_window_s_name(ulong iova, long lengthInBytes)
    {
        _space.Confine("0001:00:00.0", First);
        var refusal = Assert.Throws<VfioException>(() => _space.MapMemory(0x10000, lengthInBytes, new DmaMapOptions { Fixed = new Iova(iova) }));
        Assert.StartsWith("0001:00:00.0: cannot map ", refusal.Message, StringComparison.Ordinal);
        Assert.Contains("the device's DMA window, 0x100000000-0x13fffffff", refusal.Message, StringComparison.Ordinal);
        Assert.Empty(_backend.Calls);
        Assert.Equal(0, _space.MappingCount);
    }

    [Fact]
    public void A_mapping_that_no_address_of_the_window_can_hold_is_refused_with_the_ranges()
    {
        _space.Confine("0001:00:00.0", First);
        var refusal = Assert.Throws<VfioException>(() => _space.MapMemory(0x10000, 4096, new DmaMapOptions { Highest = new Iova(0xffff_ffff) }));
        Assert.Contains("0x100000000-0x13fffffff", refusal.Message, StringComparison.Ordinal);
        Assert.Throws<VfioException>(() => _space.MapMemory(0x10000, 0x4000_1000));
    }

    [Fact]
    public void Windows_with_nothing_in_common_leave_nothing_to_map_at_and_the_refusal_names_them()
    {
        _space.Confine("0001:00:00.0", First);
        _space.AddReference();
        var apart = new DmaLimits(Range(0x2_0000_0000, 0x2_ffff_ffff), []);
        _space.Confine("0002:00:00.0", apart);
        var refusal = Assert.Throws<VfioException>(() => _space.MapMemory(0x10000, 4096));
        Assert.Contains("0001:00:00.0 0x100000000-0x13fffffff, 0002:00:00.0 0x200000000-0x2ffffffff", refusal.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("IOMMU", refusal.Message, StringComparison.Ordinal);
        _space.Release(apart);
    }

    [Fact]
    public void IOVA_0_is_chosen_for_nobody()
    {
        _backend.Ranges = [Range(0, 0xfff)];
        Assert.Throws<VfioException>(() => _space.MapMemory(0x10000, 4096));
    }

    private static IovaRange Range(ulong start, ulong end) => new(new Iova(start), new Iova(end));
}
