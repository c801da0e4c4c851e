using VfioSharp.Backends;
using VfioSharp.IbmZ;
using VfioSharp.Interrupts;
using VfioSharp.Mmio;
using VfioSharp.Regions;

namespace VfioSharp.Tests.Fakes;

/// <summary>
/// A device whose regions are byte arrays that hold whatever is written. It records accesses, insists that they lie within the region,
/// and fails when it is told to. It has the interrupts and mappings that the test gives it.
/// </summary>
internal sealed class ByteArrayBackend : DeviceBackend
{
    private readonly Dictionary<int, byte[]> _regions = [];

    /// <summary>Accesses to regions in order: "read 7 0x4 2", "write 7 0x4 2".</summary>
    public List<string> Accesses { get; } = [];

    /// <summary>What every access answers, having done nothing; None for success.</summary>
    public Errno Error { get; set; }

    /// <summary>Whether BARs answer all ones without an error and configuration space answers EIO, until a reset: an IBM Z after a DMA error.</summary>
    public bool IsInErrorState { get; set; }

    /// <summary>The device's interrupts; null where it has none.</summary>
    public InterruptBackend? InterruptSeam { get; init; }

    public override string Name => "bytes";

    public override DmaBackend Dma => DmaSeam;

    /// <summary>Which IOVAs the device can use.</summary>
    public DmaLimits Limits { get; init; } = DmaLimits.None;

    public override DmaLimits DescribeDmaLimits() => Limits;

    public RecordingDmaBackend DmaSeam { get; init; } = new();

    /// <summary>Why the device cannot be described; None where it can.</summary>
    public Errno DescribeError { get; init; }

    public bool IsPci { get; init; } = true;

    public int RegionCount { get; init; } = 9;

    /// <summary>What every region offers.</summary>
    public RegionFlags Flags { get; init; } = RegionFlags.Read | RegionFlags.Write;

    /// <summary>Makes mappings; null where each is refused.</summary>
    public Func<DeviceMapping>? Mapper { get; init; }

    /// <summary>The host of the mappings; by default this machine.</summary>
    public DeviceHost HostOfMappings { get; init; } = DeviceHost.Local;

    public ZpciDescription? Zpci { get; init; }

    /// <summary>A region begins in the device's file at its index shifted by this.</summary>
    public int FileOffsetShift { get; init; } = 40;

    /// <summary>How long region 0 says that it is, where that is more than the array.</summary>
    public ulong? ClaimedSize { get; init; }

    public override DeviceHost Host => HostOfMappings;

    public override ZpciDescription? DescribeZpci() => Zpci;

    /// <summary>Makes mappings of a part, by offset and length.</summary>
    public Func<ulong, ulong, DeviceMapping>? PartMapper { get; init; }

    /// <summary>A device with a configuration space and nothing else.</summary>
    public static ByteArrayBackend WithConfig(byte[] bytes) => new ByteArrayBackend().With((int)RegionIndex.Config, bytes);

    /// <summary>Gives the device a region, which is the array itself: what the test changes there, the device changes.</summary>
    public ByteArrayBackend With(int index, byte[] bytes)
    {
        _regions[index] = bytes;
        return this;
    }

    public override DeviceDescription Describe() => DescribeError == Errno.None
        ? new(SupportsReset: true, IsPci, RegionCount, InterruptCount: 5, [])
        : throw new VfioException("describe", null, DescribeError);

    public override RegionDescription DescribeRegion(int index) => _regions.TryGetValue(index, out var bytes)
        ? new RegionDescription(index, Flags, index == 0 ? ClaimedSize ?? (ulong)bytes.Length : (ulong)bytes.Length, (ulong)index << FileOffsetShift, [], null, false, [])
        : RegionDescription.Absent(index) with { FileOffset = (ulong)index << FileOffsetShift };

    public override Errno ReadRegion(RegionDescription region, ulong offset, Span<byte> destination)
    {
        Accesses.Add($"read {region.Index} 0x{offset:x} {destination.Length}");
        var bytes = Inside(region, offset, destination.Length);
        if (IsInErrorState && region.Index == (int)RegionIndex.Config)
            return Errno.EIO;
        if (IsInErrorState)
            destination.Fill(0xff);
        else if (Error == Errno.None)
            bytes.CopyTo(destination);
        return Error;
    }

    public override Errno WriteRegion(RegionDescription region, ulong offset, ReadOnlySpan<byte> source)
    {
        Accesses.Add($"write {region.Index} 0x{offset:x} {source.Length}");
        var bytes = Inside(region, offset, source.Length);
        if (Error == Errno.None)
            source.CopyTo(bytes);
        return Error;
    }

    public override InterruptDescription DescribeInterrupt(InterruptIndex index) =>
        InterruptSeam?.DescribeInterrupt(index) ?? new(index, InterruptFlags.None, 0);

    public override DeviceMapping MapRegion(RegionDescription region, ulong offset, ulong lengthInBytes, MappingAccess access) =>
        PartMapper?.Invoke(offset, lengthInBytes) ?? Mapper?.Invoke() ?? throw new VfioException("map", null, Errno.EINVAL);

    public override void ConnectInterrupts(InterruptIndex index, InterruptAction action, int start, ReadOnlySpan<int> eventFds) =>
        (InterruptSeam ?? throw new VfioException("connect", null, Errno.EINVAL)).ConnectInterrupts(index, action, start, eventFds);

    public override void ApplyInterruptAction(InterruptIndex index, InterruptAction action, int start, int count) =>
        throw new VfioException("apply", null, Errno.EINVAL);

    public override void DisableInterrupts(InterruptIndex index) =>
        (InterruptSeam ?? throw new VfioException("disable", null, Errno.EINVAL)).DisableInterrupts(index);

    public override void Reset()
    {
        Accesses.Add("reset");
        IsInErrorState = false;
    }

    public override HotResetDescription? DescribeHotReset() => null;

    public override void HotReset() => throw new VfioException("hot reset", null, Errno.ENODEV);

    public override bool ProbeFeature(DeviceFeature feature, DeviceFeatureOperations operation) => false;

    public override void SetFeature(DeviceFeature feature, ReadOnlySpan<byte> data) => Accesses.Add($"set {feature} {Convert.ToHexStringLower(data)}");

    protected override void Dispose(bool disposing)
    {
        Accesses.Add("dispose");
        InterruptSeam?.Dispose();
    }

    private Span<byte> Inside(RegionDescription region, ulong offset, int length)
    {
        var bytes = _regions[region.Index];
        Assert.True(offset <= (ulong)bytes.Length && (ulong)length <= (ulong)bytes.Length - offset, $"0x{offset:x}+{length} is outside of the region");
        return bytes.AsSpan((int)offset, length);
    }
}
