using System.CommandLine;

namespace VfioSharp.Tool.Serving;

/// <summary>Stands for the functions written in C# where they are not built in.</summary>
internal static class EmulatedFunctions
{
    /// <summary>Nothing, without these verbs.</summary>
    public const string FirstSteps = "";

    /// <summary>No verbs.</summary>
    public static void AddVerbs(Command root, ToolHost host)
    {
    }
}
