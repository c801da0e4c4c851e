using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using VfioSharp.Conformance;

namespace VfioSharp.Tool.Conformance;

/// <summary>What `vfio conformance --json` prints of a run.</summary>
/// <param name="Suite">"server" or "client".</param>
/// <param name="Socket">The path.</param>
/// <param name="Peer">What is known of the peer, line by line.</param>
/// <param name="Summary">The counts.</param>
/// <param name="Cases">The cases with what came of them.</param>
internal sealed record ConformanceReport(
    string Suite, string Socket, IReadOnlyList<string> Peer, SummaryReport Summary, IReadOnlyList<CaseReport> Cases)
{
    private static readonly ConformanceJsonContext Context = new(new JsonSerializerOptions(ConformanceJsonContext.Default.Options)
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    });

    public static string Serialize(IReadOnlyList<CaseReport> cases) => JsonSerializer.Serialize(cases, Context.IReadOnlyListCaseReport);

    /// <summary>Runs cases and prints the report.</summary>
    public static List<CaseResult> Write(
        TextWriter output, string name, string socket, ConformanceSuite suite, IReadOnlyList<ConformanceCase> cases, CancellationToken cancellation)
    {
        var results = suite.Run(cases, cancellation).ToList();
        var summary = ConformanceSummary.Of(results);
        var report = new ConformanceReport(
            name, socket, suite.Description,
            new SummaryReport(summary.Passed, summary.Failed, summary.Differing, summary.Skipped, summary.IsConformant),
            [.. results.Select(CaseReport.Of)]);
        output.WriteLine(JsonSerializer.Serialize(report, Context.ConformanceReport));
        return results;
    }
}

/// <summary>The counts of a run.</summary>
internal sealed record SummaryReport(int Passed, int Failed, int Differing, int Skipped, bool Conformant);

/// <summary>A case, and what came of it where it was run.</summary>
internal sealed record CaseReport(
    string Name,
    string Clause,
    string Duty,
    string Summary,
    string? Need,
    string? Mirrors,
    string? Status,
    string? Reason,
    IReadOnlyList<string> Remarks,
    double? Milliseconds)
{
    public static CaseReport Of(ConformanceCase item) =>
        new(item.Name, item.Clause, item.Duty == CaseDuty.Must ? "must" : "habit", item.Summary, item.Need, item.Mirrors, null, null, [], null);

    public static CaseReport Of(CaseResult result) => Of(result.Case) with
    {
        Status = result.Status switch
        {
            CaseStatus.Passed => "passed",
            CaseStatus.Failed => "failed",
            _ => "skipped",
        },
        Reason = result.Reason,
        Remarks = result.Remarks,
        Milliseconds = Math.Round(result.Duration.TotalMilliseconds, 3),
    };
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true, NewLine = "\n")]
[JsonSerializable(typeof(ConformanceReport))]
[JsonSerializable(typeof(IReadOnlyList<CaseReport>))]
internal sealed partial class ConformanceJsonContext : JsonSerializerContext;
