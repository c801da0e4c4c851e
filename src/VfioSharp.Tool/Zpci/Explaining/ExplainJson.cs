using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace VfioSharp.Tool.Zpci.Explaining;

/// <summary>The table as JSON: an array of cells.</summary>
internal static class ExplainJson
{
    private static readonly ExplainJsonContext Context = new(new JsonSerializerOptions(ExplainJsonContext.Default.Options)
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    });

    public static string Serialize(IReadOnlyList<ExplainedCell> cells) => JsonSerializer.Serialize(cells, Context.IReadOnlyListExplainedCell);
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true, NewLine = "\n")]
[JsonSerializable(typeof(IReadOnlyList<ExplainedCell>))]
internal sealed partial class ExplainJsonContext : JsonSerializerContext;
