using VfioSharp.Dma;
using VfioSharp.Regions;

namespace VfioSharp.Guest.Tests.Peers;

/// <summary>The library drives the functions of libvfio-user's samples, in C, over vfio-user.</summary>
public sealed class SampleServerTests
{
    private const int PageInBytes = 4096;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    // samples/gpio-pci-idio-16.c: each value of the inputs is read three times before it goes up.
    [Fact]
    public async Task Inputs_of_the_gpio_card_are_read_and_its_interrupt_is_triggered()
    {
        using var peer = await Peer.Start(Peer.Sample("gpio-pci-idio-16"));
        using (var device = VfioDevice.Open(peer.Address))
        {
            Assert.Equal((0x494f, 0x0dc8), (device.Config.VendorId, device.Config.DeviceId));
            Assert.True(device.Description.SupportsReset);
            var bar = device.Regions[RegionIndex.Bar2];
            Assert.Equal(0x100ul, bar.SizeInBytes);
            using var registers = bar.Open(new WindowOptions { OnFault = OnFault.Throw });

            Assert.Equal([0, 0, 0, 1, 1, 1, 2, 2, 2], Enumerable.Range(0, 9).Select(_ => registers.Read8(0)));
            registers.Write8(0x10, 0xff);
            device.Reset();
            Assert.Equal(3, registers.Read8(0));

            using var vectors = device.Interrupts.Intx.Enable();
            Assert.False(vectors[0].Wait(TimeSpan.FromMilliseconds(50)));
            vectors[0].Trigger();
            Assert.True(vectors[0].Wait(Patience, out var count));
            Assert.Equal(1ul, count);
        }

        // It serves one client after another, and keeps its state.
        using var again = VfioDevice.Open(peer.Address);
        using var window = again.Regions[RegionIndex.Bar2].Open(new WindowOptions { OnFault = OnFault.Throw });
        Assert.Equal(3, window.Read8(0));
    }

    // samples/server.c: three pages in BAR 1, of which the first and the last are shared, by a descriptor each.
    [Fact]
    public async Task Shared_pages_hold_the_same_bytes_by_loads_and_stores_as_by_messages()
    {
        using var peer = await Peer.Start(Peer.Sample("server"));
        using var device = VfioDevice.Open(peer.Address);
        var bar = device.Regions[RegionIndex.Bar1];
        Assert.Equal([new RegionArea(0, PageInBytes), new RegionArea(2 * PageInBytes, PageInBytes)], bar.Description.SparseAreas);
        using var first = bar.Open(new WindowOptions { LengthInBytes = PageInBytes, OnFault = OnFault.Throw });
        using var last = bar.Open(new WindowOptions { Offset = 2 * PageInBytes, LengthInBytes = PageInBytes, OnFault = OnFault.Throw });
        using var middle = bar.Open(new WindowOptions { Offset = PageInBytes, LengthInBytes = PageInBytes, OnFault = OnFault.Throw });
        using var messages = bar.Open(new WindowOptions { Path = AccessPath.Message, OnFault = OnFault.Throw });
        Assert.Equal(
            [AccessPath.LoadStore, AccessPath.LoadStore, AccessPath.Message], new[] { first, last, middle }.Select(window => window.Plan.Path));

        first.Write64(0, 0x0102_0304_0506_0708);
        Assert.Equal(0x0102_0304_0506_0708ul, messages.Read64(0));
        var bytes = new byte[512];
        new Random(1).NextBytes(bytes);
        messages.WriteBlock(2 * PageInBytes + 64, bytes, 8);
        var read = new byte[bytes.Length];
        last.ReadBlock(64, read, 8);
        Assert.Equal(bytes, read);
        messages.WriteBlock(PageInBytes, bytes, 8);
        middle.Write32(0, 0xdead_beef);
        Assert.Equal(0x0102_0304_0506_0708ul, first.Read64(0));
    }

    // A time in BAR 0 is an alarm: then the server interrupts, writes 4096 times 'A' to the first memory that was mapped, and reads it again.
    [Fact]
    public async Task Its_alarm_interrupts_and_does_DMA_by_messages()
    {
        using var peer = await Peer.Start(Peer.Sample("server -v"));
        using var device = VfioDevice.Open(peer.Address);
        using var buffer = DmaBuffer.Allocate(2 * PageInBytes);
        using var mapping = device.Dma.Map(buffer);
        using var clock = device.Regions[RegionIndex.Bar0].Open(new WindowOptions { OnFault = OnFault.Throw });
        using var vectors = device.Interrupts.Intx.Enable();

        clock.Write64(0, (ulong)DateTimeOffset.UtcNow.ToUnixTimeSeconds() + 1);
        Assert.True(vectors[0].Wait(Patience));

        await peer.WaitForMessage("do_dma_io: READ");
        // What it prints comes before its last message. A command of the client's in between, on the one socket that there is, would end it.
        await Task.Delay(500, TestContext.Current.CancellationToken);
        Assert.Equal(-1, buffer.Span[..PageInBytes].IndexOfAnyExcept((byte)'A'));
        Assert.Equal(-1, buffer.Span[PageInBytes..].IndexOfAnyExcept((byte)0));
        // It ends itself where what it reads is not what it wrote.
        Assert.InRange(clock.Read64(0), 0ul, 60ul);
        device.Reset();
    }
}
