using System.Diagnostics;
using System.Globalization;

namespace VfioSharp.Fuzz;

/// <summary>
/// A victim in a process of its own, which is this program once more: it reads requests from standard input, a line each, and answers each with a line.
/// It ends when its input does. For one thread at a time.
/// </summary>
internal sealed class VictimProcess : IVictim
{
    public const string Ready = "ready";
    public const string AskComplaint = "complaint";
    public const string AskHeap = "heap";
    public const string None = "none";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly Process _process;
    private readonly TextWriter _errors = new StringWriter(CultureInfo.InvariantCulture);

    /// <summary>Starts it.</summary>
    /// <param name="arguments">Which victim, and where.</param>
    /// <exception cref="FuzzException">It does not get ready.</exception>
    public VictimProcess(params string[] arguments)
    {
        var start = new ProcessStartInfo(Environment.ProcessPath!, arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        _process = Process.Start(start) ?? throw new FuzzException("The victim's process does not start.");
        _process.ErrorDataReceived += (_, line) =>
        {
            lock (_errors)
                _errors.WriteLine(line.Data);
        };
        _process.BeginErrorReadLine();
        if (Read() != Ready)
            throw new FuzzException($"The victim does not get ready: {Errors}");
    }

    public int ProcessId => _process.Id;

    private string Errors
    {
        get
        {
            lock (_errors)
                return _errors.ToString()!.Trim();
        }
    }

    public string? FindComplaint()
    {
        if (_process.HasExited)
            return $"The victim's process has ended with exit code {_process.ExitCode}: {Errors}";
        var answer = Ask(AskComplaint);
        return answer == None ? null : answer.Replace("\\n", "\n", StringComparison.Ordinal);
    }

    public long CountHeapBytes() => long.Parse(Ask(AskHeap), CultureInfo.InvariantCulture);

    /// <summary>Sends a request and waits for the answer.</summary>
    /// <exception cref="FuzzException">None comes in time, or the process has ended.</exception>
    public string Ask(string request)
    {
        try
        {
            _process.StandardInput.WriteLine(request);
        }
        catch (IOException)
        {
            // Whoever reads finds that there is no answer, and says why.
        }

        return Read();
    }

    /// <summary>Answers requests on this process's own standard input, until it ends: the other end of this.</summary>
    /// <param name="victim">The victim.</param>
    /// <param name="other">Answers what a victim of this kind is asked beside.</param>
    public static void Answer(IVictim victim, Func<string, string>? other = null)
    {
        Console.WriteLine(Ready);
        while (Console.ReadLine() is { } request)
        {
            Console.WriteLine(request switch
            {
                AskComplaint => (victim.FindComplaint() ?? None).Replace("\n", "\\n", StringComparison.Ordinal),
                AskHeap => victim.CountHeapBytes().ToString(CultureInfo.InvariantCulture),
                _ when other is not null => other(request),
                _ => throw new FuzzException($"A victim of this kind is not asked for '{request}'."),
            });
        }
    }

    public void Dispose()
    {
        _process.StandardInput.Close();
        if (!_process.WaitForExit(Patience))
            _process.Kill();
        _process.WaitForExit();
        _process.Dispose();
    }

    private string Read()
    {
        var answer = _process.StandardOutput.ReadLineAsync();
        if (!answer.Wait(Patience))
            throw new FuzzException($"The victim does not answer for {Patience.TotalSeconds} s. {Errors}");
        if (answer.Result is { } line)
            return line;
        _process.WaitForExit(Patience);
        throw new FuzzException($"The victim's process has ended with exit code {(_process.HasExited ? _process.ExitCode : -1)}: {Errors}");
    }
}
