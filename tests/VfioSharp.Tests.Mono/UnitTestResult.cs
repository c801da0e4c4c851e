using System.Text.Json.Serialization;

namespace VfioSharp.Tests.Mono;

/// <summary>How a test ended.</summary>
/// <param name="Test">"Class.Method".</param>
/// <param name="Outcome">"pass", "fail" or "skip".</param>
/// <param name="Message">The failure with its place, or the reason for skipping.</param>
public sealed record UnitTestResult(string Test, string Outcome, string Message)
{
    public const string Pass = "pass";
    public const string Fail = "fail";
    public const string Skip = "skip";
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(UnitTestResult))]
public sealed partial class UnitTestJson : JsonSerializerContext;
