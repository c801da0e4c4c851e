using System.Globalization;

namespace VfioSharp.Tool.Reports.Listing;

/// <summary>The list in Prometheus' text exposition format, version 0.0.4.</summary>
internal static class PrometheusListing
{
    public static void Write(TextWriter output, ListReport listing)
    {
        WriteFamily(output, "vfio_pci_function_info", "A PCI function; the value is always 1.", listing.Functions, Identity, _ => true);
        WriteFamily(output, "vfio_pci_function_bound", "Whether a VFIO driver holds the function.", listing.Functions, Address, function => function.Bound);
        WriteFamily(output, "vfio_pci_function_mappable", "Whether a BAR of the function can be mapped.", listing.Functions, Address, function => function.Mappable);
        WriteFamily(
            output,
            "vfio_iommu_group_viable",
            "Whether user space can take the IOMMU group.",
            listing.Functions.Where(function => function.Viable is not null).DistinctBy(function => function.IommuGroup),
            Group,
            function => function.Viable == true);
    }

    private static void WriteFamily(
        TextWriter output, string name, string help, IEnumerable<ListedFunction> functions, Func<ListedFunction, string> labels, Func<ListedFunction, bool> value)
    {
        output.Write($"# HELP {name} {help}\n# TYPE {name} gauge\n");
        foreach (var function in functions)
            output.Write($"{name}{{{labels(function)}}} {(value(function) ? 1 : 0)}\n");
    }

    private static string Identity(ListedFunction function) => string.Join(
        ',',
        Address(function),
        Label("class", Hex(function.Class, "x6")),
        Label("vendor", Hex(function.Vendor, "x4")),
        Label("device", Hex(function.DeviceId, "x4")),
        Label("driver", function.Driver ?? string.Empty),
        Group(function));

    private static string Address(ListedFunction function) => Label("address", function.Address);

    private static string Group(ListedFunction function) =>
        Label("iommu_group", function.IommuGroup?.ToString(CultureInfo.InvariantCulture) ?? string.Empty);

    private static string Hex(uint? value, string format) =>
        value is { } number ? "0x" + number.ToString(format, CultureInfo.InvariantCulture) : string.Empty;

    private static string Label(string name, string value) =>
        $"{name}=\"{value.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal)}\"";
}
