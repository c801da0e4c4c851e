using VfioSharp.Backends;
using VfioSharp.Dma;
using VfioSharp.Tests.Fakes;

namespace VfioSharp.Tests.Dma;

public sealed class MappedBufferTests : IDisposable
{
    private const long Page = 4096;

    private readonly RecordingDmaBackend _backend = new();
    private readonly DmaSpace _space;

    public MappedBufferTests() => _space = new DmaSpace(_backend);

    public void Dispose() => _space.Release();

    [Fact]
    public void A_buffer_is_mapped_with_its_memory_and_both_end_together()
    {
        var mapped = MappedBuffer.Allocate(_space, (2 * Page) + 1);
        Assert.Equal(3 * Page, mapped.LengthInBytes);
        Assert.Equal((nuint)mapped.Buffer.Address, _backend.Mappings[mapped.Iova.Value].Address);
        var memory = mapped.Memory;
        mapped.Dispose();
        mapped.Dispose();
        Assert.False(mapped.IsMapped);
        Assert.Empty(_backend.Mappings);
        Assert.Throws<ObjectDisposedException>(() => mapped.Iova);
        Assert.Throws<ObjectDisposedException>(() => memory.Iova);
        Assert.Throws<ObjectDisposedException>(() => memory.Span.Length);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData(long.MaxValue)]
    public void A_length_that_makes_no_buffer_is_refused(long lengthInBytes) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => MappedBuffer.Allocate(_space, lengthInBytes));

    [Fact]
    public void Where_mapping_is_refused_nothing_is_left_mapped()
    {
        using var first = MappedBuffer.Allocate(_space, Page);
        Assert.Throws<VfioException>(() => MappedBuffer.Allocate(_space, Page, new DmaMapOptions { Fixed = first.Iova }));
        Assert.Single(_backend.Mappings);
    }

    [Fact]
    public void A_part_has_the_bytes_and_the_iova_of_its_place()
    {
        using var mapped = MappedBuffer.Allocate(_space, 2 * Page, new DmaMapOptions { Access = DmaAccess.Read });
        Assert.Equal(DmaAccess.Read, mapped.Access);
        var part = mapped.Memory.Slice(100).Slice(28, 16);
        part.Span.Fill(7);
        part.Memory.Span[0] = 8;
        Assert.Equal(mapped.Iova + 128, part.Iova);
        Assert.Equal(16, part.LengthInBytes);
        Assert.Equal(8, mapped.Buffer.Span[128]);
        Assert.Equal(7, mapped.Buffer.Span[143]);
        Assert.Equal(0, mapped.Buffer.Span[144]);
        Assert.True(part == mapped.Memory.Slice(128, 16));
        Assert.True(part != mapped.Memory.Slice(128, 15));
        Assert.Equal(part.GetHashCode(), mapped.Memory.Slice(128, 16).GetHashCode());
        Assert.Equal($"16 bytes at IOVA {part.Iova}", part.ToString());
    }

    [Theory]
    [InlineData(-1, 1)]
    [InlineData(0, -1)]
    [InlineData(0, 4097)]
    [InlineData(4096, 1)]
    [InlineData(4097, 0)]
    [InlineData(long.MaxValue, long.MaxValue)]
    public void A_part_outside_of_the_memory_is_refused(long offset, long lengthInBytes)
    {
        using var mapped = MappedBuffer.Allocate(_space, Page);
        Assert.Throws<ArgumentOutOfRangeException>(() => mapped.Memory.Slice(offset, lengthInBytes));
        Assert.Throws<ArgumentOutOfRangeException>(() => mapped.Memory.Slice(Page + 1));
        Assert.True(mapped.Memory.Slice(Page).IsEmpty);
    }

    [Fact]
    public void The_default_value_is_empty_and_lies_nowhere()
    {
        DmaMemory nothing = default;
        Assert.True(nothing.IsEmpty);
        Assert.True(nothing.Span.IsEmpty);
        Assert.True(nothing.Memory.IsEmpty);
        Assert.True(nothing.Slice(0, 0).IsEmpty);
        Assert.Throws<ArgumentOutOfRangeException>(() => nothing.Slice(0, 1));
        Assert.Throws<InvalidOperationException>(() => nothing.Iova);
    }

    [Fact]
    public void Cutting_memory_into_parts_allocates_nothing()
    {
        using var mapped = MappedBuffer.Allocate(_space, 16 * Page);
        _ = SumOfIovas(mapped.Memory);
        var before = GC.GetAllocatedBytesForCurrentThread();
        _ = SumOfIovas(mapped.Memory);
        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
    }

    private static ulong SumOfIovas(DmaMemory memory)
    {
        ulong sum = 0;
        for (long offset = 0; offset < memory.LengthInBytes; offset += 512)
            sum += memory.Slice(offset, 512).Iova.Value;
        return sum;
    }
}
