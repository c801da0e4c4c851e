namespace VfioSharp.IbmZ;

/// <summary>
/// Text of IBM Z's firmware, which is EBCDIC. The code page is 037, the one that Linux takes such text for (arch/s390/kernel/ebcdic.c,
/// "EBCDIC 037"); 500 and 1047 differ from it in seven and six codes, all of them punctuation but for a Ý. The table is the Unicode
/// consortium's MAPPINGS/VENDORS/MICSFT/EBCDIC/CP037.TXT with its control characters replaced. It stands here because netstandard2.1
/// brings no code pages along.
/// </summary>
internal static class EbcdicText
{
    private const byte Nul = 0x00;
    private const byte Space = 0x40;

    // A row is 16 codes. Control characters have no place in a name, and would reach a terminal: they are U+FFFD.
    private const string CodePage037 =
        "\ufffd\ufffd\ufffd\ufffd\ufffd\ufffd\ufffd\ufffd\ufffd\ufffd\ufffd\ufffd\ufffd\ufffd\ufffd\ufffd" +
        "\ufffd\ufffd\ufffd\ufffd\ufffd\ufffd\ufffd\ufffd\ufffd\ufffd\ufffd\ufffd\ufffd\ufffd\ufffd\ufffd" +
        "\ufffd\ufffd\ufffd\ufffd\ufffd\ufffd\ufffd\ufffd\ufffd\ufffd\ufffd\ufffd\ufffd\ufffd\ufffd\ufffd" +
        "\ufffd\ufffd\ufffd\ufffd\ufffd\ufffd\ufffd\ufffd\ufffd\ufffd\ufffd\ufffd\ufffd\ufffd\ufffd\ufffd" +
        " \u00a0âäàáãåçñ¢.<(+|" +
        "&éêëèíîïìß!$*);¬" +
        "-/ÂÄÀÁÃÅÇÑ¦,%_>?" +
        "øÉÊËÈÍÎÏÌ`:#@'=\"" +
        "Øabcdefghi«»ðýþ±" +
        "°jklmnopqrªºæ¸Æ¤" +
        "µ~stuvwxyz¡¿ÐÝÞ®" +
        "^£¥·©§¶¼½¾[]¯¨´×" +
        "{ABCDEFGHI\u00adôöòóõ" +
        "}JKLMNOPQR¹ûüùúÿ" +
        "\\÷STUVWXYZ²ÔÖÒÓÕ" +
        "0123456789³ÛÜÙÚ\ufffd";

    /// <summary>Decodes a field of fixed length.</summary>
    /// <param name="field">The bytes; spaces and NULs at the end fill it up.</param>
    /// <returns>The text, with U+FFFD for each control character; null where the field is empty.</returns>
    public static string? Decode(ReadOnlySpan<byte> field)
    {
        var length = field.Length;
        while (length > 0 && field[length - 1] is Nul or Space)
            length--;
        if (length == 0)
            return null;
        var text = new char[length];
        for (var i = 0; i < length; i++)
            text[i] = CodePage037[field[i]];
        return new string(text);
    }
}
