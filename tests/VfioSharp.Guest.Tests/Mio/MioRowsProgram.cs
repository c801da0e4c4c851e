using System.Globalization;

namespace VfioSharp.Guest.Tests.Mio;

/// <summary>The program in C that asks the questions of the recordings (tests/mio-rows), compiled once, and started in guests.</summary>
internal static class MioRowsProgram
{
    private const int Unavailable = 69;
    private const string Command = "/mio-rows";

    // Enough for a first run that fetches a compiler.
    private static readonly TimeSpan CompilationLimit = TimeSpan.FromMinutes(20);

    private static readonly Lazy<Task<ProcessRun>> Compilation = new(Compile);

    private static string Compiled => Repository.PathOf("artifacts/mio-rows");

    /// <summary>What the program prints in a guest of its own, line by line, for each start of it.</summary>
    /// <param name="guest">Machine and kernel.</param>
    /// <param name="options">Options of guest/run. The devices have no driver at first.</param>
    /// <param name="starts">The program's arguments, start by start, in which the shell replaces variables.</param>
    public static async Task<string[][]> Run(string guest, string[] options, params string[] starts)
    {
        await GuestMachine.SkipWhereUnavailable(guest);
        var compilation = await Compilation.Value;
        Assert.SkipWhen(compilation.ExitCode == Unavailable, $"no compiler for s390x: {compilation.Error.Trim()}");
        Assert.True(compilation.ExitCode == 0, $"tests/mio-rows does not compile:\n{compilation.Error}");
        var session = await GuestSession.Boot(
            guest,
            [.. options, "--no-bind", "--include", $"{Compiled}:{Command}"],
            NamedCommands.Script(starts.Select((arguments, i) => (NameOf(i), $"{Command} {arguments}"))));
        return [.. starts.Select((_, i) => session.OutputOf(NameOf(i)).Split('\n'))];
    }

    private static string NameOf(int start) => string.Create(CultureInfo.InvariantCulture, $"start {start}");

    private static Task<ProcessRun> Compile()
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Compiled)!);
        var sources = Directory.GetFiles(Repository.PathOf("tests/mio-rows"), "*.c").Order(StringComparer.Ordinal);
        return ProcessRun.Start(Repository.PathOf("guest/compile"), ["s390x", Compiled, .. sources], CompilationLimit);
    }
}
