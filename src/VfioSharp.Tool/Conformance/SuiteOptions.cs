using System.CommandLine;
using System.Globalization;
using VfioSharp.Conformance;
using VfioSharp.Tool.Manual;

namespace VfioSharp.Tool.Conformance;

/// <summary>The options that both suites have, and the run of what they choose.</summary>
internal sealed class SuiteOptions
{
    private const string SecondsRange = "a number of seconds above 0, at most 3600";

    private readonly IReadOnlyList<ConformanceCase> _cases;
    private readonly Option<string?> _socket = new("--socket") { Description = "The path of the socket", HelpName = "PATH" };
    private readonly Option<string?> _command;
    private readonly TimeSpan _usualTimeout;
    private readonly Option<string?> _timeout;
    private readonly Option<string[]> _names = new("--case")
    {
        Description = "These cases alone; may be given several times",
        HelpName = "NAME",
        AllowMultipleArgumentsPerToken = true,
    };

    private readonly Option<string?> _filter = new("--filter") { Description = "The cases whose name contains this", HelpName = "TEXT" };
    private readonly Option<bool> _list = new("--list") { Description = "List the cases instead of running them" };
    private readonly Option<bool> _json = new("--json") { Description = "Print JSON" };

    public SuiteOptions(IReadOnlyList<ConformanceCase> cases, string commandDescription, TimeSpan usualTimeout)
    {
        _cases = cases;
        _usualTimeout = usualTimeout;
        _timeout = new Option<string?>("--timeout") { Description = $"How long to wait for anything (default: {usualTimeout.TotalSeconds:0})", HelpName = "SECONDS" };
        _command = new Option<string?>("--command") { Description = commandDescription, HelpName = "COMMAND" };
    }

    public void AddTo(VerbCommand verb)
    {
        foreach (var option in new Option[] { _socket, _command, _timeout, _names, _filter, _list, _json })
            verb.Add(option);
        verb.Validators.Add(result =>
        {
            if (string.IsNullOrEmpty(result.GetValue(_socket)) && !result.GetValue(_list))
                result.AddError("Say where the socket is: --socket PATH.");
            if (result.GetValue(_timeout) is { } text && !TryReadSeconds(text, out _))
                result.AddError($"--timeout is {SecondsRange}, not '{text}'.");
            foreach (var name in result.GetValue(_names) ?? [])
            {
                if (!_cases.Any(item => item.Name == name))
                    result.AddError($"There is no case '{name}'; --list shows all.");
            }

            if (result.GetValue(_filter) is { } part && !Matching(part).Any())
                result.AddError($"No case's name contains '{part}'; --list shows all.");
        });
    }

    public string Socket(ParseResult parsed) => parsed.GetValue(_socket)!;

    public string? Command(ParseResult parsed) => parsed.GetValue(_command);

    public TimeSpan Timeout(ParseResult parsed) =>
        parsed.GetValue(_timeout) is { } text && TryReadSeconds(text, out var span) ? span : _usualTimeout;

    /// <summary>Lists the cases or runs them, as the command line says.</summary>
    /// <returns>The exit code.</returns>
    public int Run(ToolHost host, ParseResult parsed, string name, Func<ConformanceSuite> create, CancellationToken cancellation)
    {
        var chosen = Choose(parsed);
        if (parsed.GetValue(_list))
        {
            List(host.Output, chosen, parsed.GetValue(_json));
            return ExitCode.Done;
        }

        var suite = create();
        using var owned = suite as IDisposable;
        var results = parsed.GetValue(_json)
            ? ConformanceReport.Write(host.Output, name, Socket(parsed), suite, chosen, cancellation)
            : WriteTap(host.Output, suite, chosen, cancellation);
        return ConformanceSummary.Of(results).IsConformant ? ExitCode.Done : ExitCode.Refused;
    }

    private static List<CaseResult> WriteTap(TextWriter output, ConformanceSuite suite, IReadOnlyList<ConformanceCase> cases, CancellationToken cancellation)
    {
        var tap = new TapWriter(output, cases.Count);
        var results = new List<CaseResult>();
        foreach (var result in suite.Run(cases, cancellation))
        {
            if (results.Count == 0)
            {
                foreach (var line in suite.Description)
                    tap.Comment(line);
            }

            tap.Write(result);
            results.Add(result);
        }

        var summary = ConformanceSummary.Of(results);
        tap.Comment($"{summary.Passed} passed, {summary.Failed} failed, {summary.Differing} differ from habits, {summary.Skipped} skipped");
        return results;
    }

    private static void List(TextWriter output, IReadOnlyList<ConformanceCase> cases, bool asJson)
    {
        if (asJson)
        {
            output.WriteLine(ConformanceReport.Serialize([.. cases.Select(CaseReport.Of)]));
            return;
        }

        var width = cases.Max(item => item.Name.Length);
        foreach (var item in cases)
        {
            var need = item.Need is null ? string.Empty : $"; needs {item.Need}";
            var habit = item.Duty == CaseDuty.Habit ? "; a habit" : string.Empty;
            output.WriteLine($"{item.Name.PadRight(width)}  {item.Summary} ({item.Clause}{need}{habit})");
        }
    }

    private IReadOnlyList<ConformanceCase> Choose(ParseResult parsed)
    {
        var names = parsed.GetValue(_names) is { Length: > 0 } asked ? asked : null;
        var part = parsed.GetValue(_filter);
        return [.. (part is null ? _cases : Matching(part)).Where(item => names is null || names.Contains(item.Name))];
    }

    private IEnumerable<ConformanceCase> Matching(string part) => _cases.Where(item => item.Name.Contains(part, StringComparison.OrdinalIgnoreCase));

    private static bool TryReadSeconds(string text, out TimeSpan span)
    {
        var isRight = double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var seconds) && seconds is > 0 and <= 3600;
        span = isRight ? TimeSpan.FromSeconds(seconds) : default;
        return isRight;
    }
}
