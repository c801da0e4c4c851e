using System.Globalization;
using System.Text;

namespace VfioSharp.Guest.Tests;

/// <summary>A list of commands for one boot, each with its exit code, output and error apart.</summary>
internal static class NamedCommands
{
    private const string Mark = "@@";

    /// <summary>The commands as a script for the guest's shell. One that fails does not end it.</summary>
    public static string Script(IEnumerable<(string Name, string Command)> commands)
    {
        var script = new StringBuilder();
        foreach (var (name, command) in commands)
            script.Append($"({command}) >/tmp/output 2>/tmp/error; echo '{Mark}' $? \"{name}\"; cat /tmp/output; echo; echo '{Mark}'; cat /tmp/error; echo\n");
        return script.ToString();
    }

    /// <summary>What each of them did, by its name, from what the script printed.</summary>
    public static Dictionary<string, ProcessRun> Parse(string output)
    {
        var results = new Dictionary<string, ProcessRun>();
        foreach (var section in $"\n{output}".Split($"\n{Mark} ").Skip(1))
        {
            var header = section[..section.IndexOf('\n', StringComparison.Ordinal)].Split(' ', 2);
            var parts = section[section.IndexOf('\n', StringComparison.Ordinal)..].Split($"\n{Mark}\n");
            results.Add(header[1], new ProcessRun(int.Parse(header[0], CultureInfo.InvariantCulture), parts[0].Trim('\n'), parts[1].Trim('\n')));
        }

        return results;
    }
}
