using System.Globalization;

namespace VfioSharp.Dma;

/// <summary>Says sizes and IOVA ranges in messages.</summary>
internal static class ByteText
{
    private const int RangesShown = 8;

    private static readonly string[] Units = ["bytes", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];

    /// <summary>A size in the largest unit that divides it: "2 MiB", "4097 bytes".</summary>
    public static string Size(ulong bytes)
    {
        var unit = 0;
        while (bytes != 0 && bytes % 1024 == 0 && unit < Units.Length - 1)
        {
            bytes /= 1024;
            unit++;
        }

        return string.Create(CultureInfo.InvariantCulture, $"{bytes} {(bytes == 1 && unit == 0 ? "byte" : Units[unit])}");
    }

    /// <summary>A size given as one less, so that 2^64 bytes can be said.</summary>
    public static string SizeOfSpan(ulong span) => span == ulong.MaxValue ? "16 EiB" : Size(span + 1);

    /// <summary>Ranges as "0x1000-0xfedfffff, 0xfef00000-0x7fffffffff"; a long list is cut and says so.</summary>
    public static string Ranges(IReadOnlyList<IovaRange> ranges)
    {
        if (ranges.Count == 0)
            return "none";
        var shown = string.Join(", ", ranges.Take(RangesShown).Select(range => $"{range.Start}-{range.End}"));
        return ranges.Count > RangesShown ? $"{shown} and {ranges.Count - RangesShown} more" : shown;
    }
}
