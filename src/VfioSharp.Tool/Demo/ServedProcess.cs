using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.Text;

namespace VfioSharp.Tool.Demo;

/// <summary>
/// `vfio serve` as a process of its own. It ends when this object is disposed of, and by itself where this process is killed: its standard input
/// ends then. Not for several threads.
/// </summary>
internal sealed class ServedProcess : IDisposable
{
    // A machine that has other things to do takes seconds to start a runtime.
    private static readonly TimeSpan LongestStart = TimeSpan.FromSeconds(30);

    private readonly Process _process;
    private readonly StringBuilder _errors = new();

    private ServedProcess(Process process) => _process = process;

    /// <summary>The process's number.</summary>
    public int Id => _process.Id;

    /// <summary>How long it took from the start of the process until it was ready.</summary>
    public TimeSpan TimeToReady { get; private set; }

    /// <summary>Starts a server and waits until it answers.</summary>
    /// <param name="program">The command.</param>
    /// <param name="function">What the command is told of the function that it serves.</param>
    /// <param name="socket">Where.</param>
    /// <param name="cancellation">Ends the wait.</param>
    /// <returns>The running server, which the caller owns.</returns>
    /// <exception cref="VfioException">It cannot be started, ends with an error or says nothing for too long.</exception>
    public static ServedProcess Start(ToolProgram program, IReadOnlyList<string> function, string socket, CancellationToken cancellation)
    {
        var started = Stopwatch.StartNew();
        var server = new ServedProcess(Launch(program.StartWith(["serve", .. function, "--socket", socket, "--until-stdin-ends", "--json"])));
        try
        {
            server.AwaitReady(cancellation);
            server.TimeToReady = started.Elapsed;
            return server;
        }
        catch
        {
            server.Dispose();
            throw;
        }
    }

    /// <summary>SIGKILL: the process ends in the middle of whatever it does, and cleans nothing up.</summary>
    /// <returns>When the signal was sent, as <see cref="Stopwatch.GetTimestamp"/> counts.</returns>
    public long Kill()
    {
        var time = Stopwatch.GetTimestamp();
        _process.Kill();
        _process.WaitForExit();
        return time;
    }

    /// <summary>Lets the server end as it does when it is asked to.</summary>
    /// <returns>Its exit code.</returns>
    public int Stop()
    {
        _process.StandardInput.Close();
        _process.WaitForExit();
        return _process.ExitCode;
    }

    public void Dispose()
    {
        if (!_process.HasExited)
            Kill();
        _process.Dispose();
    }

    private static Process Launch(ProcessStartInfo start)
    {
        try
        {
            return Process.Start(start)!;
        }
        catch (Win32Exception refusal)
        {
            throw new VfioException($"start {start.FileName}", null, (Errno)refusal.NativeErrorCode, null, refusal);
        }
    }

    private void AwaitReady(CancellationToken cancellation)
    {
        _process.ErrorDataReceived += (_, line) =>
        {
            lock (_errors)
                _errors.Append(line.Data).Append(line.Data is null ? string.Empty : " ");
        };
        _process.BeginErrorReadLine();
        var line = _process.StandardOutput.ReadLineAsync(cancellation).AsTask();
        if (!line.Wait(LongestStart, cancellation))
        {
            throw new VfioException("start a server", null, Errno.ETIMEDOUT,
                string.Create(CultureInfo.InvariantCulture, $"process {Id} was not ready after {LongestStart.TotalSeconds} s."));
        }

        if (line.Result is not null)
            return;
        // Waits for the end of standard error, too.
        _process.WaitForExit();
        lock (_errors)
            throw new VfioException("start a server", null, Errno.None, $"it ended with {_process.ExitCode}: {_errors.ToString().Trim()}");
    }
}
