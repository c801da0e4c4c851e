using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Spectre.Console;

namespace VfioSharp.Tool.Reports.Probing;

/// <summary>The probe as text for people.</summary>
internal static class ProbeText
{
    public static void Write(ToolHost host, ProbeReport report)
    {
        var console = host.CreateConsole();
        WriteDevice(console, report);
        WriteRegions(console, report.Regions);
        WriteInterrupts(console, report.Interrupts);
        WriteCapabilities(console, report);
        WriteDma(console, report.Dma);
        WriteFeatures(console, report.Features);
        if (report.Zpci is { } zpci)
            ZpciText.Write(console, zpci);
    }

    private static void WriteDevice(IAnsiConsole console, ProbeReport report)
    {
        Layout.WriteLine(console, string.Join(' ', new[] { report.Device, report.VendorName, report.DeviceName ?? report.ClassName }.OfType<string>()));
        Layout.WriteField(console, "ids", FormattableString.Invariant($"{report.Vendor:x4}:{report.DeviceId:x4}, revision {report.Revision:x2}")
            + (report is { SubsystemVendor: { } vendor, SubsystemDevice: { } device } ? FormattableString.Invariant($", subsystem {vendor:x4}:{device:x4}") : string.Empty));
        Layout.WriteField(console, "class", FormattableString.Invariant($"{report.Class:x6} {report.ClassName}"));
        Layout.WriteField(console, "opened", $"by {report.Backend}, driver {report.Driver ?? "none"}, IOMMU group {report.IommuGroup?.ToString(CultureInfo.InvariantCulture) ?? "none"}");
        Layout.WriteField(console, "kernel", $"{report.Kernel} on {report.Architecture}");
        Layout.WriteField(console, "command", report.Command.Count == 0 ? "nothing enabled" : string.Join(", ", report.Command));
        Layout.WriteField(console, "reset", report.SupportsReset ? "possible" : "not possible");
    }

    private static void WriteRegions(IAnsiConsole console, IReadOnlyList<RegionReport> regions)
    {
        Layout.WriteHeading(console, "Regions");

        var common = FindCommonObstacles(regions);
        foreach (var region in regions)
        {
            var facts = new[] { Sizes.Spell(region.Size), region.Kind, string.Join(' ', region.Flags) }.Where(fact => !string.IsNullOrEmpty(fact));
            Layout.WriteField(console, region.Name, string.Join("; ", facts));
            Layout.WriteParagraph(console, $"{region.Path}: {region.Reason}");
            foreach (var path in region.RuledOut.Except(common))
                Layout.WriteParagraph(console, $"not {path.Path}: {path.Reason}");
            foreach (var area in region.MappableAreas)
                Layout.WriteParagraph(console, FormattableString.Invariant($"can be mapped from 0x{area.Offset:x}, {Sizes.Spell(area.Size)}"));
            if (region.Type is { } type)
                Layout.WriteParagraph(console, FormattableString.Invariant($"type 0x{type.Type:x}, subtype 0x{type.Subtype:x}"));
            if (region.MsixMappable)
                Layout.WriteParagraph(console, "holds the MSI-X table; its page may be mapped too");
        }

        foreach (var path in common)
            Layout.WriteField(console, "all", $"not {path.Path}: {path.Reason}");
    }

    // What rules a path out for every region, since the machine has no such thing, is said once.
    private static RuledOutReport[] FindCommonObstacles(IReadOnlyList<RegionReport> regions)
    {
        var obstacles = regions.Select(region => region.RuledOut).Where(paths => paths.Count != 0).ToArray();
        return obstacles.Length < 2 ? [] : [.. obstacles[0].Where(path => obstacles.All(paths => paths.Contains(path)))];
    }

    private static void WriteInterrupts(IAnsiConsole console, IReadOnlyList<InterruptReport> interrupts)
    {
        Layout.WriteHeading(console, "Interrupts");
        foreach (var interrupt in interrupts.Where(interrupt => interrupt.Count != 0))
        {
            var count = interrupt.Count == 1 ? "1 vector" : FormattableString.Invariant($"{interrupt.Count} vectors");
            Layout.WriteField(console, interrupt.Name, $"{count}; {string.Join(' ', interrupt.Flags)}");
        }

        if (interrupts.All(interrupt => interrupt.Count == 0))
            Layout.WriteLine(console, "none");
    }

    private static void WriteCapabilities(IAnsiConsole console, ProbeReport report)
    {
        Layout.WriteHeading(console, "Capabilities");
        foreach (var capability in report.Capabilities)
        {
            var version = capability.Version is { } number ? FormattableString.Invariant($", version {number}") : string.Empty;
            Layout.WriteField(console, capability.Offset is { } offset ? FormattableString.Invariant($"[{offset:x3}]") : "[vfio]", capability.Name + version);
            if (capability.Details is { } details)
                Layout.WriteParagraph(console, string.Join(", ", details.Select(Describe)));
        }

        foreach (var problem in report.CapabilityProblems)
            Layout.WriteLine(console, problem);
        if (report.Capabilities.Count == 0)
            Layout.WriteLine(console, "none");
    }

    // "functionLevelReset": true is "function level reset", false is "no function level reset".
    private static string Describe(KeyValuePair<string, JsonNode?> detail)
    {
        var name = string.Concat(detail.Key.Select(letter => char.IsUpper(letter) ? $" {char.ToLowerInvariant(letter)}" : letter.ToString()));
        return detail.Value?.GetValueKind() switch
        {
            JsonValueKind.True => name,
            JsonValueKind.False => name == "enabled" ? "not enabled" : $"no {name}",
            JsonValueKind.Number when detail.Key.EndsWith("Offset", StringComparison.Ordinal) => FormattableString.Invariant($"{name} 0x{Convert.ToUInt64(detail.Value.ToString(), CultureInfo.InvariantCulture):x}"),
            null => $"{name} unknown",
            _ => $"{name} {detail.Value}",
        };
    }

    private static void WriteDma(IAnsiConsole console, DmaReport dma)
    {
        Layout.WriteHeading(console, "DMA");
        Layout.WriteField(console, "pages", dma.PageSizes.Count == 0 ? "none" : string.Join(", ", dma.PageSizes.Select(Sizes.Spell)));
        foreach (var range in dma.Ranges)
            Layout.WriteField(console, "IOVA", FormattableString.Invariant($"0x{range.Start:x} to 0x{range.End:x}"));
        if (dma.Ranges.Count == 0)
            Layout.WriteField(console, "IOVA", "none: nothing can be mapped for this device");
        Layout.WriteField(console, "mappings", dma.Available is { } available ? FormattableString.Invariant($"{available} more") : "no limit told");
    }

    private static void WriteFeatures(IAnsiConsole console, IReadOnlyList<FeatureReport> features)
    {
        Layout.WriteHeading(console, "Device features");
        foreach (var feature in features)
            Layout.WriteLine(console, $"{feature.Name} ({(feature.Get ? "get" : "")}{(feature is { Get: true, Set: true } ? ", " : "")}{(feature.Set ? "set" : "")})");
        if (features.Count == 0)
            Layout.WriteLine(console, "none");
    }
}
