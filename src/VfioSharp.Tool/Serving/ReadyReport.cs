using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace VfioSharp.Tool.Serving;

/// <summary>What is said in one line once clients may come.</summary>
/// <param name="ProcessId">This process.</param>
/// <param name="Functions">The functions.</param>
internal sealed record ReadyReport(int ProcessId, IReadOnlyList<ReadyFunctionReport> Functions)
{
    private static readonly ReadyJsonContext Context = new(new JsonSerializerOptions(ReadyJsonContext.Default.Options)
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    });

    /// <summary>The line as JSON.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, Context.ReadyReport);

    /// <summary>The line for people.</summary>
    public string ToText() => $"Serving {string.Join(", ", Functions.Select(function => function.ToText()))}.";
}

/// <summary>A function that is served.</summary>
/// <param name="Function">Its name.</param>
/// <param name="Vendor">The vendor's number.</param>
/// <param name="DeviceId">The device's.</param>
/// <param name="Socket">Where it can be found; null where it was given a connection.</param>
/// <param name="Descriptor">The connection that it was given.</param>
internal sealed record ReadyFunctionReport(string Function, int Vendor, int DeviceId, string? Socket, int? Descriptor)
{
    /// <summary>The function in a few words.</summary>
    public string ToText() => FormattableString.Invariant($"{Function} ({Vendor:x4}:{DeviceId:x4}) {(Socket is null ? $"on descriptor {Descriptor}" : $"at {Socket}")}");
}

// In one line, which a caller can wait for.
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = false)]
[JsonSerializable(typeof(ReadyReport))]
internal sealed partial class ReadyJsonContext : JsonSerializerContext;
