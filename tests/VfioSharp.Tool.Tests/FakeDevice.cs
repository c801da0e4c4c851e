using System.Buffers.Binary;
using System.Runtime.InteropServices;
using VfioSharp.Backends;
using VfioSharp.Dma;
using VfioSharp.IbmZ;
using VfioSharp.Interrupts;
using VfioSharp.Mmio;
using VfioSharp.Native;
using VfioSharp.Regions;

namespace VfioSharp.Tool.Tests;

/// <summary>
/// An NVMe-like function: BAR0 of 16 KiB in a memfd, which can be mapped and read as a file, BAR2 of 256 bytes by file only, a read-only
/// ROM that answers no read, and a configuration space with four capabilities.
/// </summary>
internal sealed class FakeDevice : DeviceBackend
{
    public const int Bar0Length = 16384;

    private readonly FileDescriptor _memory = Libc.memfd_create("bar0", Libc.MFD_CLOEXEC);
    private readonly byte[] _bar2 = new byte[256];

    public FakeDevice()
    {
        Assert.False(_memory.IsInvalid);
        Assert.Equal(0, Libc.ftruncate(_memory, Bar0Length));
        Store(_memory, 8, 0x0001_0400);
        BuildConfig(Config);
    }

    public byte[] Config { get; } = new byte[4096];

    /// <summary>What BAR0 held when the device was closed.</summary>
    public byte[] Bar0AtTheEnd { get; } = new byte[Bar0Length];

    public bool IsDisposed { get; private set; }

    public override string Name => "group";

    public override DmaBackend Dma { get; } = new FakeDma();

    /// <summary>The capabilities of VFIO's device information.</summary>
    public IReadOnlyList<InfoCapability> Capabilities { get; init; } = [];

    /// <summary>What an IBM Z knows of the function; null on another machine.</summary>
    public ZpciDescription? Zpci { get; init; }

    public override ZpciDescription? DescribeZpci() => Zpci;

    public override DeviceDescription Describe() => new(SupportsReset: true, IsPci: true, RegionCount: 9, InterruptCount: 5, Capabilities);

    public override RegionDescription DescribeRegion(int index) => index switch
    {
        0 => new(0, RegionFlags.Read | RegionFlags.Write | RegionFlags.Mmap, Bar0Length, 0, [], null, IsMsixMappable: true, []),
        2 => new(2, RegionFlags.Read | RegionFlags.Write, (ulong)_bar2.Length, 2UL << 40, [], null, false, []),
        6 => new(6, RegionFlags.Read, 2048, 6UL << 40, [], null, false, []),
        7 => new(7, RegionFlags.Read | RegionFlags.Write, (ulong)Config.Length, 7UL << 40, [], null, false, []),
        _ => RegionDescription.Absent(index),
    };

    public override InterruptDescription DescribeInterrupt(InterruptIndex index) => index switch
    {
        InterruptIndex.Msix => new(index, InterruptFlags.EventFd, 65),
        InterruptIndex.Request => new(index, InterruptFlags.EventFd | InterruptFlags.NoResize, 1),
        _ => new(index, InterruptFlags.None, 0),
    };

    public override unsafe Errno ReadRegion(RegionDescription region, ulong offset, Span<byte> destination)
    {
        if (region.Index == 6)
            return Errno.EIO;
        if (region.Index == 0)
        {
            fixed (byte* bytes = destination)
                return Libc.pread(_memory, bytes, (nuint)destination.Length, (long)offset) == destination.Length ? Errno.None : Errno.EIO;
        }

        BytesOf(region).AsSpan((int)offset, destination.Length).CopyTo(destination);
        return Errno.None;
    }

    public override unsafe Errno WriteRegion(RegionDescription region, ulong offset, ReadOnlySpan<byte> source)
    {
        if (region.Index == 0)
        {
            fixed (byte* bytes = source)
                return Libc.pwrite(_memory, bytes, (nuint)source.Length, (long)offset) == source.Length ? Errno.None : Errno.EIO;
        }

        source.CopyTo(BytesOf(region).AsSpan((int)offset));
        return Errno.None;
    }

    public override DeviceMapping MapRegion(RegionDescription region, ulong offset, ulong lengthInBytes, MappingAccess access) =>
        PageMapping.TryMap(_memory, offset, lengthInBytes, access, out var errno) ?? throw new VfioException("map", null, errno);

    public override void ConnectInterrupts(InterruptIndex index, InterruptAction action, int start, ReadOnlySpan<int> eventFds)
    {
    }

    public override void ApplyInterruptAction(InterruptIndex index, InterruptAction action, int start, int count)
    {
    }

    public override void DisableInterrupts(InterruptIndex index)
    {
    }

    public override void Reset()
    {
    }

    public override HotResetDescription? DescribeHotReset() => null;

    public override void HotReset()
    {
    }

    public override bool ProbeFeature(DeviceFeature feature, DeviceFeatureOperations operation) =>
        feature == DeviceFeature.LowPowerEntry && operation == DeviceFeatureOperations.Set;

    public override void SetFeature(DeviceFeature feature, ReadOnlySpan<byte> data) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        IsDisposed = true;
        Assert.Equal(Errno.None, ReadRegion(DescribeRegion(0), 0, Bar0AtTheEnd));
        _memory.Dispose();
    }

    private byte[] BytesOf(RegionDescription region) => region.Index == 7 ? Config : _bar2;

    private static unsafe void Store(FileDescriptor memory, long offset, uint value)
    {
        var bytes = stackalloc byte[4];
        BinaryPrimitives.WriteUInt32LittleEndian(new Span<byte>(bytes, 4), value);
        Assert.Equal(4, Libc.pwrite(memory, bytes, 4, offset));
    }

    // Header, then PM at 0x40, MSI-X at 0x50, PCI Express at 0x60; AER as the one extended capability.
    private static void BuildConfig(byte[] config)
    {
        Put(config, 0x00, 0x0010_1b36);
        Put(config, 0x04, 0x0010_0006);
        Put(config, 0x08, 0x0108_0202);
        Put(config, 0x10, 0xfebd_0004);
        Put(config, 0x18, 0x0000_c001);
        Put(config, 0x2c, 0x1100_1af4);
        Put(config, 0x34, 0x0000_0040);
        Put(config, 0x40, 0x0003_5001);
        Put(config, 0x50, 0x0040_6011);
        Put(config, 0x54, 0x0000_2000);
        Put(config, 0x58, 0x0000_3000);
        Put(config, 0x60, 0x0002_0010);
        Put(config, 0x64, 0x1000_0000);
        Put(config, 0x6c, 0x0000_0011);
        Put(config, 0x100, 0x0001_0001 | 1 << 16);
    }

    private static void Put(byte[] config, int offset, uint value) =>
        BinaryPrimitives.WriteUInt32LittleEndian(config.AsSpan(offset), value);

    private sealed class FakeDma : DmaBackend
    {
        public override ulong GetPageSizes() => 0x4020_1000;

        public override IReadOnlyList<IovaRange> GetRanges() =>
            [new(new Iova(0), new Iova(0xfedf_ffff)), new(new Iova(0xfef0_0000), new Iova(ulong.MaxValue))];

        public override uint? GetAvailableMappings() => 65535;

        public override void Map(Iova iova, nuint address, ulong lengthInBytes, DmaAccess access, SafeHandle? file, ulong fileOffset) =>
            throw new NotSupportedException();

        public override ulong Unmap(Iova iova, ulong lengthInBytes) => 0;

        public override ulong UnmapAll() => 0;

        protected override void Dispose(bool disposing)
        {
        }
    }
}
