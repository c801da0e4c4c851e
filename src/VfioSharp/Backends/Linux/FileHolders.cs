using System.Globalization;

namespace VfioSharp.Backends.Linux;

/// <summary>Finds the processes that have a file open, as far as /proc lets this user see.</summary>
internal static class FileHolders
{
    /// <summary>Names the holders.</summary>
    /// <param name="path">The file.</param>
    /// <returns>" (it is held by qemu, process 123)", or, where none can be seen, a hint that others may be hidden.</returns>
    public static string Describe(string path)
    {
        var holders = new List<string>();
        foreach (var process in Directory.EnumerateDirectories("/proc"))
        {
            if (int.TryParse(Path.GetFileName(process), NumberStyles.None, CultureInfo.InvariantCulture, out var id) && Holds(process, path))
                holders.Add($"{NameOf(process)}, process {id}");
        }

        return holders.Count == 0
            ? " (the holder's open files are hidden from this user; 'fuser' as root names it)"
            : $" (it is held by {string.Join(" and ", holders)})";
    }

    // Processes end and hide their files while we look: either way this one is no known holder.
    private static bool Holds(string process, string path)
    {
        try
        {
            return Directory.EnumerateFiles(process + "/fd").Any(link => new FileInfo(link).LinkTarget == path);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    private static string NameOf(string process)
    {
        try
        {
            return File.ReadAllText(process + "/comm").Trim();
        }
        catch (IOException)
        {
            return "a process that ended just now";
        }
    }
}
