using System.Diagnostics;

namespace VfioSharp.Tool.Demo;

/// <summary>The command as a program that can be started once more, as a process of its own. Immutable.</summary>
/// <param name="File">The executable.</param>
/// <param name="Arguments">What stands before the verb: the assembly, where the runtime's host is the executable.</param>
internal sealed record ToolProgram(string File, IReadOnlyList<string> Arguments)
{
    private const string Name = "vfio";

    /// <summary>
    /// The program that this process runs. Where the process is another one that has the command loaded, as a test is, its executable lies beside
    /// the assembly.
    /// </summary>
    public static ToolProgram OfThisProcess()
    {
        var process = Environment.ProcessPath;
        if (process is not null && Path.GetFileNameWithoutExtension(process) == Name)
            return new ToolProgram(process, []);
        var beside = Path.Combine(AppContext.BaseDirectory, Name);
        return process is null || Path.GetFileNameWithoutExtension(process) != "dotnet"
            ? new ToolProgram(beside, [])
            : new ToolProgram(process, [beside + ".dll"]);
    }

    /// <summary>How it is started with arguments, its three streams in the caller's hands.</summary>
    public ProcessStartInfo StartWith(params ReadOnlySpan<string> arguments)
    {
        var start = new ProcessStartInfo(File)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var argument in Arguments)
            start.ArgumentList.Add(argument);
        foreach (var argument in arguments)
            start.ArgumentList.Add(argument);
        return start;
    }
}
