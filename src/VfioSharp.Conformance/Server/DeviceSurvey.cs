using VfioSharp.Conformance.Trials;

namespace VfioSharp.Conformance.Server;

/// <summary>What a server says of its device when it is asked as a client asks. Cases choose by it what they can ask.</summary>
internal sealed record DeviceSurvey
{
    public ushort Major { get; init; }

    public ushort Minor { get; init; }

    /// <summary>The server's JSON text, for people.</summary>
    public string Capabilities { get; init; } = string.Empty;

    /// <summary>How many descriptors a message to the server may carry.</summary>
    public int MaxFds { get; init; } = 1;

    /// <summary>How many bytes of data a message to the server may carry.</summary>
    public ulong MaxTransfer { get; init; } = Numbers.DefaultTransfer;

    public ulong MaxDmaMaps { get; init; } = 65535;

    public bool WritesMultiple { get; init; }

    public bool OffersTwinSocket { get; init; }

    public uint Flags { get; init; }

    public uint RegionCount { get; init; }

    public uint IrqCount { get; init; }

    public IReadOnlyList<SurveyedRegion> Regions { get; init; } = [];

    public IReadOnlyList<SurveyedIrq> Irqs { get; init; } = [];

    public ushort Vendor { get; init; }

    public ushort Device { get; init; }

    public bool AnswersIoFds { get; init; }

    public bool HasMigration { get; init; }

    public ulong MigrationFlags { get; init; }

    public bool HasLogging { get; init; }

    /// <summary>Whether the configuration space answers a read, whatever the flags of its region say.</summary>
    public bool HasConfigSpace { get; init; }

    public SurveyedRegion? MappableRegion => Regions.FirstOrDefault(region => region.IsMappable);

    public SurveyedRegion? SparseRegion => Regions.FirstOrDefault(region => region.Areas.Count != 0);

    public SurveyedRegion? EmptyRegion => Regions.FirstOrDefault(region => region.Size == 0);

    public SurveyedRegion? IoFdRegion => Regions.FirstOrDefault(region => region.IoFdCount != 0);

    /// <summary>An interrupt index with an eventfd's worth of interrupts.</summary>
    public SurveyedIrq? Signalled => Irqs.Where(irq => irq.IsSignalled && irq.Count > 0).MaxBy(irq => irq.Count);

    public SurveyedIrq? SignalledTwice => Signalled is { Count: > 1 } irq && MaxFds > 1 ? irq : null;

    public SurveyedRegion? Region(uint index) => Regions.FirstOrDefault(region => region.Index == index);

    public SurveyedIrq? Irq(uint index) => Irqs.FirstOrDefault(irq => irq.Index == index);

    /// <summary>Lines for a person.</summary>
    public IReadOnlyList<string> Describe() =>
    [
        $"version {Major}.{Minor} {Capabilities}",
        $"device {Vendor:x4}:{Device:x4}, {RegionCount} regions, {IrqCount} interrupt indexes",
        .. Regions.Where(region => region.Size != 0).Select(region => region.ToString()),
        $"interrupts: {string.Join(", ", Irqs.Select(irq => $"index {irq.Index}: {irq.Count}"))}",
        $"migration: {(HasMigration ? $"yes, flags 0x{MigrationFlags:x}" : "no")}; DMA logging: {(HasLogging ? "yes" : "no")}; I/O descriptors: {(AnswersIoFds ? "yes" : "no")}",
    ];
}

/// <summary>A region as VFIO_USER_DEVICE_GET_REGION_INFO describes it.</summary>
/// <param name="Index">Its index.</param>
/// <param name="Flags">Its flags.</param>
/// <param name="Size">Its size in bytes.</param>
/// <param name="Offset">Where it begins in the descriptor's file.</param>
/// <param name="ArgumentSize">The size of the whole description.</param>
/// <param name="Areas">Its sparse areas.</param>
/// <param name="FdCount">How many descriptors came with the whole description.</param>
/// <param name="IoFdCount">How many sub-regions have descriptors of their own.</param>
internal sealed record SurveyedRegion(
    uint Index, uint Flags, ulong Size, ulong Offset, uint ArgumentSize, IReadOnlyList<(ulong Offset, ulong Size)> Areas, int FdCount, int IoFdCount)
{
    public bool IsReadable => (Flags & Numbers.RegionRead) != 0;

    public bool IsMappable => (Flags & Numbers.RegionMmap) != 0 && Size != 0 && FdCount != 0;

    public override string ToString() =>
        $"region {Index}: 0x{Size:x} bytes, flags 0x{Flags:x}{(FdCount != 0 ? $", {FdCount} descriptors" : string.Empty)}{(Areas.Count != 0 ? $", {Areas.Count} sparse areas" : string.Empty)}";
}

/// <summary>An interrupt index as VFIO_USER_DEVICE_GET_IRQ_INFO describes it.</summary>
/// <param name="Index">The index.</param>
/// <param name="Flags">Its flags.</param>
/// <param name="Count">How many interrupts it has.</param>
internal sealed record SurveyedIrq(uint Index, uint Flags, uint Count)
{
    public bool IsSignalled => (Flags & Numbers.IrqEventFd) != 0;

    public bool IsMaskable => (Flags & Numbers.IrqMaskable) != 0 && Count != 0;
}
