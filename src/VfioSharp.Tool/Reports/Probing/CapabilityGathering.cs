using System.Text.Json.Nodes;
using VfioSharp.Backends;
using VfioSharp.Config;

namespace VfioSharp.Tool.Reports.Probing;

/// <summary>The capabilities of a function, with details of those that the library has a view of.</summary>
internal static class CapabilityGathering
{
    /// <summary>Walks both lists.</summary>
    /// <param name="config">The function's configuration space.</param>
    /// <param name="problems">What was wrong with the lists.</param>
    public static IReadOnlyList<CapabilityReport> Gather(ConfigSpace config, out IReadOnlyList<string> problems)
    {
        var standard = config.ReadCapabilities();
        var extended = config.ReadExtendedCapabilities();
        problems = [.. new[] { standard.Problem, extended.Problem }.OfType<string>()];

        var details = new Dictionary<int, JsonObject>();
        if (config.FindPowerManagement() is { } power)
            details[power.Offset] = Detail(power);
        if (config.FindPciExpress() is { } express)
            details[express.Offset] = Detail(express);
        if (config.FindMsi() is { } msi)
            details[msi.Offset] = Detail(msi);
        if (config.FindMsix() is { } msix)
            details[msix.Offset] = Detail(msix);

        return
        [
            .. standard.Entries.Select(entry => new CapabilityReport(
                (int)entry.Id, entry.Name, Extended: false, entry.Offset, entry.LengthInBytes, Version: null, details.GetValueOrDefault(entry.Offset))),
            .. extended.Entries.Select(entry => new CapabilityReport(
                (int)entry.Id, entry.Name, Extended: true, entry.Offset, entry.LengthInBytes, entry.Version, Details: null)),
        ];
    }

    /// <summary>The capabilities of VFIO's device information, under the names of include/uapi/linux/vfio.h (VFIO_DEVICE_INFO_CAP_*).</summary>
    public static IEnumerable<CapabilityReport> Gather(DeviceDescription description) =>
        description.Capabilities.Select(capability => new CapabilityReport(
            capability.Id,
            capability.Id switch
            {
                1 => "ZPCI_BASE",
                2 => "ZPCI_GROUP",
                3 => "ZPCI_UTIL",
                4 => "ZPCI_PFIP",
                5 => "PCI_ATOMIC_COMP",
                _ => FormattableString.Invariant($"VFIO capability {capability.Id}"),
            },
            Extended: false,
            Offset: null,
            Length: null,
            capability.Version,
            Details: null,
            Space: "vfio"));

    private static JsonObject Detail(PowerManagementCapability power) => new()
    {
        ["version"] = power.Version,
        ["state"] = power.State.ToString(),
        ["d1"] = power.SupportsD1,
        ["d2"] = power.SupportsD2,
        ["keepsStateInD3Hot"] = power.KeepsStateInD3Hot,
    };

    private static JsonObject Detail(PciExpressCapability express) => new()
    {
        ["version"] = express.Version,
        ["portType"] = express.PortType.ToString(),
        ["functionLevelReset"] = express.SupportsFunctionLevelReset,
        ["supportedPayload"] = express.SupportedPayloadInBytes,
        ["maxPayload"] = express.MaxPayloadInBytes,
        ["maxReadRequest"] = express.MaxReadRequestInBytes,
        ["maxLinkSpeed"] = express.MaxLinkSpeed,
        ["maxLinkWidth"] = express.MaxLinkWidth,
        ["linkSpeed"] = express.LinkSpeed,
        ["linkWidth"] = express.LinkWidth,
    };

    private static JsonObject Detail(MsiCapability msi) => new()
    {
        ["enabled"] = msi.IsEnabled,
        ["vectors"] = msi.RequestedVectors,
        ["address64"] = msi.Has64BitAddress,
        ["perVectorMasking"] = msi.HasPerVectorMasking,
    };

    private static JsonObject Detail(MsixCapability msix)
    {
        var (table, pending) = (msix.Table, msix.Pending);
        return new JsonObject
        {
            ["enabled"] = msix.IsEnabled,
            ["vectors"] = msix.VectorCount,
            ["tableBar"] = table.Bar,
            ["tableOffset"] = table.Offset,
            ["pendingBar"] = pending.Bar,
            ["pendingOffset"] = pending.Offset,
        };
    }
}
