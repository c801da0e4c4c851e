using System.Text.Json.Nodes;

namespace VfioSharp.Tool.Reports.Probing;

/// <summary>What `vfio probe` tells of a device.</summary>
internal sealed record ProbeReport(
    string Device,
    string Backend,
    string Kernel,
    string Architecture,
    ushort Vendor,
    string? VendorName,
    ushort DeviceId,
    string? DeviceName,
    ushort? SubsystemVendor,
    ushort? SubsystemDevice,
    uint Class,
    string? ClassName,
    byte Revision,
    string? Driver,
    int? IommuGroup,
    bool SupportsReset,
    IReadOnlyList<string> Command,
    IReadOnlyList<RegionReport> Regions,
    IReadOnlyList<InterruptReport> Interrupts,
    IReadOnlyList<CapabilityReport> Capabilities,
    IReadOnlyList<string> CapabilityProblems,
    DmaReport Dma,
    IReadOnlyList<FeatureReport> Features,
    ZpciReport? Zpci);

/// <summary>A region, and how a window on all of it reaches its registers.</summary>
internal sealed record RegionReport(
    int Index,
    string Name,
    ulong Size,
    IReadOnlyList<string> Flags,
    string? Kind,
    string Path,
    string Reason,
    bool FaultGuarded,
    IReadOnlyList<RuledOutReport> RuledOut,
    IReadOnlyList<AreaReport> MappableAreas,
    RegionTypeReport? Type,
    bool MsixMappable);

/// <summary>A part of a region that can be mapped, where only parts can.</summary>
internal sealed record AreaReport(ulong Offset, ulong Size);

/// <summary>The kind of a region particular to the device.</summary>
internal sealed record RegionTypeReport(uint Type, uint Subtype);

/// <summary>An interrupt index.</summary>
internal sealed record InterruptReport(int Index, string Name, int Count, IReadOnlyList<string> Flags);

/// <summary>
/// A capability of configuration space ("config") or of VFIO's device information ("vfio", where it has no offset); the space says whose
/// numbers the id is one of. Details are particular to the capability; null where the command knows none.
/// </summary>
internal sealed record CapabilityReport(
    int Id, string Name, bool Extended, int? Offset, int? Length, int? Version, JsonObject? Details, string Space = "config");

/// <summary>The device's I/O address space.</summary>
/// <param name="PageSizes">The page sizes in bytes.</param>
/// <param name="Ranges">The IOVAs that can be mapped.</param>
/// <param name="Available">How many mappings can be made; null where there is no limit, or it is not told.</param>
internal sealed record DmaReport(IReadOnlyList<ulong> PageSizes, IReadOnlyList<IovaRangeReport> Ranges, uint? Available);

/// <summary>A range of IOVAs, both ends included.</summary>
internal sealed record IovaRangeReport(ulong Start, ulong End);

/// <summary>A feature that the device has.</summary>
internal sealed record FeatureReport(int Number, string Name, bool Get, bool Set);
