namespace VfioSharp.Regions;

/// <summary>The widths of registers: 1, 2, 4 and 8 bytes, each at a multiple of itself.</summary>
internal static class RegisterWidth
{
    private const int Longest = sizeof(ulong);

    /// <summary>How wide the first access is where bytes are reached by as few aligned registers as possible.</summary>
    /// <param name="offset">The first byte.</param>
    /// <param name="lengthInBytes">How many bytes there are, at least 1.</param>
    /// <returns>The widest that is aligned there and not longer.</returns>
    public static int WidestAt(ulong offset, int lengthInBytes)
    {
        var width = Longest;
        while (width > lengthInBytes || (offset & (ulong)(width - 1)) != 0)
            width /= 2;
        return width;
    }
}
