using System.Globalization;

namespace VfioSharp.Tool.PciIds;

/// <summary>
/// Reads pci.ids: "VVVV  vendor", "(tab)DDDD  device" below it, "C CC  class" and "(tab)SS  subclass" below that. Lines of deeper levels,
/// comments and lines that make no sense are skipped.
/// </summary>
internal static class PciIdsParser
{
    private const int MaximumLineLength = 1000;

    public static PciNames Parse(TextReader text)
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
                if (TryRead(line, 4, out var vendor, out var name))
                {
                    vendors.TryAdd(vendor, name);
                    (children, parent, childDigits) = (devices, vendor << 16, 4);
                }
                else if (line.StartsWith("C ", StringComparison.Ordinal) && TryRead(line[2..], 2, out var baseClass, out _))
                {
                    (children, parent, childDigits) = (classes, baseClass << 8, 2);
                }
                else
                {
                    children = null;
                }
            }
            else if (children is not null && TryRead(line[1..], childDigits, out var child, out var childName))
            {
                children.TryAdd(parent | child, childName);
            }
        }

        return new PciNames(vendors, devices, classes);
    }

    private static bool TryRead(string line, int digits, out uint id, out string name)
    {
        id = 0;
        name = string.Empty;
        if (line.Length < digits + 3
            || line[digits] != ' ' || line[digits + 1] != ' '
            || !uint.TryParse(line.AsSpan(0, digits), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out id))
        {
            return false;
        }

        name = string.Concat(line[(digits + 2)..].Where(character => !char.IsControl(character))).Trim();
        return name.Length != 0;
    }
}
