using System.CommandLine;

namespace VfioSharp.Tool.Conformance;

/// <summary>Stands for the conformance suites where they are not built in.</summary>
internal static class ConformanceVerbs
{
    /// <summary>No verbs.</summary>
    public static void AddTo(Command root, ToolHost host)
    {
    }
}
