using VfioSharp.Backends;
using VfioSharp.Mmio;

namespace VfioSharp.Regions;

/// <summary>Reaches registers by one request to the backend each: pread and pwrite on a device's file, or a message.</summary>
internal sealed class RequestAccessor(DeviceBackend backend, RegionDescription region) : RegisterAccessor
{
    /// <inheritdoc/>
    public override AccessOutcome Read(ulong regionOffset, Span<byte> destination) =>
        AccessOutcome.OfErrno(backend.ReadRegion(region, regionOffset, destination));

    /// <inheritdoc/>
    public override AccessOutcome Write(ulong regionOffset, ReadOnlySpan<byte> source) =>
        AccessOutcome.OfErrno(backend.WriteRegion(region, regionOffset, source));

    /// <inheritdoc/>
    public override AccessOutcome WriteBlock(ulong regionOffset, ReadOnlySpan<byte> source) => Write(regionOffset, source);
}
