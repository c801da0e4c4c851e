using VfioSharp.IbmZ;
using VfioSharp.Regions;

namespace VfioSharp.Backends.Linux;

/// <summary>What Linux tells of a function of IBM Z, put together.</summary>
internal static class ZpciFunction
{
    private const ushort StoreBlockUnit = 8;
    private const ushort LargestStoreBlock = 4096;

    /// <summary>Puts together what VFIO and sysfs tell.</summary>
    /// <param name="sysfs">The tree.</param>
    /// <param name="address">The function's address.</param>
    /// <param name="driver">The driver that hands it out, or null.</param>
    /// <param name="capabilities">The capabilities of VFIO's device information.</param>
    /// <returns>The description; null where neither knows the function as one of IBM Z.</returns>
    public static ZpciDescription? Describe(
        SysfsTree sysfs, DeviceAddress address, string? driver, IReadOnlyList<InfoCapability> capabilities)
    {
        var told = ZpciCapabilities.Read(capabilities);
        var attributes = ZpciAttributes.Read(sysfs, address);
        if (told is null && attributes is null)
            return null;

        var problems = new List<string>(told?.Problems ?? []);
        var (function, group) = (told?.Function, told?.Group);
        return new ZpciDescription
        {
            IsMioEnabled = attributes?.IsMioEnabled,
            Driver = driver,
            MaximumStoreBlockInBytes = CheckStoreBlock(group?.FunctionStoreBlockInBytes, problems),
            KernelStoreBlockInBytes = CheckStoreBlock(group?.KernelStoreBlockInBytes, problems),
            FunctionId = attributes?.FunctionId,
            FunctionHandle = function?.FunctionHandle ?? attributes?.FunctionHandle,
            Uid = attributes?.Uid,
            IsUidUnique = attributes?.IsUidUnique,
            Index = attributes?.Index,
            PhysicalChannelId = function?.PhysicalChannelId ?? attributes?.PhysicalChannelId,
            Port = attributes?.Port,
            VirtualFunctionNumber = function?.VirtualFunctionNumber ?? attributes?.VirtualFunctionNumber,
            FunctionType = function?.FunctionType ?? attributes?.FunctionType,
            GroupId = function?.GroupId ?? attributes?.GroupId,
            FunctionParameters = attributes?.FunctionParameters,
            UtilityString = told?.UtilityString ?? attributes?.UtilityString,
            FunctionPath = told is { FunctionPath: { Count: > 0 } path } ? path : attributes?.FunctionPath ?? [],
            DmaWindow = function?.DmaWindow,
            DmaAddressMask = group?.DmaAddressMask,
            NeedsRefresh = group?.NeedsRefresh,
            MsiAddress = group?.MsiAddress,
            MaximumMsiCount = group?.MaximumMsiCount,
            MeasurementBlockLengthInBytes = function?.MeasurementBlockLengthInBytes,
            MeasurementIntervalInMilliseconds = group?.MeasurementIntervalInMilliseconds,
            PciVersion = group?.PciVersion,
            Problems = problems,
        };
    }

    // A block store takes multiples of 8 within a page (arch/s390/include/asm/pci_io.h); who believed more would store beyond the page.
    private static ushort? CheckStoreBlock(ushort? length, List<string> problems)
    {
        if (length is null || (length is >= StoreBlockUnit and <= LargestStoreBlock && length % StoreBlockUnit == 0))
            return length;
        problems.Add($"The capability ZPCI_GROUP names {length} bytes as the longest block store, which is no multiple of 8 from 8 to 4096; it is left out.");
        return null;
    }
}
