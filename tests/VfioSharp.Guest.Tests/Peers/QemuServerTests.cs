using System.Security.Cryptography;
using VfioSharp.Dma;
using VfioSharp.Interrupts;
using VfioSharp.Nvme;
using VfioSharp.Regions;

namespace VfioSharp.Guest.Tests.Peers;

/// <summary>
/// The library drives functions that QEMU serves by its own vfio-user server, with no guest and no kernel between. A server ends with its client, and says so by
/// its exit code.
/// </summary>
public sealed class QemuServerTests
{
    private const int PageInBytes = 4096;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    // docs/specs/edu.rst in QEMU. Its BAR answers only where it was given an address, which the client does at the first access.
    [Fact]
    public async Task Edu_computes_interrupts_and_does_DMA()
    {
        using var peer = await Peer.Start(Peer.QemuWith("edu"));
        using (var device = VfioDevice.Open(peer.Address))
        {
            Assert.Equal((0x1234, 0x11e8), (device.Config.VendorId, device.Config.DeviceId));
            using var registers = device.Regions[RegionIndex.Bar0].Open(new WindowOptions { OnFault = OnFault.Throw });
            Assert.Equal(AccessPath.Message, registers.Plan.Path);
            Assert.Equal(0x0100_00edu, registers.Read32(0));
            registers.Write32(4, 0x1234_5678);
            Assert.Equal(~0x1234_5678u, registers.Read32(4));
            registers.Write32(8, 10);
            Assert.True(SpinWait.SpinUntil(() => (registers.Read32(0x20) & 1) == 0, Patience), "edu computes for ever");
            Assert.Equal(3_628_800u, registers.Read32(8));

            AssertInterrupts(device.Interrupts.Intx, registers);
            device.Config.EnableBusMaster();
            AssertInterrupts(device.Interrupts.Msi, registers);
            MoveMemory(device, registers);
        }

        Assert.Equal(0, await peer.WaitForExit());
    }

    // The image is QEMU's file: what the driver wrote is looked for there, and not by the driver.
    [Fact]
    public async Task Nvme_is_driven_by_the_librarys_driver()
    {
        const int ImageInBytes = 16 << 20, DataInBytes = 3 << 20, Block = 512;
        const ulong Place = 4096;
        var data = RandomNumberGenerator.GetBytes(DataInBytes);
        var original = RandomNumberGenerator.GetBytes(PageInBytes);
        var token = TestContext.Current.CancellationToken;
        var image = string.Empty;
        using var peer = await Peer.Start(folder =>
        {
            image = folder.PathOf("image");
            using var file = File.OpenHandle(image, FileMode.CreateNew, FileAccess.Write);
            RandomAccess.SetLength(file, ImageInBytes);
            RandomAccess.Write(file, original, 0);
            return Peer.QemuWith("nvme,drive=disk,serial=PEER", $"-blockdev driver=file,filename={image},node-name=disk");
        });

        await using (var controller = await NvmeController.OpenAsync(peer.Address, cancellationToken: token))
        {
            Assert.Equal("PEER", controller.Identity.SerialNumber);
            Assert.Equal("QEMU NVMe Ctrl", controller.Identity.ModelNumber);
            var disk = Assert.Single(controller.Namespaces);
            Assert.Equal((Block, (long)ImageInBytes), (disk.BlockSizeInBytes, disk.SizeInBytes));
            var first = new byte[PageInBytes];
            Assert.Equal(PageInBytes, await disk.ReadAsync(0, first, token));
            Assert.Equal(original, first);

            Assert.Equal(DataInBytes, await disk.WriteAsync(Place, data, token));
            await disk.FlushAsync(token);
            var read = new byte[DataInBytes];
            Assert.Equal(DataInBytes, await disk.ReadAsync(Place, read, token));
            Assert.True(data.AsSpan().SequenceEqual(read), "what was read is not what was written");
            await controller.ResetAsync(token);
            Assert.Equal(PageInBytes, await disk.ReadAsync(0, first, token));
            Assert.Equal(original, first);
        }

        Assert.Equal(0, await peer.WaitForExit());
        Assert.Equal(ImageInBytes, new FileInfo(image).Length);
        Assert.Equal(SHA256.HashData(data), HashOf(image, (long)Place * Block, DataInBytes));
    }

    // A register of each that keeps what is written: the first descriptor ring of a network card (82574, 10.2.6.1), ivshmem's interrupt mask.
    [Theory]
    [InlineData("e1000e,romfile=", 0x8086, 0x10d3, 0x3800, 0x1234_5670)]
    [InlineData("ivshmem-plain,memdev=memory", 0x1af4, 0x1110, 0, 0x55)]
    public async Task Registers_of_other_functions_keep_what_is_written(string kind, int vendor, int deviceId, ulong offset, uint value)
    {
        using var peer = await Peer.Start(Peer.QemuWith(kind, "-object memory-backend-memfd,id=memory,size=1M,share=on"));
        using (var device = VfioDevice.Open(peer.Address))
        {
            Assert.Equal((vendor, deviceId), (device.Config.VendorId, device.Config.DeviceId));
            using var registers = device.Regions[RegionIndex.Bar0].Open(new WindowOptions { OnFault = OnFault.Throw });
            Assert.Equal(0u, registers.Read32(offset));
            registers.Write32(offset, value);
            Assert.Equal(value, registers.Read32(offset));
            device.Reset();
            Assert.Equal(0u, registers.Read32(offset));
        }

        Assert.Equal(0, await peer.WaitForExit());
    }

    // docs/specs/pci-testdev.rst in QEMU: the number of a test, written to byte 0, makes its name appear from byte 16 on. BAR 1 is one of I/O ports.
    [Fact]
    public async Task Test_device_tells_its_tests_by_memory_and_by_ports()
    {
        using var peer = await Peer.Start(Peer.QemuWith("pci-testdev"));
        using (var device = VfioDevice.Open(peer.Address))
        {
            foreach (var (bar, expected) in ((RegionIndex, string)[])[(RegionIndex.Bar0, "mmio-no-eventfd"), (RegionIndex.Bar1, "portio-no-eventfd")])
            {
                using var window = device.Regions[bar].Open(new WindowOptions { OnFault = OnFault.Throw });
                window.Write8(0, 0);
                Assert.Equal(expected, string.Concat(Enumerable.Range(16, expected.Length).Select(offset => (char)window.Read8((ulong)offset))));
            }
        }

        Assert.Equal(0, await peer.WaitForExit());
    }

    private static void AssertInterrupts(InterruptSource source, RegionWindow registers)
    {
        using var vectors = source.Enable();
        Assert.False(vectors[0].Wait(TimeSpan.FromMilliseconds(50)));
        registers.Write32(0x60, 0x10);
        Assert.True(vectors[0].Wait(Patience));
        Assert.Equal(0x10u, registers.Read32(0x24));
        registers.Write32(0x64, 0x10);
        Assert.Equal(0u, registers.Read32(0x24));
    }

    private static void MoveMemory(VfioDevice device, RegionWindow registers)
    {
        // The device clamps its addresses to 28 bits.
        var reachable = new DmaMapOptions { Highest = new Iova((1 << 28) - 1) };
        using var source = DmaBuffer.Allocate(PageInBytes);
        using var target = DmaBuffer.Allocate(2 * PageInBytes);
        using var sourceMapping = device.Dma.Map(source, reachable);
        using var targetMapping = device.Dma.Map(target, reachable);
        new Random(2).NextBytes(source.Span);

        Move(registers, sourceMapping.Iova.Value, 0x40000, command: 1);
        Move(registers, 0x40000, targetMapping.IovaAt(64).Value, command: 3);

        Assert.True(source.Span.SequenceEqual(target.GetSpan(64, PageInBytes)), "what came back is not what went in");
        Assert.Equal(-1, target.GetSpan(0, 64).IndexOfAnyExcept((byte)0));
        Assert.Equal(-1, target.GetSpan(64 + PageInBytes, PageInBytes - 64).IndexOfAnyExcept((byte)0));
    }

    private static void Move(RegionWindow registers, ulong from, ulong to, ulong command)
    {
        registers.Write64(0x80, from);
        registers.Write64(0x88, to);
        registers.Write64(0x90, PageInBytes);
        registers.Write64(0x98, command);
        Assert.True(SpinWait.SpinUntil(() => (registers.Read64(0x98) & 1) == 0, Patience), "edu's DMA does not end");
    }

    private static byte[] HashOf(string path, long offset, int length)
    {
        using var file = File.OpenHandle(path);
        var bytes = new byte[length];
        Assert.Equal(length, RandomAccess.Read(file, bytes, offset));
        return SHA256.HashData(bytes);
    }
}
