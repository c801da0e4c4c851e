using System.Globalization;

namespace VfioSharp.Tool.Arguments;

/// <summary>Numbers as a person writes them: decimal, or hexadecimal after 0x; single underscores may stand between digits.</summary>
internal static class NumberText
{
    public static bool TryParse(string? text, out ulong value)
    {
        value = 0;
        if (string.IsNullOrEmpty(text))
            return false;

        var isHex = text.StartsWith("0x", StringComparison.OrdinalIgnoreCase);
        var digits = isHex ? text[2..] : text;
        if (digits is "" || digits[0] == '_' || digits[^1] == '_' || digits.Contains("__", StringComparison.Ordinal))
            return false;

        return ulong.TryParse(
            digits.Replace("_", string.Empty, StringComparison.Ordinal),
            isHex ? NumberStyles.AllowHexSpecifier : NumberStyles.None,
            CultureInfo.InvariantCulture,
            out value);
    }
}
