using System.Globalization;

namespace VfioSharp.Fuzz;

/// <summary>What the kernel says of a process.</summary>
/// <param name="Fds">Open descriptors, without those of code that the runtime has loaded.</param>
/// <param name="Threads">Threads that the library has started and named; the runtime's come and go.</param>
/// <param name="SharedMappings">How often memory that has a descriptor is mapped, without the runtime's.</param>
/// <param name="ResidentBytes">Memory that is really there (VmRSS).</param>
/// <param name="Mappings">Lines of its table of mappings.</param>
internal readonly record struct ProcessCensus(int Fds, int Threads, int SharedMappings, long ResidentBytes, int Mappings)
{
    /// <summary>Counts now.</summary>
    /// <param name="processId">The process.</param>
    /// <exception cref="IOException">It has ended.</exception>
    public static ProcessCensus Take(int processId)
    {
        var folder = $"/proc/{processId}";
        var mappings = File.ReadAllLines($"{folder}/maps");
        return new ProcessCensus(
            Targets(processId).Count(),
            OwnThreads(processId).Count(),
            mappings.Count(IsShared),
            ResidentIn(File.ReadAllLines($"{folder}/status")),
            mappings.Length);
    }

    /// <summary>For how long the threads of the library have run so far, those together that there are now.</summary>
    public static TimeSpan TakeTimeOfThreads(int processId) =>
        TimeSpan.FromTicks(OwnThreads(processId).Sum(folder => ReadOrNothing($"{folder}/schedstat").Split(' ')[0] is { Length: > 0 } time
            ? long.Parse(time, CultureInfo.InvariantCulture) / TimeSpan.NanosecondsPerTick
            : 0));

    /// <summary>What its descriptors are, and how many of each.</summary>
    public static string DescribeFds(int processId) => Group(Targets(processId).Select(target => target.Split(':')[0]));

    /// <summary>What its threads are that the library has started, and how many of each.</summary>
    public static string DescribeThreads(int processId) => Group(OwnThreads(processId).Select(folder => ReadOrNothing($"{folder}/comm").Trim()));

    /// <summary>What of its shared memory is mapped how often.</summary>
    public static string DescribeSharedMappings(int processId) =>
        Group(File.ReadLines($"/proc/{processId}/maps").Where(IsShared).Select(line => line[line.IndexOf("/memfd:", StringComparison.Ordinal)..]));

    public override string ToString() =>
        $"{Fds} descriptors, {Threads} threads, {SharedMappings} shared mappings of {Mappings}, {ResidentBytes >> 20} MiB resident";

    private static string Group(IEnumerable<string> names) => string.Join(", ", names.GroupBy(name => name).Select(group => $"{group.Count()} {group.Key}"));

    private static bool IsShared(string mapping) =>
        mapping.Contains("/memfd:", StringComparison.Ordinal) && !mapping.Contains("/memfd:doublemapper", StringComparison.Ordinal);

    private static IEnumerable<string> Targets(int processId) => new DirectoryInfo($"/proc/{processId}/fd").EnumerateFileSystemInfos()
        .Select(file => file.LinkTarget ?? "closed meanwhile")
        .Where(target => !target.EndsWith(".dll", StringComparison.Ordinal));

    // By what the library calls them, of which the kernel keeps 15 bytes.
    private static IEnumerable<string> OwnThreads(int processId) => Directory.EnumerateDirectories($"/proc/{processId}/task")
        .Where(folder => ReadOrNothing($"{folder}/comm") is var name
            && (name.StartsWith("vfio-user", StringComparison.Ordinal) || name.StartsWith("VfioSharp ", StringComparison.Ordinal)));

    // A thread may end between one look and the next.
    private static string ReadOrNothing(string path)
    {
        try
        {
            return File.ReadAllText(path);
        }
        catch (IOException)
        {
            return "";
        }
    }

    private static long ResidentIn(string[] status)
    {
        const string name = "VmRSS:";
        var line = Array.Find(status, text => text.StartsWith(name, StringComparison.Ordinal)) ?? throw new IOException("The process has ended: its status has no memory.");
        return long.Parse(line.AsSpan(name.Length).Trim().ToString().Split(' ')[0], CultureInfo.InvariantCulture) << 10;
    }
}
