using System.Runtime.CompilerServices;

namespace VfioSharp.Tests.Mono;

/// <summary>What goes wrong on Mono in an assembly that was not fixed (guest/mono), or is not started as published (guest/lib/publish-mono.sh).</summary>
public sealed class CodeGenerationTests
{
    [Fact]
    public void A_span_is_indexed_by_a_reference_that_may_not_be_written_through()
    {
        ReadOnlySpan<byte> bytes = [1, 2, 3];
        Assert.Equal(3, bytes[2]);
    }

    [Fact]
    public void A_method_with_a_type_parameter_is_compiled_for_an_enumeration() => Assert.Equal(default, DefaultOf<DayOfWeek>());

    // As System.CommandLine's Argument<T> does it: an unboxed object on one way, the default on the other.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static T? DefaultOf<T>()
    {
        if (default(T) is null && typeof(T).IsArray)
            return (T)(object)Array.CreateInstance(typeof(T).GetElementType()!, 0);
        if (default(T) is null && typeof(T).IsConstructedGenericType)
            return Activator.CreateInstance<T>();
        return default;
    }
}
