using VfioSharp.Dma;

namespace VfioSharp.InGuest;

/// <summary>Memory moved by a device that is not ours: edu's DMA engine, which clamps addresses to 28 bit.</summary>
public sealed class EduDmaTests
{
    private const int Length = 4096;

    [Fact]
    public void The_device_reads_and_writes_mapped_memory()
    {
        using var edu = new EduDevice();
        edu.Device.Config.EnableBusMaster();
        using var source = DmaBuffer.Allocate(Length);
        using var destination = DmaBuffer.Allocate(Length);
        using var sourceMapping = edu.Device.Dma.Map(source, EduDevice.Reachable);
        using var destinationMapping = edu.Device.Dma.Map(destination, EduDevice.Reachable);
        new Random(1).NextBytes(source.Span);

        edu.StartReadFromMemory(sourceMapping.Iova, Length);
        edu.WaitForDma();
        edu.StartWriteToMemory(destinationMapping.Iova, Length);
        edu.WaitForDma();

        Assert.True(source.Span.SequenceEqual(destination.Span));
    }

    [Fact]
    public void A_huge_page_is_reached_at_a_fixed_address()
    {
        Assert.SkipWhen(Guest.IsIbmZ, "this guest has no huge pages of 2 MiB");
        using var edu = new EduDevice();
        edu.Device.Config.EnableBusMaster();
        using var buffer = DmaBuffer.Allocate(2 << 20, DmaPageSize.Huge2MiB);
        using var mapping = edu.Device.Dma.Map(buffer, new DmaMapOptions { Fixed = new Iova(0x400_0000) });
        Assert.Equal(0x400_0000ul, mapping.Iova.Value);
        var first = buffer.GetSpan(0, Length);
        var last = buffer.GetSpan((2 << 20) - Length, Length);
        new Random(2).NextBytes(first);

        edu.StartReadFromMemory(mapping.Iova, Length);
        edu.WaitForDma();
        edu.StartWriteToMemory(mapping.IovaAt((2 << 20) - Length), Length);
        edu.WaitForDma();

        Assert.True(first.SequenceEqual(last));
    }

    [Fact]
    public void A_write_to_an_unmapped_address_changes_no_memory_and_harms_nothing()
    {
        Assert.SkipWhen(Guest.IsIbmZ, "on IBM Z the function goes into its error state instead");
        using var edu = new EduDevice();
        edu.Device.Config.EnableBusMaster();
        using var source = DmaBuffer.Allocate(Length);
        using var destination = DmaBuffer.Allocate(Length);
        using var sourceMapping = edu.Device.Dma.Map(source, EduDevice.Reachable);
        var ended = edu.Device.Dma.Map(destination, EduDevice.Reachable);
        var iova = ended.Iova;
        source.Span.Fill(0x5a);
        edu.StartReadFromMemory(sourceMapping.Iova, Length);
        edu.WaitForDma();

        ended.Dispose();
        edu.StartWriteToMemory(iova, Length);
        edu.WaitForDma();
        Assert.All(destination.Span.ToArray(), value => Assert.Equal(0, value));

        using var again = edu.Device.Dma.Map(destination, new DmaMapOptions { Fixed = iova });
        edu.StartWriteToMemory(again.Iova, Length);
        edu.WaitForDma();
        Assert.True(source.Span.SequenceEqual(destination.Span));
    }

    [Fact]
    public void Two_devices_share_one_address_space()
    {
        _ = Guest.AddressOf("edu");
        using var nvme = Guest.Open("nvme");
        using var buffer = DmaBuffer.Allocate(Length);
        using var mapping = nvme.Dma.Map(buffer, EduDevice.Reachable);
        using var edu = new EduDevice(new VfioOptions { ShareDmaWith = nvme.Dma });
        edu.Device.Config.EnableBusMaster();
        buffer.Span.Fill(0xc3);

        edu.StartReadFromMemory(mapping.Iova, Length);
        edu.WaitForDma();
        buffer.Span.Clear();
        edu.StartWriteToMemory(mapping.Iova, Length);
        edu.WaitForDma();

        Assert.All(buffer.Span.ToArray(), value => Assert.Equal(0xc3, value));
    }
}
