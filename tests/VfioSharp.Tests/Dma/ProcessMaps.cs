using System.Globalization;

namespace VfioSharp.Tests.Dma;

/// <summary>
/// Asks the kernel which files are mapped into this process. By inode, not by address: tests that run at the same time soon get an
/// address that was given back, but never the same memfd.
/// </summary>
internal static class ProcessMaps
{
    private const int InodeColumn = 4;

    /// <summary>The inode of the file that is mapped at an address.</summary>
    public static string InodeAt(nint address) => Lines().Single(line =>
    {
        var ends = line[0].Split('-');
        return (ulong)address >= Parse(ends[0]) && (ulong)address < Parse(ends[1]);
    })[InodeColumn];

    /// <summary>Whether any part of a file is mapped.</summary>
    public static bool Contain(string inode) => Lines().Any(line => line[InodeColumn] == inode);

    private static IEnumerable<string[]> Lines() => File.ReadLines("/proc/self/maps").Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries));

    private static ulong Parse(string hexadecimal) => ulong.Parse(hexadecimal, NumberStyles.HexNumber, CultureInfo.InvariantCulture);
}
