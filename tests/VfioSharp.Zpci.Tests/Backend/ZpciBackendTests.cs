using System.Buffers.Binary;
using VfioSharp.Dma;
using VfioSharp.Emulation.Functions;
using VfioSharp.Interrupts;
using VfioSharp.Regions;
using VfioSharp.Zpci.Backend;
using VfioSharp.Zpci.Machine;
using VfioSharp.Zpci.Tests.Fakes;

namespace VfioSharp.Zpci.Tests.Backend;

// The library's own windows, DMA and interrupts against a modelled host: what a driver author sees.
public sealed class ZpciBackendTests
{
    public ZpciBackendTests() => ZpciScheme.Register();

    [Theory]
    [InlineData("zpci:linux-6.12,nomio/nvme", AccessPath.RegionFile)]
    [InlineData("zpci:linux-7.2,nomio/nvme", AccessPath.MmioSyscall)]
    [InlineData("zpci:linux-7.2,mio/nvme", AccessPath.MioInstruction)]
    [InlineData("zpci:linux-7.2,mio/nvme,mio=off", AccessPath.Unreachable)]
    [InlineData("zpci:linux-6.12,mio/nvme", AccessPath.RegionFile)]
    public void The_path_to_an_NVMe_controller_follows_kernel_and_mode(string address, AccessPath expected)
    {
        using var device = VfioDevice.Open(address);

        Assert.Equal(expected, device.Regions[0].Plan().Path);
    }

    [Theory]
    [InlineData("zpci:linux-6.12,nomio/nvme")]
    [InlineData("zpci:linux-7.2,nomio/nvme")]
    [InlineData("zpci:linux-7.2,mio/nvme")]
    public void Registers_are_the_same_numbers_by_every_path(string address)
    {
        using var device = VfioDevice.Open(address);
        using var window = device.Regions[0].Open();

        Assert.Equal(0x0040_0820_0f01_07fful, window.Read64(0));
        Assert.Equal(0x0001_0400u, window.Read32(8));
        window.Write32(0x24, 0x001f_001f);
        window.Write64(0x28, 0x7654_3210_0000);
        Assert.Equal(0x001f_001fu, window.Read32(0x24));
        Assert.Equal(0x7654_3210_0000ul, window.Read64(0x28));
    }

    [Fact]
    public void A_window_that_is_closed_is_never_met_by_a_later_one()
    {
        using var device = VfioDevice.Open("zpci:linux-7.2,nomio/nvme");
        var first = device.Regions[0].Open();
        first.Dispose();
        using var second = device.Regions[0].Open();

        Assert.Throws<ObjectDisposedException>(() => first.Read32(0));
        Assert.Equal(0x0001_0400u, second.Read32(8));
    }

    [Fact]
    public void Only_the_window_of_the_machine_can_be_mapped_for_DMA()
    {
        using var device = VfioDevice.Open("zpci:linux-7.2,nomio/nvme");

        var range = Assert.Single(device.Dma.Ranges);
        Assert.Equal(0x1_0000_0000ul, range.Start.Value);
        Assert.Equal(0x1_3fff_fffful, range.End.Value);
    }

    [Theory]
    [InlineData("zpci:linux-7.2,nomio/nic")]
    [InlineData("zpci:linux-7.2,mio/nic")]
    public void A_doorbell_ends_as_an_entry_in_memory_and_an_interrupt(string address)
    {
        using var device = VfioDevice.Open(address);
        using var buffer = DmaBuffer.Allocate(4096);
        using var ring = device.Dma.Map(buffer);
        using var vectors = device.Interrupts.Msix.Enable(2);
        device.Config.EnableBusMaster();
        using var registers = device.Regions[0].Open();
        using var doorbells = device.Regions[2].Open();
        registers.Write64(0x10, ring.Iova.Value);
        registers.Write32(0x18, 16);

        doorbells.Write32(0x1000, 0x1234_5678);

        Assert.True(vectors[1].Wait(TimeSpan.FromSeconds(5)));
        Assert.Equal(0x1234_5678ul, BinaryPrimitives.ReadUInt64LittleEndian(buffer.Span));
    }

    // Seen on real kernels: all tell; 6.12 leaves the function in error, 7.2 brings it back.
    [Theory]
    [InlineData("zpci:linux-6.12,nomio/nic", 0xffff_ffffu)]
    [InlineData("zpci:linux-7.2,nomio/nic", 0x4349_4e56u)]
    public void After_DMA_to_what_is_not_mapped_a_reset_always_helps(string address, uint expected)
    {
        using var device = VfioDevice.Open(address);
        using var errors = device.Interrupts.Error.Enable(1);
        device.Config.EnableBusMaster();
        using var registers = device.Regions[0].Open();
        using var doorbells = device.Regions[2].Open();
        registers.Write64(0x10, 0x1_0000_0000);
        registers.Write32(0x18, 16);

        doorbells.Write32(0, 1);

        Assert.True(errors[0].Wait(TimeSpan.Zero));
        Assert.Equal(expected, registers.Read32(0));
        device.Reset();
        Assert.Equal(0x4349_4e56u, registers.Read32(0));
    }

    // Recording ism-linux-6.12: from 2^40 on, vfio-pci's file is another region's, whether there is one or not.
    [Theory]
    [InlineData("zpci:linux-6.12,nomio/ism", 1ul << 40)]
    [InlineData("zpci:linux-7.2,nomio,driver=ism_vfio_pci/ism", 1ul << 48)]
    public void A_region_can_be_reached_up_to_where_the_next_begins(string address, ulong expected)
    {
        using var device = VfioDevice.Open(address);

        Assert.Equal(expected, device.Regions[0].ReachableLengthInBytes);
        using var window = device.Regions[0].Open();
        Assert.Equal(expected, window.LengthInBytes);
        if (expected < device.Regions[0].SizeInBytes)
            Assert.Throws<VfioException>(() => device.Regions[0].Open(new WindowOptions { Offset = expected, LengthInBytes = 8 }));
    }

    // Seen on a real kernel: the kernel cannot write the MSI-X table of a function without MIO addresses.
    [Fact]
    public void A_function_without_MIO_addresses_gets_no_interrupts_on_a_machine_that_uses_MIO()
    {
        var host = new ZpciHost(ZpciHostDescription.Parse("linux-7.2,mio"));
        var function = host.Plug(new DoorbellNicFunction(), new ZpciFunctionOptions { ReportsMio = false });
        using var backend = new ZpciDeviceBackend("test", host, function);
        using var eventFd = new CountingEvent();

        backend.ConnectInterrupts(InterruptIndex.Msix, InterruptAction.Trigger, 0, [eventFd.Descriptor]);

        Assert.True(function.Device.Msix!.IsMasked(0));
    }

    [Theory]
    [InlineData("zpci:linux-7.2,nomio/scratch", AccessPath.MmioSyscall)]
    [InlineData("zpci:linux-7.2,mio/scratch", AccessPath.MioInstruction)]
    [InlineData("zpci:linux-6.12,nomio/scratch,shared=off", AccessPath.RegionFile)]
    public void Each_access_to_scratch_arrives_once_with_its_width_and_byte_order(string address, AccessPath path)
    {
        using var device = VfioDevice.Open(address);
        using var window = device.Regions[0].Open();
        Assert.Equal(path, window.Plan.Path);
        window.Write8(0x3010, 0x11);
        window.Write16(0x3012, 0x2233);
        window.Write32(0x3014, 0x4455_6677);
        Assert.Equal((0x4455_6677u, 0x2233, 0x11), (window.Read32(0x3014), window.Read16(0x3012), window.Read8(0x3010)));
        for (var counter = 0x100u; counter < 0x118; counter += 8)
            Assert.Equal((1u, 1u), (window.Read32(counter), window.Read32(counter + 0x20)));
        Assert.Equal((0x3010u, 1u, 0x11u), (window.Read32(0x148), window.Read32(0x150), window.Read32(0x158)));
    }

    [Fact]
    public void Edu_moves_memory_and_interrupts_on_a_modelled_host()
    {
        using var device = VfioDevice.Open("zpci:linux-7.2,nomio/edu,dma_mask=0xffffffffffffffff");
        device.Config.EnableBusMaster();
        using var window = device.Regions[0].Open();
        using var buffer = DmaBuffer.Allocate(4096);
        using var mapping = device.Dma.Map(buffer);
        using var vectors = device.Interrupts.Msix.Enable();
        buffer.Span[..8].Fill(0x77);
        window.Write64(0x80, mapping.Iova.Value);
        window.Write64(0x88, 0x40000);
        window.Write64(0x90, 8);
        window.Write32(0x98, 1);
        window.Write64(0x80, 0x40000);
        window.Write64(0x88, mapping.Iova.Value + 8);
        window.Write32(0x98, 7);
        Assert.True(vectors[0].TryTake(out var count));
        Assert.Equal(1ul, count);
        Assert.Equal(0x77, buffer.Span[15]);
        Assert.Equal(0, buffer.Span[16]);
    }

    [Fact]
    public void An_address_that_names_nothing_is_refused_with_one_sentence()
    {
        var refusal = Assert.Throws<VfioException>(() => VfioDevice.Open("zpci:linux-7.2,nomio/disk"));

        Assert.Contains("nvme, nic, ism", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void With_pci_off_there_is_no_device_to_open()
    {
        var refusal = Assert.Throws<VfioException>(() => VfioDevice.Open("zpci:linux-7.2,pci=off/nvme"));

        Assert.Equal(Errno.ENODEV, refusal.Errno);
    }

    [Theory]
    [InlineData("zpci:linux-7.2,nomio/nvme")]
    [InlineData("zpci:linux-7.2,mio/nvme")]
    public void A_window_can_be_mapped_for_DMA(string address)
    {
        using var device = VfioDevice.Open(address);
        using var window = device.Regions[0].Open();

        using var mapping = device.Dma.MapRegion(window);

        Assert.Equal(0x4000ul, mapping.LengthInBytes);
    }

    [Theory]
    [InlineData("zpci:linux-6.12,nomio/nic")]
    [InlineData("zpci:linux-7.2,nomio/nic")]
    [InlineData("zpci:linux-7.2,mio/nic")]
    public void Threads_may_ring_at_the_same_time(string address)
    {
        using var device = VfioDevice.Open(address);
        using var registers = device.Regions[0].Open();
        using var doorbells = device.Regions[2].Open();

        Parallel.For(0, 8, queue =>
        {
            for (var i = 0; i < 100; i++)
                doorbells.Write32((ulong)queue * 0x1000, 1);
        });

        Assert.Equal(800ul, registers.Read64(8));
    }

    // The ISM takes nothing but block stores, and its own driver passes them on.
    [Fact]
    public void An_ISM_command_goes_by_block_store_under_its_own_driver()
    {
        using var device = VfioDevice.Open("zpci:linux-7.2,mio,driver=ism_vfio_pci/ism");
        using var window = device.Regions[2].Open();
        Span<byte> command = stackalloc byte[16];
        command.Clear();
        BinaryPrimitives.WriteUInt32BigEndian(command, 3);
        BinaryPrimitives.WriteUInt16BigEndian(command[6..], 16);

        window.WriteBlock(0, command);

        Assert.Equal(0x1122_3344_5566_7788ul, BinaryPrimitives.ReverseEndianness(window.Read64(8)));
    }

    [Fact]
    public void Under_generic_vfio_pci_the_ISM_cannot_be_reached()
    {
        using var device = VfioDevice.Open("zpci:linux-7.2,mio/ism");

        Assert.Equal(AccessPath.Unreachable, device.Regions[0].Plan().Path);
        Assert.Contains("ism_vfio_pci", device.Regions[0].Plan().Reason, StringComparison.Ordinal);
    }
}
