using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using VfioSharp.Tool.Reports.Benchmarking;
using VfioSharp.Tool.Reports.Listing;
using VfioSharp.Tool.Reports.Probing;
using VfioSharp.Tool.Reports.Registers;
using VfioSharp.Tool.Reports.Scripting;

namespace VfioSharp.Tool.Reports;

/// <summary>Reports as JSON: camelCase, numbers are numbers, sizes in bytes, what is not known is null.</summary>
internal static class ReportJson
{
    // Reports go to files and pipes, never into a web page, so that an apostrophe can stay one.
    private static readonly ReportJsonContext Context = new(new JsonSerializerOptions(ReportJsonContext.Default.Options)
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    });

    public static string Serialize(ListReport report) => JsonSerializer.Serialize(report, Context.ListReport);

    public static string Serialize(RegisterReport report) => JsonSerializer.Serialize(report, Context.RegisterReport);

    public static string Serialize(ProbeReport report) => JsonSerializer.Serialize(report, Context.ProbeReport);

    public static string Serialize(BenchReport report) => JsonSerializer.Serialize(report, Context.BenchReport);

    public static string Serialize(IReadOnlyList<StepReport> report) => JsonSerializer.Serialize(report, Context.IReadOnlyListStepReport);
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true, NewLine = "\n")]
[JsonSerializable(typeof(ListReport))]
[JsonSerializable(typeof(RegisterReport))]
[JsonSerializable(typeof(ProbeReport))]
[JsonSerializable(typeof(BenchReport))]
[JsonSerializable(typeof(IReadOnlyList<StepReport>))]
internal sealed partial class ReportJsonContext : JsonSerializerContext;
