using System.Runtime.CompilerServices;

namespace VfioSharp.Tests.IbmZ;

/// <summary>Ends the program where something does not hold.</summary>
internal sealed class ExpectationException : Exception
{
    private ExpectationException(string message)
        : base(message)
    {
    }

    public static void Equal<T>(T expected, T actual, [CallerLineNumber] int line = 0)
    {
        if (!EqualityComparer<T>.Default.Equals(expected, actual))
            throw new ExpectationException($"line {line}: expected {expected}, got {actual}");
    }

    public static void True(bool condition, string what, [CallerLineNumber] int line = 0)
    {
        if (!condition)
            throw new ExpectationException($"line {line}: {what} does not hold");
    }

    public static void Throws<T>(Action act, [CallerLineNumber] int line = 0)
        where T : Exception
    {
        try
        {
            act();
        }
        catch (T)
        {
            return;
        }

        throw new ExpectationException($"line {line}: expected {typeof(T).Name}");
    }
}
