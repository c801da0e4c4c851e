using System.CommandLine;
using VfioSharp.Tool.Scripts;
using VfioSharp.Zpci;
using VfioSharp.Zpci.Backend;

namespace VfioSharp.Tool.Zpci;

/// <summary>The modelled IBM Z hosts, as far as verbs that are not theirs alone know of them.</summary>
internal static class ModelledHosts
{
    /// <summary>Lets every verb open "zpci:" addresses.</summary>
    public static void Register() => ZpciScheme.Register();

    /// <summary>Adds the verbs that only they have.</summary>
    public static void AddVerbs(Command zpci, ToolHost host) => zpci.Add(ExplainVerb.Create(host));

    /// <summary>Steps that only they can play.</summary>
    public static IReadOnlyList<ScriptVerb> Verbs => ProcessVerbs.All;

    /// <summary>What the manual says of them.</summary>
    public static string Manual => ModelledHostManual.Text;

    /// <summary>Boots a host for a script.</summary>
    /// <exception cref="VfioException">The address names no such host or function.</exception>
    public static ScriptTarget Open(DeviceAddress address) => ZpciFunctionAddress.TryParse(address.Path, out var named, out var reason)
        ? new ModelTarget(named)
        : throw new VfioException("model the host", address.ToString(), Errno.None, reason);
}
