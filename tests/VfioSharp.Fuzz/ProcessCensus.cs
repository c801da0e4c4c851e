using System.Globalization;

namespace VfioSharp.Fuzz;

/// <summary>What the kernel says of a process.</summary>
/// <param name="Fds">Open descriptors, without those of code that the runtime has loaded.</param>
/// <param name="Threads">Threads.</param>
/// <param name="ResidentBytes">Memory that is really there (VmRSS).</param>
/// <param name="Mappings">Lines of its table of mappings.</param>
internal readonly record struct ProcessCensus(int Fds, int Threads, long ResidentBytes, int Mappings)
{
    /// <summary>Counts now.</summary>
    /// <param name="processId">The process.</param>
    /// <exception cref="IOException">It has ended.</exception>
    public static ProcessCensus Take(int processId)
    {
        var folder = $"/proc/{processId}";
        var status = File.ReadAllLines($"{folder}/status");
        return new ProcessCensus(
            Targets(processId).Count(),
            (int)Field(status, "Threads:"),
            Field(status, "VmRSS:") << 10,
            File.ReadLines($"{folder}/maps").Count());
    }

    /// <summary>What its descriptors are, and how many of each.</summary>
    public static string DescribeFds(int processId) =>
        string.Join(", ", Targets(processId).GroupBy(target => target.Split(':')[0]).Select(group => $"{group.Count()} {group.Key}"));

    public override string ToString() => $"{Fds} descriptors, {Threads} threads, {Mappings} mappings, {ResidentBytes >> 20} MiB resident";

    private static IEnumerable<string> Targets(int processId) => new DirectoryInfo($"/proc/{processId}/fd").EnumerateFileSystemInfos()
        .Select(file => file.LinkTarget ?? "closed meanwhile")
        .Where(target => !target.EndsWith(".dll", StringComparison.Ordinal));

    private static long Field(string[] status, string name)
    {
        var line = Array.Find(status, text => text.StartsWith(name, StringComparison.Ordinal)) ?? throw new IOException($"The process has ended: no {name} in its status.");
        return long.Parse(line.AsSpan(name.Length).Trim().ToString().Split(' ')[0], CultureInfo.InvariantCulture);
    }
}
