using VfioSharp.Mmio;
using VfioSharp.Regions;
using VfioSharp.Zpci.Memory;

namespace VfioSharp.Zpci.Backend;

public sealed partial class ZpciDeviceBackend
{
    /// <inheritdoc/>
    public override RegionDescription DescribeRegion(int index)
    {
        lock (_gate)
        {
            if (_device.GetRegionInfo(index, out var info).IsError)
                return RegionDescription.Absent(index);
            // Where an absent region would begin, the one before it ends.
            if (info.SizeInBytes == 0)
                return RegionDescription.Absent(index) with { FileOffset = info.Offset };
            IReadOnlyList<InfoCapability> capabilities = info.IsMsixMappable ? [new InfoCapability(3, 1, ReadOnlyMemory<byte>.Empty)] : [];
            return new RegionDescription(index, info.Flags, info.SizeInBytes, info.Offset, [], null, info.IsMsixMappable, capabilities);
        }
    }

    /// <inheritdoc/>
    public override Errno ReadRegion(RegionDescription region, ulong offset, Span<byte> destination)
    {
        ArgumentNullException.ThrowIfNull(region);
        lock (_gate)
        {
            var result = _device.Read(region.FileOffset + offset, destination);
            return result.IsError ? result.Errno : result.Value == destination.Length ? Errno.None : Errno.EIO;
        }
    }

    /// <inheritdoc/>
    public override Errno WriteRegion(RegionDescription region, ulong offset, ReadOnlySpan<byte> source)
    {
        ArgumentNullException.ThrowIfNull(region);
        lock (_gate)
        {
            var result = _device.Write(region.FileOffset + offset, source);
            return result.IsError ? result.Errno : result.Value == source.Length ? Errno.None : Errno.EIO;
        }
    }

    /// <inheritdoc/>
    public override DeviceMapping MapRegion(RegionDescription region, ulong offset, ulong lengthInBytes, MappingAccess access)
    {
        ArgumentNullException.ThrowIfNull(region);
        var protection = ((access & MappingAccess.Read) != 0 ? Protection.Read : 0) | ((access & MappingAccess.Write) != 0 ? Protection.Write : 0);
        lock (_gate)
        {
            var address = _process.Memory.Map(_device, region.FileOffset + offset, lengthInBytes, protection, MapFlags.Shared);
            if (!address.IsError)
                return new ZpciDeviceMapping(_process.Memory, _gate, (nuint)(ulong)address.Value, lengthInBytes, access);
            var advice = address.Errno == Errno.ENOMEM
                ? "the kernel has no room to map a BAR of that size for itself."
                : "the kernel maps neither this region nor this part of it.";
            throw new VfioException(
                $"map {lengthInBytes} bytes at offset 0x{offset:x} of region {region.Index}", _address, address.Errno, advice);
        }
    }
}
