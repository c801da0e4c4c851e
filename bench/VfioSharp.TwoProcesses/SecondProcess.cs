using System.Diagnostics;
using System.Globalization;

namespace VfioSharp.TwoProcesses;

/// <summary>This program once more, in a process of its own. It ends with this object. For one thread at a time.</summary>
internal sealed class SecondProcess : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly Process _process;

    private SecondProcess(Process process) => _process = process;

    public int Id => _process.Id;

    /// <summary>Starts it and waits until it is ready.</summary>
    /// <param name="program">This program's file.</param>
    /// <param name="arguments">What it does.</param>
    /// <exception cref="MeasurementException">It does not get ready; it has said why on standard error.</exception>
    public static SecondProcess Start(string program, params string[] arguments) => StartCommand([program, .. arguments]);

    /// <inheritdoc cref="Start"/>
    /// <param name="command">The program that is started, which may be another that becomes this one, and all arguments.</param>
    public static SecondProcess StartCommand(string[] command)
    {
        var start = new ProcessStartInfo(command[0], command[1..]) { RedirectStandardInput = true, RedirectStandardOutput = true };
        var second = new SecondProcess(Process.Start(start) ?? throw new MeasurementException($"{command[0]} does not start."));
        try
        {
            var word = second.Read();
            return word == ServingProcess.Ready ? second : throw new MeasurementException($"The second process says '{word}' and not that it is ready.");
        }
        catch
        {
            second.Dispose();
            throw;
        }
    }

    /// <summary>Starts one that serves functions.</summary>
    public static SecondProcess Serve(string program, string folder, int count, bool polls = false) =>
        Serve([program], folder, count, polls);

    /// <summary>Starts one that serves functions.</summary>
    /// <param name="command">This program, behind the command that starts it.</param>
    /// <param name="folder">Where the sockets are made.</param>
    /// <param name="count">How many functions.</param>
    /// <param name="polls">Whether the last of them is served by a thread that spins.</param>
    public static SecondProcess Serve(string[] command, string folder, int count, bool polls) =>
        StartCommand([.. command, "serve", folder, count.ToString(CultureInfo.InvariantCulture), polls ? "polls" : "sleeps"]);

    /// <summary>How many bytes it has allocated since it began.</summary>
    public long CountAllocatedBytes()
    {
        _process.StandardInput.WriteLine(ServingProcess.AskAllocated);
        return long.Parse(Read(), CultureInfo.InvariantCulture);
    }

    /// <summary>The memory of a process that is really there.</summary>
    public static long CountResidentBytes(int processId)
    {
        var line = File.ReadLines($"/proc/{processId}/status").First(text => text.StartsWith("VmRSS:", StringComparison.Ordinal));
        return long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture) << 10;
    }

    /// <summary>Ends it by SIGKILL, in the middle of whatever it does.</summary>
    public void Kill() => _process.Kill();

    public void Dispose()
    {
        if (!_process.HasExited)
        {
            _process.StandardInput.Close();
            if (!_process.WaitForExit(Patience))
                _process.Kill();
        }

        _process.WaitForExit();
        // Streams that were used outlive the process's object otherwise, until somebody collects them.
        _process.StandardInput.Close();
        _process.StandardOutput.Close();
        _process.Dispose();
    }

    private string Read()
    {
        var line = _process.StandardOutput.ReadLineAsync();
        return line.Wait(Patience) && line.Result is { } text
            ? text
            : throw new MeasurementException($"The second process has ended, or says nothing for {Patience.TotalSeconds} s.");
    }
}
