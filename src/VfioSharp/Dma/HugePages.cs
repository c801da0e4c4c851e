using System.Globalization;

namespace VfioSharp.Dma;

/// <summary>The kernel's pool of huge pages (Documentation/admin-guide/mm/hugetlbpage.rst).</summary>
internal static class HugePages
{
    /// <summary>Where the kernel shows a folder for each size of huge page.</summary>
    public const string SystemFolder = "/sys/kernel/mm/hugepages";

    /// <summary>A page size in bytes; the host's for the default.</summary>
    public static ulong SizeInBytes(DmaPageSize pageSize) => pageSize switch
    {
        DmaPageSize.Default => (ulong)Environment.SystemPageSize,
        DmaPageSize.Huge2MiB => 1ul << 21,
        DmaPageSize.Huge1GiB => 1ul << 30,
        _ => throw new ArgumentOutOfRangeException(nameof(pageSize), pageSize, "No such page size."),
    };

    /// <summary>The base-two logarithm, which mmap and memfd_create take above MAP_HUGE_SHIFT.</summary>
    public static uint SizeCode(DmaPageSize pageSize) => pageSize == DmaPageSize.Huge1GiB ? 30u : 21u;

    /// <summary>Says why huge pages could not be had, and how to have them.</summary>
    /// <param name="pageSizeInBytes">Their size.</param>
    /// <param name="lengthInBytes">How much was asked for.</param>
    /// <param name="folder">Where the kernel shows its sizes.</param>
    /// <returns>A sentence.</returns>
    public static string Advice(ulong pageSizeInBytes, ulong lengthInBytes, string folder)
    {
        var size = ByteText.Size(pageSizeInBytes);
        var pool = $"{folder}/hugepages-{pageSizeInBytes / 1024}kB";
        if (!Directory.Exists(pool))
            return $"this kernel has no huge pages of {size}; it has {KnownSizes(folder)}.";
        var needed = lengthInBytes / pageSizeInBytes;
        var state = ReadCount($"{pool}/free_hugepages") is { } free && ReadCount($"{pool}/nr_hugepages") is { } reserved
            ? $"huge pages of {size}: {needed} needed, {reserved} reserved, {free} free"
            : $"huge pages of {size}: {needed} needed";
        var unit = pageSizeInBytes >= 1ul << 30 ? $"{pageSizeInBytes >> 30}G" : $"{pageSizeInBytes >> 20}M";
        return $"{state}; reserve more with `echo N > {pool}/nr_hugepages` as root (/proc/sys/vm/nr_hugepages for the default size), " +
            $"or with hugepagesz={unit} hugepages=N on the kernel command line.";
    }

    private static string KnownSizes(string folder)
    {
        if (!Directory.Exists(folder))
            return "none at all";
        var sizes = new List<ulong>();
        foreach (var path in Directory.EnumerateDirectories(folder))
        {
            var name = Path.GetFileName(path);
            if (name.StartsWith("hugepages-", StringComparison.Ordinal) && name.EndsWith("kB", StringComparison.Ordinal)
                && ulong.TryParse(name.AsSpan(10, name.Length - 12), NumberStyles.None, CultureInfo.InvariantCulture, out var kibibytes)
                && kibibytes <= ulong.MaxValue / 1024)
            {
                sizes.Add(kibibytes * 1024);
            }
        }

        sizes.Sort();
        return sizes.Count == 0 ? "none at all" : string.Join(", ", sizes.Select(ByteText.Size));
    }

    private static ulong? ReadCount(string path)
    {
        try
        {
            var text = File.ReadAllText(path).AsSpan().Trim();
            return ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var count) ? count : null;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            // The count only makes a message better.
            return null;
        }
    }
}
