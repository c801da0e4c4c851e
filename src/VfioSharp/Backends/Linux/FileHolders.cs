using System.Globalization;
using System.Text;
using VfioSharp.Native;

namespace VfioSharp.Backends.Linux;

/// <summary>A process that has a file open.</summary>
/// <param name="ProcessId">The process.</param>
/// <param name="Name">Its name.</param>
/// <param name="DescriptorCount">How many of its descriptors are the file's.</param>
internal sealed record FileHolder(int ProcessId, string Name, int DescriptorCount);

/// <summary>Finds the processes that have a file open, as far as /proc lets this user see. It makes messages better and never fails.</summary>
internal static class FileHolders
{
    /// <summary>Looks for the holders.</summary>
    /// <param name="path">The file.</param>
    /// <param name="proc">Where the kernel shows processes.</param>
    /// <returns>Those that this user may look into.</returns>
    public static IReadOnlyList<FileHolder> Find(string path, string proc = "/proc")
    {
        var holders = new List<FileHolder>();
        foreach (var process in List(() => Directory.GetDirectories(proc)))
        {
            if (!int.TryParse(Path.GetFileName(process), NumberStyles.None, CultureInfo.InvariantCulture, out var id))
                continue;
            var count = List(() => Directory.GetFileSystemEntries(process + "/fd")).Count(link => TargetOf(link) == path);
            if (count > 0)
                holders.Add(new FileHolder(id, NameOf(process), count));
        }

        return holders;
    }

    // Processes end and hide their files while we look, and a container may have no /proc: what cannot be seen is no known holder.
    private static string[] List(Func<string[]> list)
    {
        try
        {
            return list();
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }

    private static unsafe string? TargetOf(string link)
    {
        const int LongestPath = 4096;
        var target = stackalloc byte[LongestPath];
        var length = Libc.readlink(link, target, LongestPath);
        return length < 0 ? null : Encoding.UTF8.GetString(target, (int)length);
    }

    private static string NameOf(string process)
    {
        try
        {
            return File.ReadAllText(process + "/comm").Trim();
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return "a program that ended just now";
        }
    }
}
