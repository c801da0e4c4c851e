using VfioSharp.IbmZ;

namespace VfioSharp.Tool.Reports.Probing;

/// <summary>
/// What only a function of an IBM Z has, under the names that its sysfs attributes and VFIO's structures have; null where it is not known.
/// Lengths and block stores are in bytes, the interval in milliseconds; the path has four segments or none; problems are what the kernel
/// told that makes no sense.
/// </summary>
internal sealed record ZpciReport(
    uint? FunctionId,
    uint? FunctionHandle,
    uint? Uid,
    bool? UidIsUnique,
    uint? Index,
    ushort? Pchid,
    byte? Port,
    ushort? Vfn,
    byte? Pft,
    byte? Pfgid,
    byte? Fidparm,
    string? UtilString,
    IReadOnlyList<int> FunctionPath,
    bool? MioEnabled,
    ushort? MaxStoreBlock,
    ushort? KernelStoreBlock,
    IovaRangeReport? DmaWindow,
    ulong? DmaAddressMask,
    bool? Refresh,
    ulong? MsiAddress,
    ushort? MaxMsi,
    ushort? MeasurementBlockLength,
    ushort? MeasurementInterval,
    byte? PciVersion,
    IReadOnlyList<string> Problems)
{
    public static ZpciReport? Of(ZpciDescription? zpci) => zpci is null ? null : new(
        zpci.FunctionId,
        zpci.FunctionHandle,
        zpci.Uid,
        zpci.IsUidUnique,
        zpci.Index,
        zpci.PhysicalChannelId,
        zpci.Port,
        zpci.VirtualFunctionNumber,
        zpci.FunctionType,
        zpci.GroupId,
        zpci.FunctionParameters,
        zpci.UtilityString,
        [.. zpci.FunctionPath],
        zpci.IsMioEnabled,
        zpci.MaximumStoreBlockInBytes,
        zpci.KernelStoreBlockInBytes,
        zpci.DmaWindow is { } window ? new IovaRangeReport(window.Start.Value, window.End.Value) : null,
        zpci.DmaAddressMask,
        zpci.NeedsRefresh,
        zpci.MsiAddress,
        zpci.MaximumMsiCount,
        zpci.MeasurementBlockLengthInBytes,
        zpci.MeasurementIntervalInMilliseconds,
        zpci.PciVersion,
        zpci.Problems);
}
