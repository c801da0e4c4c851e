using System.Diagnostics.CodeAnalysis;

namespace VfioSharp.Conformance.Trials;

/// <summary>What a case asks of what came. Each member ends the case where it does not hold.</summary>
internal static class Expect
{
    public static void That([DoesNotReturnIf(false)] bool holds, string failure)
    {
        if (!holds)
            throw new CaseFailedException(failure);
    }

    public static void Equal(ulong expected, ulong actual, string what)
    {
        if (actual != expected)
            throw new CaseFailedException($"{what} is 0x{actual:x}, expected 0x{expected:x}.");
    }

    public static void Equal(ReadOnlySpan<byte> expected, ReadOnlySpan<byte> actual, string what)
    {
        if (actual.SequenceEqual(expected))
            return;
        var first = actual.CommonPrefixLength(expected);
        throw new CaseFailedException(
            $"{what} differs at byte {first} of {expected.Length}: got {Show(actual, first)}, expected {Show(expected, first)}{(actual.Length == expected.Length ? string.Empty : $"; it has {actual.Length} bytes")}.");
    }

    private static string Show(ReadOnlySpan<byte> bytes, int first) =>
        first >= bytes.Length ? "nothing" : Convert.ToHexStringLower(bytes[first..Math.Min(bytes.Length, first + 8)]);
}
