using System.Globalization;

namespace VfioSharp.Tool.Arguments;

/// <summary>Regions as a person names them.</summary>
internal static class RegionNames
{
    private static readonly string[] Names = ["bar0", "bar1", "bar2", "bar3", "bar4", "bar5", "rom", "config", "vga"];

    /// <summary>Reads bar0 to bar5, rom, config, vga, or a number.</summary>
    public static bool TryParse(string text, out int index)
    {
        index = Array.FindIndex(Names, name => name.Equals(text, StringComparison.OrdinalIgnoreCase));
        return index >= 0 || int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out index);
    }
}
