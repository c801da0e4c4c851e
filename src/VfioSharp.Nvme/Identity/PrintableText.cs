using System.Text;

namespace VfioSharp.Nvme.Identity;

/// <summary>Text that a controller sends. It ends on a terminal or in a report, so that nothing but printable characters gets through.</summary>
internal static class PrintableText
{
    private const char Replacement = '?';

    /// <summary>Reads a field of ASCII that is filled up with spaces, or with zeroes as some controllers have it.</summary>
    /// <param name="field">The field.</param>
    /// <returns>The text without spaces around it; what is no printable ASCII is a question mark each.</returns>
    public static string FromAscii(ReadOnlySpan<byte> field)
    {
        var end = field.IndexOf((byte)0);
        return Keep(Encoding.ASCII.GetString(end < 0 ? field : field[..end]));
    }

    /// <summary>Reads a field of UTF-8 that ends at its first zero, or with the field.</summary>
    /// <param name="field">The field.</param>
    /// <returns>The text without spaces around it; control characters and what is no UTF-8 are question marks.</returns>
    public static string FromUtf8(ReadOnlySpan<byte> field)
    {
        var end = field.IndexOf((byte)0);
        return Keep(Encoding.UTF8.GetString(end < 0 ? field : field[..end]));
    }

    private static string Keep(string text)
    {
        var characters = text.ToCharArray();
        for (var position = 0; position < characters.Length; position++)
        {
            if (!IsHarmless(characters, position))
                characters[position] = Replacement;
        }

        return new string(characters).Trim();
    }

    // The marks that turn the direction of writing are no control characters, and make text on a screen read as something else.
    private static bool IsHarmless(char[] characters, int position)
    {
        var character = characters[position];
        return character != '\ufffd'
            && (char.IsSurrogate(character) ? IsHalfOfPair(characters, position) : !char.IsControl(character))
            && char.GetUnicodeCategory(character) is not (System.Globalization.UnicodeCategory.Format
                or System.Globalization.UnicodeCategory.LineSeparator
                or System.Globalization.UnicodeCategory.ParagraphSeparator);
    }

    private static bool IsHalfOfPair(char[] characters, int position) => char.IsHighSurrogate(characters[position])
        ? position + 1 < characters.Length && char.IsLowSurrogate(characters[position + 1])
        : position > 0 && char.IsHighSurrogate(characters[position - 1]);
}
