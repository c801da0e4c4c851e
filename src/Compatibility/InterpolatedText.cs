using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Text;

namespace System
{
    /// <summary>Interpolated text of a given culture.</summary>
    internal static class InterpolatedText
    {
        extension(string)
        {
            /// <summary>Makes a string of interpolated text, numbers as a culture has them.</summary>
            [SuppressMessage("Style", "IDE0060", Justification = "The compiler passes the culture on to the handler.")]
            public static string Create(
                IFormatProvider? provider,
                [InterpolatedStringHandlerArgument(nameof(provider))] ref DefaultInterpolatedStringHandler handler) =>
                handler.ToStringAndClear();
        }

        extension(StringBuilder builder)
        {
            /// <summary>Appends interpolated text, numbers as a culture has them.</summary>
            [SuppressMessage("Style", "IDE0060", Justification = "The compiler passes the culture on to the handler.")]
            public StringBuilder Append(
                IFormatProvider? provider,
                [InterpolatedStringHandlerArgument(nameof(provider))] ref DefaultInterpolatedStringHandler handler) =>
                builder.Append(handler.ToStringAndClear());
        }
    }
}

namespace System.Runtime.CompilerServices
{
    /// <summary>What the compiler makes interpolated strings with.</summary>
    [InterpolatedStringHandler]
    internal ref struct DefaultInterpolatedStringHandler
    {
        private readonly IFormatProvider? _provider;
        private readonly StringBuilder _text;

        public DefaultInterpolatedStringHandler(int literalLength, int formattedCount)
            : this(literalLength, formattedCount, null)
        {
        }

        public DefaultInterpolatedStringHandler(int literalLength, int formattedCount, IFormatProvider? provider)
        {
            _provider = provider;
            _text = new StringBuilder(literalLength + (8 * formattedCount));
        }

        public readonly void AppendLiteral(string value) => _text.Append(value);

        public readonly void AppendFormatted<T>(T value) => AppendFormatted(value, 0, null);

        public readonly void AppendFormatted<T>(T value, string? format) => AppendFormatted(value, 0, format);

        public readonly void AppendFormatted<T>(T value, int alignment) => AppendFormatted(value, alignment, null);

        public readonly void AppendFormatted<T>(T value, int alignment, string? format)
        {
            var text = value is IFormattable formattable ? formattable.ToString(format, _provider) : value?.ToString();
            text ??= "";
            _text.Append(alignment < 0 ? text.PadRight(-alignment) : text.PadLeft(alignment));
        }

        public readonly void AppendFormatted(ReadOnlySpan<char> value) => _text.Append(value);

        public readonly string ToStringAndClear()
        {
            var text = _text.ToString();
            _text.Clear();
            return text;
        }
    }
}
