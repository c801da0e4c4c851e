using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using VfioSharp.Tool.Nvme.Benchmarking;

namespace VfioSharp.Tool.Nvme.Reporting;

/// <summary>
/// Reports of NVMe controllers as JSON: camelCase, but for the fields that have nvme-cli's names; numbers are numbers, sizes in bytes.
/// </summary>
internal static class NvmeJson
{
    private static readonly NvmeJsonContext Context = new(new JsonSerializerOptions(NvmeJsonContext.Default.Options)
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    });

    public static string Serialize(IdentifyReport report) => JsonSerializer.Serialize(report, Context.IdentifyReport);

    public static string Serialize(SmartReport report) => JsonSerializer.Serialize(report, Context.SmartReport);

    public static string Serialize(TransferReport report) => JsonSerializer.Serialize(report, Context.TransferReport);

    public static string Serialize(NvmeBenchReport report) => JsonSerializer.Serialize(report, Context.NvmeBenchReport);
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true, NewLine = "\n")]
[JsonSerializable(typeof(IdentifyReport))]
[JsonSerializable(typeof(SmartReport))]
[JsonSerializable(typeof(TransferReport))]
[JsonSerializable(typeof(NvmeBenchReport))]
internal sealed partial class NvmeJsonContext : JsonSerializerContext;
