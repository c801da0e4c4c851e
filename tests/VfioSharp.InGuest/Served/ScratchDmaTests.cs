using System.Buffers.Binary;

namespace VfioSharp.InGuest.Served;

/// <summary>Memory moved by a function that is served to this guest. Explicit: it needs a guest to which it is served.</summary>
public sealed class ScratchDmaTests
{
    private const int PageInBytes = 4096;

    [Fact(Explicit = true)]
    public void The_function_reads_and_writes_memory()
    {
        using var scratch = new ScratchDevice();
        using var source = new ReachableMemory(scratch.Device, PageInBytes);
        using var destination = new ReachableMemory(scratch.Device, PageInBytes);
        new Random(1).NextBytes(source.Span);

        Assert.True(scratch.Move(ScratchDevice.ToFunction, source.Address, ScratchDevice.Ram, PageInBytes));
        Assert.Equal(BinaryPrimitives.ReadUInt32LittleEndian(source.Span.Slice(0x40, 4)), scratch.Registers.Read32(ScratchDevice.Ram + 0x40));
        Assert.True(scratch.Move(ScratchDevice.FromFunction, ScratchDevice.Ram, destination.Address, PageInBytes));

        Assert.True(source.Span[..PageInBytes].SequenceEqual(destination.Span[..PageInBytes]));
    }

    [Fact(Explicit = true)]
    public void A_megabyte_is_moved_from_memory_to_memory()
    {
        const int Length = 1 << 20;
        using var scratch = new ScratchDevice();
        using var source = new ReachableMemory(scratch.Device, Length);
        using var destination = new ReachableMemory(scratch.Device, Length);
        new Random(2).NextBytes(source.Span[..Length]);
        Assert.True(scratch.Move(ScratchDevice.InMemory, source.Address, destination.Address, Length));
        Assert.True(source.Span[..Length].SequenceEqual(destination.Span[..Length]));
    }

    // The places cross a page and are no multiples of anything.
    [Fact(Explicit = true)]
    public void Bytes_at_odd_places_are_moved_and_nothing_beside_them()
    {
        const int Length = 3001;
        using var scratch = new ScratchDevice();
        using var source = new ReachableMemory(scratch.Device, 2 * PageInBytes);
        using var destination = new ReachableMemory(scratch.Device, 2 * PageInBytes);
        new Random(3).NextBytes(source.Span);
        destination.Span.Fill(0x77);
        Assert.True(scratch.Move(ScratchDevice.InMemory, source.Address + 2003, destination.Address + 1999, Length));
        Assert.True(source.Span.Slice(2003, Length).SequenceEqual(destination.Span.Slice(1999, Length)));
        Assert.Equal(0x77, destination.Span[1998]);
        Assert.Equal(0x77, destination.Span[1999 + Length]);
    }

    [Fact(Explicit = true)]
    public void Memory_that_is_no_longer_mapped_is_not_reached_and_the_next_move_works()
    {
        using var scratch = new ScratchDevice();
        Assert.SkipWhen(scratch.Device.Dma.Ranges.Count == 0, "without an IOMMU all memory is reached");
        using var buffer = Dma.DmaBuffer.Allocate(PageInBytes);
        var mapping = scratch.Device.Dma.Map(buffer);
        var address = mapping.Iova.Value;
        Assert.True(scratch.Move(ScratchDevice.FromFunction, ScratchDevice.Ram, address, PageInBytes));
        mapping.Dispose();
        buffer.Span.Fill(0x33);

        Assert.False(scratch.Move(ScratchDevice.FromFunction, ScratchDevice.Ram, address, PageInBytes));

        Assert.All(buffer.Span.ToArray(), value => Assert.Equal(0x33, value));
        using var again = scratch.Device.Dma.Map(buffer);
        Assert.True(scratch.Move(ScratchDevice.FromFunction, ScratchDevice.Ram, again.Iova.Value, PageInBytes));
        Assert.All(buffer.Span.ToArray(), value => Assert.Equal(0, value));
    }
}
