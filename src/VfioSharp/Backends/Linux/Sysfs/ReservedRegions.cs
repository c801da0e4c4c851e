using System.Globalization;
using VfioSharp.Dma;

namespace VfioSharp.Backends.Linux;

/// <summary>
/// The IOVAs that a group's functions cannot use for memory (/sys/kernel/iommu_groups/N/reserved_regions;
/// Documentation/ABI/testing/sysfs-kernel-iommu_groups).
/// </summary>
internal static class ReservedRegions
{
    // The one kind that VFIO and iommufd let a program map over (drivers/vfio/vfio_iommu_type1.c, vfio_iommu_resv_exclude;
    // drivers/iommu/iommufd/io_pagetable.c, iopt_table_enforce_dev_resv_regions).
    private const string Relaxable = "direct-relaxable";

    /// <summary>Reads the attribute of a group.</summary>
    /// <param name="sysfs">The tree.</param>
    /// <param name="group">The IOMMU group, or null for a function in none.</param>
    /// <returns>The ranges; none where the kernel tells none.</returns>
    public static IReadOnlyList<IovaRange> Read(SysfsTree sysfs, int? group) =>
        group is { } number ? Parse(sysfs.ReadText(string.Create(CultureInfo.InvariantCulture, $"kernel/iommu_groups/{number}/reserved_regions"))) : [];

    /// <summary>Reads the attribute's text: "0x00000000fee00000 0x00000000feefffff msi", a line each.</summary>
    /// <param name="text">The text, or null.</param>
    /// <returns>The ranges that no memory can be mapped at; a line that is no range is passed over.</returns>
    public static IReadOnlyList<IovaRange> Parse(string? text)
    {
        var ranges = new List<IovaRange>();
        foreach (var line in (text ?? string.Empty).Split('\n'))
        {
            var fields = line.Split(' ');
            if (fields.Length == 3 && fields[2] != Relaxable && ParseHex(fields[0]) is { } start && ParseHex(fields[1]) is { } end && start <= end)
                ranges.Add(new IovaRange(new Iova(start), new Iova(end)));
        }

        return ranges;
    }

    private static ulong? ParseHex(string text) =>
        text.StartsWith("0x", StringComparison.Ordinal)
        && ulong.TryParse(text.AsSpan(2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var value)
            ? value
            : null;
}
