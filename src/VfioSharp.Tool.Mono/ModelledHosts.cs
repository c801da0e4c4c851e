using System.CommandLine;
using VfioSharp.Tool.Scripts;

namespace VfioSharp.Tool.Zpci;

/// <summary>Stands for the modelled hosts where they are not built in.</summary>
internal static class ModelledHosts
{
    /// <summary>Lets every verb open "zpci:" addresses.</summary>
    public static void Register()
    {
    }

    /// <summary>No verbs.</summary>
    public static void AddVerbs(Command zpci, ToolHost host)
    {
    }

    /// <summary>Nothing that a script could be played on.</summary>
    public static IReadOnlyList<ScriptVerb> Verbs => [];

    /// <summary>What the manual says of them.</summary>
    public static string Manual => "This build has no modelled hosts: it plays scripts on functions of this machine.\n";

    /// <summary>Refuses.</summary>
    public static ScriptTarget Open(DeviceAddress address) =>
        throw new VfioException("model a host", address.ToString(), Errno.EOPNOTSUPP, "this build of the command has no modelled hosts.");
}
