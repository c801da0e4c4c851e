using VfioSharp.Backends;
using VfioSharp.IbmZ;

namespace VfioSharp.Regions;

/// <summary>What the choice of a path depends on.</summary>
/// <param name="Region">The region.</param>
/// <param name="Name">Its name, for sentences: "BAR0".</param>
/// <param name="Window">The part of the region that the window shows.</param>
/// <param name="IsPorts">Whether the BAR is one of I/O ports.</param>
/// <param name="ByRequest">The path that needs no mapping here: <see cref="AccessPath.RegionFile"/> or <see cref="AccessPath.Message"/>.</param>
/// <param name="Host">What the host of the mapping can do.</param>
internal sealed record AccessQuestion(
    RegionDescription Region, string Name, RegionArea Window, bool IsPorts, AccessPath ByRequest, DeviceHost Host)
{
    /// <summary>What is known of the function because it is on an IBM Z; null elsewhere, or where nothing is.</summary>
    public ZpciDescription? Zpci { get; init; }

    /// <summary>Whether the function is IBM's ISM device, whose BARs no kernel maps.</summary>
    public bool IsIsm { get; init; }

    /// <summary>How much of the region, in bytes from its start, lies before the next region in the device's file.</summary>
    public ulong ReachableLengthInBytes { get; init; } = ulong.MaxValue;

    /// <summary>Whether system calls are wanted where both they and MIO instructions are possible.</summary>
    public bool PrefersSyscalls { get; init; }

    /// <summary>Whether the region is a BAR.</summary>
    public bool IsBar => Region.Index <= (int)RegionIndex.Bar5;

    /// <summary>Whether another process serves the function, so that no kernel has a say in it.</summary>
    public bool IsServed => ByRequest == AccessPath.Message;

    /// <summary>Whether the function is handed out by the driver that reaches ISM devices by function handle (drivers/vfio/pci/ism).</summary>
    public bool IsServedByIsmDriver => Zpci?.Driver == ZpciDescription.IsmDriver;

    /// <summary>
    /// Whether the kernel uses MIO instructions for every function and this one has no MIO addresses. What it reads there is no register:
    /// a small BAR's mapping is one of physical address 0, a large one's does not come about (arch/s390/pci/pci.c, pci_iomap_range).
    /// </summary>
    public bool IsLostToMio => Host.IsIbmZ && Host.HasMioInstructions && Zpci?.IsMioEnabled != true;
}
