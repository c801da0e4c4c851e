using System.CommandLine;
using VfioSharp.Tool.Manual;

namespace VfioSharp.Tool.Conformance;

/// <summary>`vfio conformance` and what it has below it.</summary>
internal static class ConformanceVerbs
{
    /// <summary>Adds the verb.</summary>
    public static void AddTo(Command root, ToolHost host) => root.Add(new VerbCommand(
        "conformance", "Judge any vfio-user server or client by the specification", """
        A server is judged from outside, over its socket, case by case; a client by a scripted server that varies
        one thing for each connection. Each case names the clause of the specification that it follows. Cases that
        say "must" bind the peer. The others are habits: what known peers do where the specification is silent;
        another answer is reported, and is no failure.

        Each of the commands has a manual of its own: `vfio conformance server --help`.
        """)
    {
        ServerVerb.Create(host),
        ClientVerb.Create(host),
    });
}
