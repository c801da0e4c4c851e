using System.Runtime.CompilerServices;

namespace System;

/// <summary>The checks of arguments that later versions of the class library have as static members of the exceptions.</summary>
internal static class ThrowHelpers
{
    extension(ArgumentNullException)
    {
        /// <summary>Throws where an argument is null.</summary>
        public static void ThrowIfNull(object? argument, [CallerArgumentExpression(nameof(argument))] string? paramName = null)
        {
            if (argument is null)
                throw new ArgumentNullException(paramName);
        }
    }

    extension(ArgumentOutOfRangeException)
    {
        /// <summary>Throws where a number is below 0.</summary>
        public static void ThrowIfNegative(long value, [CallerArgumentExpression(nameof(value))] string? paramName = null)
        {
            if (value < 0)
                throw new ArgumentOutOfRangeException(paramName, value, $"{paramName} ('{value}') must be a non-negative value.");
        }

        /// <summary>Throws where a value is not below a limit.</summary>
        public static void ThrowIfGreaterThanOrEqual<T>(T value, T other, [CallerArgumentExpression(nameof(value))] string? paramName = null)
            where T : IComparable<T>
        {
            if (value.CompareTo(other) >= 0)
                throw new ArgumentOutOfRangeException(paramName, value, $"{paramName} ('{value}') must be less than '{other}'.");
        }
    }

    extension(ObjectDisposedException)
    {
        /// <summary>Throws where an object is disposed.</summary>
        public static void ThrowIf(bool condition, object instance)
        {
            if (condition)
                throw new ObjectDisposedException(instance.GetType().FullName);
        }
    }
}
