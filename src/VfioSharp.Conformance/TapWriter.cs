using System.Globalization;

namespace VfioSharp.Conformance;

/// <summary>
/// Writes results in the Test Anything Protocol, version 14 (testanything.org). A habit that a peer does not share is a "not ok" with the
/// directive TODO, which harnesses do not count as a failure; what lies behind a result follows it as YAML. For one thread at a time.
/// </summary>
public sealed class TapWriter
{
    private readonly TextWriter _output;
    private int _count;

    /// <summary>Writes the version and the plan.</summary>
    /// <param name="output">Where to; it stays the caller's.</param>
    /// <param name="plan">How many results will follow.</param>
    public TapWriter(TextWriter output, int plan)
    {
        ArgumentNullException.ThrowIfNull(output);
        ArgumentOutOfRangeException.ThrowIfNegative(plan);
        _output = output;
        output.WriteLine("TAP version 14");
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"1..{plan}"));
    }

    /// <summary>Writes a comment, which harnesses pass over.</summary>
    /// <param name="text">The text, of one line or several.</param>
    public void Comment(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        foreach (var line in text.Split('\n'))
            _output.WriteLine($"# {OneLine(line)}");
    }

    /// <summary>Writes a result.</summary>
    public void Write(CaseResult result)
    {
        ArgumentNullException.ThrowIfNull(result);
        var directive = result.Status switch
        {
            CaseStatus.Skipped => $" # SKIP {Escape(result.Reason ?? string.Empty)}",
            CaseStatus.Failed when !result.IsFault => " # TODO a habit of other peers, not of this one",
            _ => string.Empty,
        };
        _count++;
        var verdict = result.Status == CaseStatus.Failed ? "not ok" : "ok";
        _output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{verdict} {_count} - {Escape(result.Case.Name)}{directive}"));
        if (result.Status == CaseStatus.Failed || result.Remarks.Count != 0)
            WriteDiagnostics(result);
    }

    private void WriteDiagnostics(CaseResult result)
    {
        _output.WriteLine("  ---");
        if (result.Status == CaseStatus.Failed)
            _output.WriteLine($"  message: {Quote(result.Reason ?? string.Empty)}");
        _output.WriteLine($"  expected: {Quote(result.Case.Summary)}");
        _output.WriteLine($"  clause: {Quote(result.Case.Clause)}");
        _output.WriteLine($"  severity: {(result.Case.Duty == CaseDuty.Must ? "must" : "habit")}");
        _output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  duration_ms: {result.Duration.TotalMilliseconds:0.###}"));
        if (result.Remarks.Count != 0)
        {
            _output.WriteLine("  remarks:");
            foreach (var remark in result.Remarks)
                _output.WriteLine($"    - {Quote(remark)}");
        }

        _output.WriteLine("  ...");
    }

    // In a description, # begins a directive.
    private static string Escape(string text) => OneLine(text).Replace(@"\", @"\\", StringComparison.Ordinal).Replace("#", @"\#", StringComparison.Ordinal);

    private static string Quote(string text) => $"\"{OneLine(text).Replace(@"\", @"\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal)}\"";

    private static string OneLine(string text) => string.Concat(text.Select(character => char.IsControl(character) ? ' ' : character));
}
