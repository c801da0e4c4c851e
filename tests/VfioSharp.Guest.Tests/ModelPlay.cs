using VfioSharp.Tool;

namespace VfioSharp.Guest.Tests;

/// <summary>Scripts of accesses, as `vfio zpci run` plays them in guests and on the model.</summary>
internal static class ModelPlay
{
    private const string Scripts = "tests/VfioSharp.Guest.Tests/Scripts";

    /// <summary>The path of a script.</summary>
    public static string PathOf(string script) => Repository.PathOf($"{Scripts}/{script}.txt");

    /// <summary>What a script comes to on a function of a modelled host.</summary>
    /// <param name="target">The host and the function.</param>
    /// <param name="script">The script's name.</param>
    public static async Task<string> OutputOn(string target, string script)
    {
        using var output = new StringWriter { NewLine = "\n" };
        using var error = new StringWriter { NewLine = "\n" };
        var code = await VfioCommand.RunAsync(["zpci", "run", target, PathOf(script)], new ToolHost
        {
            Output = output,
            Error = error,
            IsOutputRedirected = true,
            Functions = new Backends.Linux.PciFunctions(),
        });
        Assert.True(code == 0, error.ToString());
        return output.ToString();
    }
}
