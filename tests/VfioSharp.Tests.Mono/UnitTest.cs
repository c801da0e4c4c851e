using System.Reflection;
using FsCheck.Xunit;

namespace VfioSharp.Tests.Mono;

/// <summary>
/// A method with a Fact, or a Theory with inline data. xunit's own runner needs more of .NET than Mono has. Properties are passed over:
/// on Mono FsCheck does not come to the end of its first one.
/// </summary>
public sealed class UnitTest
{
    // How xunit's assertions mark a skip in the message of the exception.
    private const string SkipToken = "$XunitDynamicSkip$";

    private readonly MethodInfo _method;

    private UnitTest(MethodInfo method)
    {
        _method = method;
        Name = $"{method.DeclaringType!.Name}.{method.Name}";
    }

    /// <summary>Every test of this assembly.</summary>
    public static IReadOnlyList<UnitTest> All { get; } =
        [.. from type in typeof(UnitTest).Assembly.GetTypes()
            from method in type.GetMethods(BindingFlags.Instance | BindingFlags.Public | BindingFlags.DeclaredOnly)
            where method.IsDefined(typeof(FactAttribute), inherit: true) && !method.IsDefined(typeof(PropertyAttribute))
            orderby type.Name, method.Name
            select new UnitTest(method)];

    /// <summary>"Class.Method".</summary>
    public string Name { get; }

    /// <summary>Runs it, with each of its data.</summary>
    public async Task<UnitTestResult> Run()
    {
        if (!BitConverter.IsLittleEndian && Inapplicable.Reasons.TryGetValue(Name, out var reason))
            return new UnitTestResult(Name, UnitTestResult.Skip, reason);
        try
        {
            await RunWithEachData();
            return new UnitTestResult(Name, UnitTestResult.Pass, "");
        }
        catch (Exception exception)
        {
            // Reflection wraps what the test threw.
            var cause = exception is TargetInvocationException { InnerException: { } inner } ? inner : exception;
            return cause.Message.StartsWith(SkipToken, StringComparison.Ordinal)
                ? new UnitTestResult(Name, UnitTestResult.Skip, cause.Message[SkipToken.Length..])
                : new UnitTestResult(Name, UnitTestResult.Fail, cause.ToString());
        }
    }

    private async Task RunWithEachData()
    {
        var data = _method.GetCustomAttributes<InlineDataAttribute>().Select(row => row.Data).ToList();
        if (data.Count == 0)
            data.Add([]);
        foreach (var row in data)
        {
            var instance = Activator.CreateInstance(_method.DeclaringType!);
            using (instance as IDisposable)
            {
                if (_method.Invoke(instance, Convert(row)) is Task task)
                    await task;
            }
        }
    }

    // An attribute holds an int where the parameter is of another width.
    private object?[] Convert(object?[] row) =>
        [.. _method.GetParameters().Select((parameter, index) => index >= row.Length ? parameter.DefaultValue
            : row[index] is IConvertible value && parameter.ParameterType.IsPrimitive ? value.ToType(parameter.ParameterType, null)
            : row[index])];
}
