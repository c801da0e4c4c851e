using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace VfioSharp.Tool.Demo.Reporting;

/// <summary>The demonstration as JSON.</summary>
internal static class DemoJson
{
    private static readonly DemoJsonContext Context = new(new JsonSerializerOptions(DemoJsonContext.Default.Options)
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    });

    public static string Serialize(DemoReport report) => JsonSerializer.Serialize(report, Context.DemoReport);
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true, NewLine = "\n")]
[JsonSerializable(typeof(DemoReport))]
internal sealed partial class DemoJsonContext : JsonSerializerContext;
