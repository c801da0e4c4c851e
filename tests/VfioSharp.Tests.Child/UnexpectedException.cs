namespace VfioSharp.Tests.Child;

/// <summary>Something that a role expects does not hold.</summary>
internal sealed class UnexpectedException(string message) : Exception(message)
{
    public static void Unless(bool condition, string expectation)
    {
        if (!condition)
            throw new UnexpectedException($"It does not hold that {expectation}.");
    }
}
