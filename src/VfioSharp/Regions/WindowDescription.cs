using Microsoft.Extensions.Logging;
using VfioSharp.Backends;
using VfioSharp.Interrupts;

namespace VfioSharp.Regions;

/// <summary>What a window is told when it is made. Immutable.</summary>
/// <param name="Device">The device's address, for messages.</param>
/// <param name="RegionName">The region's name, for messages: "BAR0".</param>
/// <param name="Area">The part of the region that the window shows.</param>
/// <param name="Flags">What may be done with the region; only Read and Write count here.</param>
/// <param name="Plan">The way in.</param>
/// <param name="OnFault">What happens when an access does not reach the device.</param>
/// <param name="Logger">Where the first fault is reported, or null.</param>
internal sealed record WindowDescription(
    string Device, string RegionName, RegionArea Area, RegionFlags Flags, AccessPlan Plan, OnFault OnFault, ILogger? Logger = null)
{
    /// <summary>The host of the mapping, for what a failed access means.</summary>
    public DeviceHost Host { get; init; } = DeviceHost.Local;

    /// <summary>Which stores are one access.</summary>
    public BlockStores Stores { get; init; } = BlockStores.None;

    /// <summary>Knows whether the device is in error state; null where each access tells that by itself.</summary>
    public ErrorWatch? Errors { get; init; }

    /// <summary>Says why nothing reaches the device any more, or null; see <see cref="DeviceBackend.ExplainLoss"/>.</summary>
    public Func<string?>? ExplainLoss { get; init; }
}
