using System.Globalization;

namespace VfioSharp.Tool.PciIds;

/// <summary>
/// Reads pci.ids: "VVVV  vendor", "(tab)DDDD  device" below it, "C CC  class" and "(tab)SS  subclass" below that. Lines of deeper levels,
/// comments and lines that make no sense are skipped.
/// </summary>
internal static class PciIdsParser
{
    private const int MaximumLineLength = 1000;

    /// <summary>Reads the names of some vendors and their devices, and those of all classes.</summary>
    /// <param name="text">The file.</param>
    /// <param name="wanted">The vendors: of the file's 2,000 a machine has a handful.</param>
    public static PciNames Parse(TextReader text, HashSet<ushort> wanted)
    {
        var vendors = new Dictionary<uint, string>();
        var devices = new Dictionary<uint, string>();
        var classes = new Dictionary<uint, string>();

        // What the lines with a tab belong to: a vendor, a class, or nothing that is known.
        Dictionary<uint, string>? children = null;
        var (parent, childDigits) = (0u, 0);

        while (text.ReadLine() is { } line)
        {
            if (line.Length is 0 or > MaximumLineLength || line[0] == '#')
                continue;

            if (line[0] != '\t')
            {
                children = null;
                if (TryReadId(line, 4, out var vendor))
                {
                    if (wanted.Contains((ushort)vendor) && TryReadName(line.AsSpan(4), out var name))
                    {
                        vendors.TryAdd(vendor, name);
                        (children, parent, childDigits) = (devices, vendor << 16, 4);
                    }
                }
                else if (line.StartsWith("C ", StringComparison.Ordinal) && TryReadId(line.AsSpan(2), 2, out var baseClass))
                {
                    (children, parent, childDigits) = (classes, baseClass << 8, 2);
                }
            }
            else if (children is not null && TryReadId(line.AsSpan(1), childDigits, out var child)
                && TryReadName(line.AsSpan(1 + childDigits), out var childName))
            {
                children.TryAdd(parent | child, childName);
            }
        }

        return new PciNames(vendors, devices, classes);
    }

    private static bool TryReadId(ReadOnlySpan<char> line, int digits, out uint id)
    {
        id = 0;
        return line.Length > digits && line[digits] == ' '
            && uint.TryParse(line[..digits], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out id);
    }

    // Two blanks stand between a number and its name.
    private static bool TryReadName(ReadOnlySpan<char> rest, out string name)
    {
        name = rest.StartsWith("  ") ? string.Concat(rest.ToString().Where(character => !char.IsControl(character))).Trim() : string.Empty;
        return name.Length != 0;
    }
}
