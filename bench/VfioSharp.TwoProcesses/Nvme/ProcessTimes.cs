using System.Globalization;

namespace VfioSharp.TwoProcesses.Nvme;

/// <summary>What a process has taken so far, as the kernel counts it (proc(5)).</summary>
internal static class ProcessTimes
{
    // sysconf(_SC_CLK_TCK), which is 100 on every Linux that .NET runs on (USER_HZ).
    private const double TicksOfASecond = 100;
    private const int UserTime = 11;
    private const int SystemTime = 12;

    /// <summary>The processor time of all of its threads.</summary>
    public static TimeSpan ReadProcessorTime(int processId)
    {
        var text = File.ReadAllText($"/proc/{processId}/stat");
        // The name may hold anything, so that counting begins behind its bracket.
        var fields = text[(text.LastIndexOf(')') + 2)..].Split(' ');
        return TimeSpan.FromSeconds(
            (long.Parse(fields[UserTime], CultureInfo.InvariantCulture) + long.Parse(fields[SystemTime], CultureInfo.InvariantCulture)) / TicksOfASecond);
    }

    /// <summary>How many descriptors it has open, but for those of .NET's own assemblies, which are loaded when they are first needed.</summary>
    public static int CountDescriptors(int processId) => new DirectoryInfo($"/proc/{processId}/fd").EnumerateFiles()
        .Count(file => file.LinkTarget is { } target && !target.EndsWith(".dll", StringComparison.Ordinal));
}
