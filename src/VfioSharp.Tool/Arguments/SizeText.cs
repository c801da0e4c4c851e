using System.Globalization;

namespace VfioSharp.Tool.Arguments;

/// <summary>Sizes as a person writes them: bytes, or a number and KiB, MiB, GiB or TiB, such as 64KiB.</summary>
internal static class SizeText
{
    /// <summary>What a size may look like, for error messages.</summary>
    public const string Forms = "bytes, or a number and KiB, MiB, GiB or TiB";

    private static readonly string[] Units = ["KiB", "MiB", "GiB", "TiB"];

    /// <summary>Reads a size.</summary>
    /// <param name="text">The text.</param>
    /// <param name="bytes">The size in bytes.</param>
    /// <returns>Whether it is one, of less than 2^63 bytes.</returns>
    public static bool TryParse(string? text, out ulong bytes)
    {
        bytes = 0;
        if (text is null)
            return false;
        var unit = Array.FindIndex(Units, name => text.EndsWith(name, StringComparison.OrdinalIgnoreCase));
        var shift = 10 * (unit + 1);
        if (!NumberText.TryParse(unit < 0 ? text : text[..^Units[unit].Length].TrimEnd(), out var number) || number > (ulong)long.MaxValue >> shift)
            return false;
        bytes = number << shift;
        return true;
    }

    /// <summary>A size in the form that can be read again: "64KiB", "513".</summary>
    public static string Spell(ulong bytes)
    {
        var unit = -1;
        while (bytes != 0 && bytes % 1024 == 0 && unit < Units.Length - 1)
        {
            bytes /= 1024;
            unit++;
        }

        return bytes.ToString(CultureInfo.InvariantCulture) + (unit < 0 ? string.Empty : Units[unit]);
    }
}
