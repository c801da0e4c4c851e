using System.Diagnostics;

namespace VfioSharp.Conformance.Trials;

/// <summary>
/// Owns a process that a shell runs, and ends it with all of its children. What it prints is read, since a full pipe would stop it; the last line
/// is kept.
/// </summary>
internal sealed class ShellCommand : IDisposable
{
    // As a shell reports a process that a signal ended.
    private const int FirstSignal = 128;

    private readonly Process _process;
    private volatile string? _lastLine;

    private ShellCommand(Process process)
    {
        _process = process;
        process.OutputDataReceived += Keep;
        process.ErrorDataReceived += Keep;
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        process.StandardInput.Close();
    }

    /// <summary>Starts a command.</summary>
    /// <param name="command">The command, in which "{socket}" stands for the path.</param>
    /// <param name="socketPath">The path.</param>
    public static ShellCommand Start(string command, string socketPath)
    {
        var start = new ProcessStartInfo("/bin/sh") { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        start.ArgumentList.Add("-c");
        start.ArgumentList.Add(command.Replace("{socket}", socketPath, StringComparison.Ordinal));
        return new ShellCommand(Process.Start(start)!);
    }

    public bool HasExited => _process.HasExited;

    /// <summary>The exit code of a process that has ended; as a shell reports it, 128 and the number of a signal.</summary>
    public int ExitCode => _process.ExitCode;

    /// <summary>Whether a signal ended it.</summary>
    public bool WasKilled => ExitCode > FirstSignal;

    /// <summary>How it ended, for people.</summary>
    public string End => WasKilled ? $"signal {ExitCode - FirstSignal} (exit code {ExitCode})" : $"exit code {ExitCode}";

    /// <summary>The last line that it printed; null where it printed none.</summary>
    public string? LastLine => _lastLine;

    public bool WaitForExit(TimeSpan limit) => _process.WaitForExit(limit);

    public void Dispose()
    {
        if (!_process.HasExited)
        {
            _process.Kill(entireProcessTree: true);
            _process.WaitForExit();
        }

        _process.Dispose();
    }

    private void Keep(object sender, DataReceivedEventArgs line)
    {
        if (!string.IsNullOrWhiteSpace(line.Data))
            _lastLine = line.Data;
    }
}
