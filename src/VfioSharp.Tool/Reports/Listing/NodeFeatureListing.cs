using System.Globalization;

namespace VfioSharp.Tool.Reports.Listing;

/// <summary>
/// The list as features for the local source of Kubernetes' Node Feature Discovery: lines "name=value", whose parts become labels, so that
/// they keep to letters, digits, '-', '_' and '.'.
/// </summary>
internal static class NodeFeatureListing
{
    public static void Write(TextWriter output, ListReport listing)
    {
        var functions = listing.Functions;
        output.Write($"vfio.iommu={(functions.Any(function => function.NoIommu == false) ? "true" : "false")}\n");
        WriteCount(output, "vfio.functions", functions.Count);
        WriteCount(output, "vfio.bound", functions.Count(function => function.Bound));
        WriteCount(output, "vfio.mappable", functions.Count(function => function.Mappable));

        foreach (var kind in functions
            .Where(function => function is { Bound: true, Class: not null, Vendor: not null, DeviceId: not null })
            .GroupBy(function => string.Create(CultureInfo.InvariantCulture, $"{function.Class >> 8:x4}_{function.Vendor:x4}_{function.DeviceId:x4}"))
            .OrderBy(kind => kind.Key, StringComparer.Ordinal))
        {
            WriteCount(output, $"vfio.bound-{kind.Key}", kind.Count());
        }
    }

    private static void WriteCount(TextWriter output, string name, int count) =>
        output.Write(string.Create(CultureInfo.InvariantCulture, $"{name}={count}\n"));
}
