using System.Globalization;
using VfioSharp.Dma;

namespace VfioSharp.Tests.Dma;

public sealed class DmaBufferTests
{
    private static readonly long HostPage = Environment.SystemPageSize;

    [Theory]
    [InlineData(DmaBacking.SharedFile)]
    [InlineData(DmaBacking.Anonymous)]
    public void Is_whole_zeroed_pages_at_a_page_boundary(DmaBacking backing)
    {
        using var buffer = DmaBuffer.Allocate(HostPage + 1, backing: backing);
        Assert.Equal(2 * HostPage, buffer.LengthInBytes);
        Assert.Equal(0, buffer.Address % HostPage);
        Assert.Equal(-1, buffer.Span.IndexOfAnyExcept((byte)0));
        buffer.Span.Fill(0xa5);
        Assert.Equal(0xa5a5_a5a5u, buffer.At<uint>((2 * HostPage) - 4));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData(long.MinValue)]
    [InlineData(long.MaxValue)]
    [InlineData(long.MaxValue - 4095)]
    public void A_length_that_makes_no_sense_is_refused(long length) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => DmaBuffer.Allocate(length));

    [Theory]
    [InlineData(DmaBacking.SharedFile)]
    [InlineData(DmaBacking.Anonymous)]
    public void More_than_the_address_space_has_is_one_clear_sentence(DmaBacking backing)
    {
        var refusal = Assert.Throws<VfioException>(() => DmaBuffer.Allocate(1L << 60, backing: backing));
        Assert.Equal("cannot allocate 1 EiB for DMA (ENOMEM): this process has not that much memory or address space left.", refusal.Message);
    }

    [Fact]
    public void Options_without_a_meaning_are_refused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => DmaBuffer.Allocate(1, (DmaPageSize)7));
        Assert.Throws<ArgumentOutOfRangeException>(() => DmaBuffer.Allocate(1, backing: (DmaBacking)7));
    }

    [Fact]
    public void Parts_outside_of_the_buffer_are_refused()
    {
        using var buffer = DmaBuffer.Allocate(HostPage);
        Assert.Equal(0, buffer.GetSpan(HostPage, 0).Length);
        Assert.Throws<ArgumentOutOfRangeException>(() => buffer.GetSpan(HostPage, 1).Length);
        Assert.Throws<ArgumentOutOfRangeException>(() => buffer.GetSpan(-1, 1).Length);
        Assert.Throws<ArgumentOutOfRangeException>(() => buffer.GetSpan(0, -1).Length);
        Assert.Throws<ArgumentOutOfRangeException>(() => buffer.GetSpan(long.MinValue, int.MaxValue).Length);
        Assert.Throws<ArgumentOutOfRangeException>(() => buffer.GetSpan<ulong>(HostPage - 7, 1).Length);
        Assert.Throws<ArgumentOutOfRangeException>(() => buffer.GetSpan<ulong>(0, int.MaxValue).Length);
        Assert.Throws<ArgumentOutOfRangeException>(() => buffer.At<ulong>(HostPage - 7));
        Assert.Throws<ArgumentOutOfRangeException>(() => buffer.GetMemory(1, (int)HostPage));
    }

    [Fact]
    public void Words_structures_and_bytes_show_the_same_memory()
    {
        using var buffer = DmaBuffer.Allocate(HostPage);
        buffer.At<ulong>(64) = ulong.MaxValue;
        Assert.Equal(ulong.MaxValue, buffer.GetSpan<ulong>(56, 2)[1]);
        buffer.GetMemory(64, 8).Span[0] = 0;
        Assert.Equal(0, buffer.Span[64]);
        Assert.Equal(0xff, buffer.GetSpan(65, 1)[0]);
    }

    [Fact]
    public void After_dispose_nothing_can_be_reached_and_disposing_again_does_nothing()
    {
        var buffer = DmaBuffer.Allocate(HostPage);
        var memory = buffer.GetMemory(0, 16);
        buffer.Dispose();
        buffer.Dispose();
        Assert.Throws<ObjectDisposedException>(() => buffer.Address);
        Assert.Throws<ObjectDisposedException>(() => buffer.Span.Length);
        Assert.Throws<ObjectDisposedException>(() => buffer.At<byte>(0));
        Assert.Throws<ObjectDisposedException>(() => memory.Span.Length);
    }

    [Fact]
    public void A_pin_keeps_the_pages_after_dispose()
    {
        var buffer = DmaBuffer.Allocate(HostPage);
        var pages = ProcessMaps.InodeAt(buffer.Address);
        var pin = buffer.GetMemory(16, 16).Pin();
        buffer.Dispose();
        Assert.True(ProcessMaps.Contain(pages));
        pin.Dispose();
        Assert.False(ProcessMaps.Contain(pages));
    }

    [Fact]
    public void The_shared_file_cannot_be_shortened_by_whoever_gets_it()
    {
        using var buffer = DmaBuffer.Allocate(HostPage);
        using var other = new FileStream(
            string.Create(CultureInfo.InvariantCulture, $"/proc/self/fd/{buffer.Pages.File!.Number}"), FileMode.Open, FileAccess.ReadWrite);
        Assert.ThrowsAny<Exception>(() => other.SetLength(0));
        Assert.Equal(0, buffer.Span[0]);
    }

    [Theory]
    [InlineData(DmaBacking.SharedFile)]
    [InlineData(DmaBacking.Anonymous)]
    public void Nothing_stays_behind_after_a_thousand_buffers(DmaBacking backing)
    {
        var before = Directory.GetFiles("/proc/self/fd").Length;
        for (var i = 0; i < 1000; i++)
            DmaBuffer.Allocate(HostPage, backing: backing).Dispose();
        // Other tests run at the same time and hold a few of their own.
        Assert.InRange(Directory.GetFiles("/proc/self/fd").Length, 0, before + 200);
    }

    [Fact]
    public void Huge_pages_work_or_say_how_to_reserve_them()
    {
        try
        {
            using var buffer = DmaBuffer.Allocate(1, DmaPageSize.Huge2MiB);
            Assert.Equal(2L << 20, buffer.LengthInBytes);
            Assert.Equal(0, buffer.Address % (2 << 20));
            Assert.Equal(0, buffer.Span[^1]);
        }
        catch (VfioException refusal)
        {
            Assert.Contains("in huge pages of 2 MiB", refusal.Message, StringComparison.Ordinal);
            Assert.Matches("nr_hugepages|this kernel has no huge pages of 2 MiB", refusal.Message);
        }
    }
}
