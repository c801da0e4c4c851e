using System.CommandLine;
using VfioSharp.Tool.Demo;

namespace VfioSharp.Tool.Serving;

/// <summary>Functions written in C#, as far as the rest of the command knows of them.</summary>
internal static class EmulatedFunctions
{
    /// <summary>Adds the verbs that serve them and show them.</summary>
    public static void AddVerbs(Command root, ToolHost host)
    {
        root.Add(DemoVerb.Create(host));
        root.Add(ServeVerb.Create(host));
    }
}
