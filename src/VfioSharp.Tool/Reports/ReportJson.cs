using System.Text.Json;
using System.Text.Json.Serialization;
using VfioSharp.Tool.Reports.Benchmarking;
using VfioSharp.Tool.Reports.Listing;
using VfioSharp.Tool.Reports.Registers;

namespace VfioSharp.Tool.Reports;

/// <summary>Reports as JSON: camelCase, numbers are numbers, sizes in bytes, what is not known is null.</summary>
internal static class ReportJson
{
    public static string Serialize(ListReport report) => JsonSerializer.Serialize(report, ReportJsonContext.Default.ListReport);

    public static string Serialize(RegisterReport report) => JsonSerializer.Serialize(report, ReportJsonContext.Default.RegisterReport);

    public static string Serialize(BenchReport report) => JsonSerializer.Serialize(report, ReportJsonContext.Default.BenchReport);
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true, NewLine = "\n")]
[JsonSerializable(typeof(ListReport))]
[JsonSerializable(typeof(RegisterReport))]
[JsonSerializable(typeof(BenchReport))]
internal sealed partial class ReportJsonContext : JsonSerializerContext;
