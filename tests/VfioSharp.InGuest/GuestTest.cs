using System.Diagnostics;
using System.Reflection;
using System.Text.Json.Serialization;

namespace VfioSharp.InGuest;

/// <summary>How a test ended.</summary>
/// <param name="Test">"Class.Method".</param>
/// <param name="Outcome">"pass", "fail" or "skip".</param>
/// <param name="Message">The failure with its place, or the reason for skipping.</param>
/// <param name="Milliseconds">How long it took.</param>
public sealed record GuestTestResult(string Test, string Outcome, string Message, long Milliseconds)
{
    public const string Pass = "pass";
    public const string Fail = "fail";
    public const string Skip = "skip";
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(GuestTestResult))]
public sealed partial class GuestJson : JsonSerializerContext;

/// <summary>A method with a Fact, run on an instance of its own that is disposed of afterwards.</summary>
public sealed class GuestTest
{
    // How xunit's assertions mark a skip in the message of the exception.
    private const string SkipToken = "$XunitDynamicSkip$";

    private readonly MethodInfo _method;

    private GuestTest(MethodInfo method, FactAttribute fact)
    {
        _method = method;
        Name = $"{method.DeclaringType!.Name}.{method.Name}";
        IsExplicit = fact.Explicit;
    }

    /// <summary>Every test of this assembly.</summary>
    public static IReadOnlyList<GuestTest> All { get; } =
        [.. from type in typeof(GuestTest).Assembly.GetTypes()
            from method in type.GetMethods(BindingFlags.Instance | BindingFlags.Public)
            let fact = method.GetCustomAttribute<FactAttribute>()
            where fact is not null
            orderby type.Name, method.Name
            select new GuestTest(method, fact)];

    /// <summary>"Class.Method".</summary>
    public string Name { get; }

    /// <summary>"Class".</summary>
    public string ClassName => _method.DeclaringType!.Name;

    /// <summary>Whether it runs only when it or its class is asked for by name, in a guest made for it.</summary>
    public bool IsExplicit { get; }

    /// <summary>Runs it.</summary>
    public async Task<GuestTestResult> Run()
    {
        var watch = Stopwatch.StartNew();
        var (outcome, message) = (GuestTestResult.Pass, string.Empty);
        try
        {
            var instance = Activator.CreateInstance(_method.DeclaringType!);
            using (instance as IDisposable)
            {
                if (_method.Invoke(instance, null) is Task task)
                    await task;
            }
        }
        catch (Exception exception)
        {
            // Reflection wraps what the test threw.
            var cause = exception is TargetInvocationException { InnerException: { } inner } ? inner : exception;
            var isSkip = cause.Message.StartsWith(SkipToken, StringComparison.Ordinal);
            (outcome, message) = isSkip ? (GuestTestResult.Skip, cause.Message[SkipToken.Length..]) : (GuestTestResult.Fail, cause.ToString());
        }

        return new GuestTestResult(Name, outcome, message, watch.ElapsedMilliseconds);
    }
}
