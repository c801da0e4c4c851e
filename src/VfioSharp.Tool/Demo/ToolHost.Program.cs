using VfioSharp.Tool.Demo;

namespace VfioSharp.Tool;

// Where functions can be served, the command can start itself once more.
internal sealed partial class ToolHost
{
    /// <summary>The command itself, as a program to start.</summary>
    public ToolProgram Program { get; init; } = ToolProgram.OfThisProcess();
}
