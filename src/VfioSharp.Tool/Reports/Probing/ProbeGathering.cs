using System.Globalization;
using VfioSharp.Backends;
using VfioSharp.Backends.Linux;
using VfioSharp.Config;
using VfioSharp.Interrupts;
using VfioSharp.Tool.PciIds;

namespace VfioSharp.Tool.Reports.Probing;

/// <summary>Asks a device for everything that a probe tells. Changes nothing on it.</summary>
internal static class ProbeGathering
{
    public static ProbeReport Gather(VfioDevice device, PciFunctions functions, IReadOnlyList<string> pciIdsFiles)
    {
        var config = device.Config;
        var names = PciNames.Load(pciIdsFiles, new HashSet<ushort> { config.VendorId });
        var subsystem = config.Subsystem;
        var function = functions.Find(device.Address);
        return new ProbeReport(
            device.Address.ToString(),
            device.Backend,
            device.Host.KernelRelease,
            device.Host.Architecture,
            config.VendorId,
            names.Vendor(config.VendorId),
            config.DeviceId,
            names.Device(config.VendorId, config.DeviceId),
            subsystem?.VendorId,
            subsystem?.Id,
            config.ClassCode.Value,
            names.Class(config.ClassCode.Value),
            config.RevisionId,
            function?.DriverName ?? device.Zpci?.Driver,
            function?.IommuGroup,
            device.Description.SupportsReset,
            FlagNames(config.Command),
            [.. GatherRegions(device)],
            [.. GatherInterrupts(device.Interrupts)],
            [.. CapabilityGathering.Gather(config, out var problems), .. CapabilityGathering.Gather(device.Description)],
            problems,
            GatherDma(device),
            [.. GatherFeatures(device)],
            ZpciReport.Of(device.Zpci));
    }

    private static IEnumerable<RegionReport> GatherRegions(VfioDevice device)
    {
        var bars = device.Config.ReadBaseAddresses().ToDictionary(bar => bar.Index);
        foreach (var region in device.Regions.Where(region => region.Exists))
        {
            var plan = region.Plan();
            yield return new RegionReport(
                region.Index,
                region.Name,
                region.SizeInBytes,
                FlagNames(region.Flags),
                bars.TryGetValue(region.Index, out var bar) ? KindOf(bar) : null,
                plan.Path.ToString(),
                plan.Reason,
                plan.IsFaultGuarded,
                [.. plan.RuledOut.Select(path => new RuledOutReport(path.Path.ToString(), path.Reason))],
                [.. region.Description.SparseAreas.Select(area => new AreaReport(area.Offset, area.LengthInBytes))],
                region.Description.Type is { } type ? new RegionTypeReport(type.Type, type.Subtype) : null,
                region.Description.IsMsixMappable);
        }
    }

    private static string KindOf(BaseAddress bar)
    {
        var kind = bar.Kind switch
        {
            BaseAddressKind.Memory32 => "memory, 32 bit",
            BaseAddressKind.Memory64 => "memory, 64 bit",
            BaseAddressKind.Io => "I/O ports",
            _ => "reserved",
        };
        return bar.IsPrefetchable ? kind + ", prefetchable" : kind;
    }

    private static IEnumerable<InterruptReport> GatherInterrupts(DeviceInterrupts interrupts)
    {
        foreach (var source in new[] { interrupts.Intx, interrupts.Msi, interrupts.Msix, interrupts.Error, interrupts.Request })
        {
            var name = source.Index switch
            {
                InterruptIndex.Intx => "INTx",
                InterruptIndex.Msi => "MSI",
                InterruptIndex.Msix => "MSI-X",
                InterruptIndex.Error => "ERR",
                _ => "REQ",
            };
            yield return new InterruptReport((int)source.Index, name, source.Description.Count, FlagNames(source.Description.Flags));
        }
    }

    private static DmaReport GatherDma(VfioDevice device) => new(
        device.Dma.PageSizes.InBytes,
        [.. device.Dma.Ranges.Select(range => new IovaRangeReport(range.Start.Value, range.End.Value))],
        device.Dma.AvailableMappings);

    private static IEnumerable<FeatureReport> GatherFeatures(VfioDevice device)
    {
        foreach (var feature in Enum.GetValues<DeviceFeature>())
        {
            var (get, set) = (device.HasFeature(feature, DeviceFeatureOperations.Get), device.HasFeature(feature, DeviceFeatureOperations.Set));
            if (get || set)
                yield return new FeatureReport((int)feature, FlagName(feature), get, set);
        }
    }

    // The members of a flags enum that are set, in camelCase as everything in the report.
    private static List<string> FlagNames<T>(T flags)
        where T : struct, Enum =>
        [.. Enum.GetValues<T>().Where(flag => Convert.ToUInt64(flag, CultureInfo.InvariantCulture) != 0 && flags.HasFlag(flag)).Select(FlagName)];

    private static string FlagName<T>(T flag)
        where T : struct, Enum
    {
        var name = flag.ToString();
        return char.ToLowerInvariant(name[0]) + name[1..];
    }
}
