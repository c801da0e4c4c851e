using VfioSharp.Backends;
using VfioSharp.Dma;
using VfioSharp.Regions;
using VfioSharp.Tests.Fakes;
using VfioSharp.Tests.Interrupts;

namespace VfioSharp.Tests;

public sealed class VfioDeviceTests
{
    private static readonly DeviceAddress Address = DeviceAddress.Parse("0000:01:00.0");

    [Fact]
    public void A_device_that_cannot_be_described_is_closed_before_its_address_space()
    {
        var backend = new ByteArrayBackend { DescribeError = Errno.EIO };
        var failure = Assert.Throws<VfioException>(() => VfioDevice.Open(Address, backend));
        Assert.Equal(Errno.EIO, failure.Errno);
        Assert.Equal(["dispose"], backend.Accesses);
        Assert.True(backend.DmaSeam.IsDisposed);
    }

    [Fact]
    public void A_device_that_is_no_PCI_function_is_not_opened()
    {
        var backend = new ByteArrayBackend { IsPci = false };
        var failure = Assert.Throws<VfioException>(() => VfioDevice.Open(Address, backend));
        Assert.Equal(Errno.ENODEV, failure.Errno);
        Assert.Contains("does not say that it is a PCI function", failure.Message, StringComparison.Ordinal);
        Assert.Equal(["dispose"], backend.Accesses);
        Assert.True(backend.DmaSeam.IsDisposed);
    }

    [Fact]
    public void An_address_space_that_is_shared_ends_with_its_last_device()
    {
        var seam = new RecordingDmaBackend();
        var first = VfioDevice.Open(Address, new ByteArrayBackend { DmaSeam = seam });
        var second = VfioDevice.Open(Address, new ByteArrayBackend { DmaSeam = seam }, new VfioOptions { ShareDmaWith = first.Dma });
        Assert.Same(first.Dma, second.Dma);
        first.Dispose();
        Assert.False(seam.IsDisposed);
        using (var buffer = DmaBuffer.Allocate(4096))
            _ = second.Dma.Map(buffer);
        second.Dispose();
        Assert.True(seam.IsDisposed);
    }

    [Fact]
    public void Each_device_narrows_a_shared_address_space_for_as_long_as_it_is_open()
    {
        var seam = new RecordingDmaBackend { Ranges = [Range(0x1000, 0xffff)] };
        using var first = VfioDevice.Open(Address, new ByteArrayBackend { DmaSeam = seam, Limits = new DmaLimits(Range(0x2000, 0xffff), []) });
        var options = new VfioOptions { ShareDmaWith = first.Dma };
        using (VfioDevice.Open(Address, new ByteArrayBackend { DmaSeam = seam, Limits = new DmaLimits(Range(0, 0x8fff), [Range(0x4000, 0x4fff)]) }, options))
            Assert.Equal([Range(0x2000, 0x3fff), Range(0x5000, 0x8fff)], first.Dma.Ranges);
        Assert.Equal([Range(0x2000, 0xffff)], first.Dma.Ranges);

        var failing = new ByteArrayBackend { DmaSeam = seam, Limits = new DmaLimits(Range(0x3000, 0x3fff), []), DescribeError = Errno.EIO };
        Assert.Throws<VfioException>(() => VfioDevice.Open(Address, failing, options));
        Assert.Equal([Range(0x2000, 0xffff)], first.Dma.Ranges);

        static IovaRange Range(ulong start, ulong end) => new(new Iova(start), new Iova(end));
    }

    [Fact]
    public void A_device_that_fails_to_join_leaves_a_shared_address_space_alone()
    {
        var seam = new RecordingDmaBackend();
        using var first = VfioDevice.Open(Address, new ByteArrayBackend { DmaSeam = seam });
        var joining = new ByteArrayBackend { DmaSeam = seam, DescribeError = Errno.EIO };
        Assert.Throws<VfioException>(() => VfioDevice.Open(Address, joining, new VfioOptions { ShareDmaWith = first.Dma }));
        Assert.Equal(["dispose"], joining.Accesses);
        Assert.False(seam.IsDisposed);
    }

    [Fact]
    public void A_backend_with_an_address_space_of_its_own_cannot_share_another()
    {
        using var first = VfioDevice.Open(Address, new ByteArrayBackend());
        var stranger = new ByteArrayBackend();
        Assert.Throws<ArgumentException>(() => VfioDevice.Open(Address, stranger, new VfioOptions { ShareDmaWith = first.Dma }));
        Assert.Equal(["dispose"], stranger.Accesses);
        Assert.False(stranger.DmaSeam.IsDisposed);
    }

    [Fact]
    public void An_address_space_that_has_ended_cannot_be_shared()
    {
        var seam = new RecordingDmaBackend();
        var first = VfioDevice.Open(Address, new ByteArrayBackend { DmaSeam = seam });
        first.Dispose();
        var late = new ByteArrayBackend { DmaSeam = seam };
        var options = new VfioOptions { ShareDmaWith = first.Dma };
        Assert.Throws<ObjectDisposedException>(() => VfioDevice.Open(Address, late, options));
        Assert.Equal(["dispose"], late.Accesses);
        // The same before a function of this machine is looked for.
        Assert.Throws<ObjectDisposedException>(() => VfioDevice.Open("ffff:ff:1f.7", options));
    }

    [Fact]
    public void A_device_with_few_region_numbers_has_no_configuration_space()
    {
        using var device = VfioDevice.Open(Address, new ByteArrayBackend { RegionCount = 2 });
        Assert.Throws<VfioException>(() => device.Config);
    }

    [Theory]
    [InlineData(2)]
    [InlineData(9)]
    public void A_BAR_is_not_taken_for_ports_by_what_lies_where_configuration_space_is_missing(int regionCount)
    {
        var backend = new ByteArrayBackend { RegionCount = regionCount }.With(0, [.. Enumerable.Repeat((byte)0xff, 64)]);
        using var device = VfioDevice.Open(Address, backend);
        using var window = device.Regions[RegionIndex.Bar0].Open();
        Assert.Equal(AccessPath.RegionFile, window.Plan.Path);
        Assert.DoesNotContain("I/O ports", window.Plan.RuledOut[0].Reason, StringComparison.Ordinal);
        Assert.Empty(backend.Accesses);
    }

    [Fact]
    public void The_log_tells_the_life_of_a_device_and_a_fault_once()
    {
        var log = new RecordingLogger();
        var backend = new ByteArrayBackend().With(0, new byte[64]).With((int)RegionIndex.Config, new byte[256]);
        using (var device = VfioDevice.Open(Address, backend, new VfioOptions { Logger = log }))
        using (var window = device.Regions[RegionIndex.Bar0].Open())
        using (var buffer = DmaBuffer.Allocate(4096))
        using (device.Dma.Map(buffer))
        {
            backend.Error = Errno.EIO;
            for (var i = 0; i < 3; i++)
                _ = window.Read32(0);
        }

        Assert.Equal(
            [
                "Opened 0000:01:00.0 through bytes: 9 regions, 5 interrupt indices",
                "Opened a window on BAR0 of 0000:01:00.0: 64 bytes at offset 0 by RegionFile",
                "Mapped 4096 bytes for DMA at IOVA 0x1000",
                "An access to BAR0 of 0000:01:00.0 did not reach the device; this window counts further ones and does not log them",
                "Unmapped 4096 bytes of DMA",
                "Closed a window on BAR0 of 0000:01:00.0 after 3 accesses that did not reach the device",
                "Closed 0000:01:00.0",
            ],
            log.Messages);
    }

    [Fact]
    public void A_VF_token_is_sent_in_the_order_in_which_it_is_written()
    {
        var backend = new ByteArrayBackend();
        using var device = VfioDevice.Open(Address, backend);
        device.SetVfToken(Guid.Parse("00112233-4455-6677-8899-aabbccddeeff"));
        Assert.Contains("set PciVfToken 00112233445566778899aabbccddeeff", backend.Accesses);
    }
}
