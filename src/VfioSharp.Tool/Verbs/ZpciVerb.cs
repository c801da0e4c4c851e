using System.CommandLine;
using VfioSharp.Tool.Manual;
using VfioSharp.Tool.Zpci;

namespace VfioSharp.Tool.Verbs;

/// <summary>`vfio zpci` and what it has below it.</summary>
internal static class ZpciVerb
{
    public static Command Create(ToolHost host)
    {
        var verb = new VerbCommand("zpci", "What a driver meets on IBM Z: kernels before and after BARs could be mapped there", $"""
            {ModelledHosts.Manual}
            Each of the commands has a manual of its own: `vfio zpci run --help`.
            """);
        ModelledHosts.AddVerbs(verb, host);
        verb.Add(RunVerb.Create(host));
        return verb;
    }
}
