using System.Text.Json;
using System.Text.Json.Serialization;
using VfioSharp.Tool.Reports.Listing;

namespace VfioSharp.Tool.Reports;

/// <summary>Reports as JSON: camelCase, numbers are numbers, sizes in bytes, what is not known is null.</summary>
internal static class ReportJson
{
    public static string Serialize(ListReport report) => JsonSerializer.Serialize(report, ReportJsonContext.Default.ListReport);
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true, NewLine = "\n")]
[JsonSerializable(typeof(ListReport))]
internal sealed partial class ReportJsonContext : JsonSerializerContext;
