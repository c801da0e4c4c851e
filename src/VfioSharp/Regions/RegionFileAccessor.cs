using VfioSharp.Backends;

namespace VfioSharp.Regions;

/// <summary>Reaches registers by one request to the backend each: pread and pwrite on a device's file, or a message.</summary>
internal sealed class RegionFileAccessor(DeviceBackend backend, RegionDescription region) : RegisterAccessor
{
    /// <inheritdoc/>
    public override Errno Read(ulong regionOffset, Span<byte> destination) => backend.ReadRegion(region, regionOffset, destination);

    /// <inheritdoc/>
    public override Errno Write(ulong regionOffset, ReadOnlySpan<byte> source) => backend.WriteRegion(region, regionOffset, source);
}
