using System.Text.Json.Nodes;
using VfioSharp.Nvme.Specification;

namespace VfioSharp.Tool.Nvme.Reporting;

/// <summary>What a controller says of a namespace, under the names that nvme-cli gives the fields (`nvme id-ns -o json`).</summary>
internal static class NamespaceFields
{
    /// <summary>Reads the fields.</summary>
    /// <param name="id">The namespace's number, which nvme-cli leaves out.</param>
    /// <param name="identity">What Identify answered.</param>
    public static JsonObject Describe(uint id, ref IdentifyNamespace identity)
    {
        var formats = new JsonNode[Math.Min(identity.FormatCount + 1, identity.Formats.Length)];
        for (var format = 0; format < formats.Length; format++)
            formats[format] = Describe(ref identity.Formats[format]);
        return new JsonObject
        {
            ["nsid"] = id,
            ["nsze"] = identity.SizeInBlocks.Value,
            ["ncap"] = identity.CapacityInBlocks.Value,
            ["nuse"] = identity.UtilizationInBlocks.Value,
            ["nsfeat"] = identity.Features,
            ["nlbaf"] = identity.FormatCount,
            ["flbas"] = identity.FormattedAs,
            ["mc"] = identity.MetadataCapabilities,
            ["dpc"] = identity.ProtectionCapabilities,
            ["dps"] = identity.Protection,
            ["nmic"] = identity.Sharing,
            ["rescap"] = identity.ReservationCapabilities,
            ["fpi"] = identity.FormatProgress,
            ["dlfeat"] = identity.DeallocateFeatures,
            ["nawun"] = identity.AtomicWriteUnitNormal.Value,
            ["nawupf"] = identity.AtomicWriteUnitPowerFail.Value,
            ["nacwu"] = identity.AtomicCompareAndWriteUnit.Value,
            ["nabsn"] = identity.AtomicBoundary.Value,
            ["nabo"] = identity.AtomicBoundaryOffset.Value,
            ["nabspf"] = identity.AtomicBoundaryPowerFail.Value,
            ["noiob"] = identity.OptimalIoBoundaryInBlocks.Value,
            ["nvmcap"] = NvmeText.Number(identity.NvmCapacityInBytes),
            // nvme-cli leaves these five out where NSFEAT says that they are not set.
            ["npwg"] = identity.PreferredWriteGranularity.Value,
            ["npwa"] = identity.PreferredWriteAlignment.Value,
            ["npdg"] = identity.PreferredDeallocateGranularity.Value,
            ["npda"] = identity.PreferredDeallocateAlignment.Value,
            ["nows"] = identity.OptimalWriteSize.Value,
            ["mssrl"] = identity.MaxCopyRangeInBlocks.Value,
            ["mcl"] = identity.MaxCopyInBlocks.Value,
            ["msrc"] = identity.MaxCopyRanges,
            ["kpios"] = identity.KeyPerIoStatus,
            ["nulbaf"] = identity.UniqueFormatCount,
            ["kpiodaag"] = identity.KeyPerIoGranularity.Value,
            ["anagrpid"] = identity.AccessGroupId.Value,
            ["nsattr"] = identity.Attributes,
            ["nvmsetid"] = identity.NvmSetId.Value,
            ["endgid"] = identity.EnduranceGroupId.Value,
            ["nguid"] = NvmeText.SpellHexadecimal(identity.Nguid),
            ["eui64"] = NvmeText.SpellHexadecimal(identity.Eui64),
            ["lbafs"] = new JsonArray(formats),
        };
    }

    private static JsonObject Describe(ref LbaFormat format) => new()
    {
        ["ms"] = format.MetadataSizeInBytes.Value,
        ["ds"] = format.BlockShift,
        ["rp"] = format.RelativePerformance,
    };
}
