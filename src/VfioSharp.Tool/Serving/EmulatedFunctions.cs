using System.CommandLine;
using VfioSharp.Tool.Demo;

namespace VfioSharp.Tool.Serving;

/// <summary>Functions written in C#, as far as the rest of the command knows of them.</summary>
internal static class EmulatedFunctions
{
    /// <summary>What the manual says of what needs no device.</summary>
    public const string FirstSteps = """

        Without a device:
          vfio demo                                  the whole of it, against a function in another process
          vfio serve scratch --socket /tmp/s.sock    such a function, for vfio probe vfio-user:/tmp/s.sock

        """;

    /// <summary>Adds the verbs that serve them and show them.</summary>
    public static void AddVerbs(Command root, ToolHost host)
    {
        root.Add(DemoVerb.Create(host));
        root.Add(ServeVerb.Create(host));
    }
}
