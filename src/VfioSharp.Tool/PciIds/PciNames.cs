using VfioSharp.Config;

namespace VfioSharp.Tool.PciIds;

/// <summary>The names of vendors, devices and classes, as far as a pci.ids file tells them. Immutable.</summary>
internal sealed class PciNames
{
    private readonly Dictionary<uint, string> _vendors;
    private readonly Dictionary<uint, string> _devices;
    private readonly Dictionary<uint, string> _classes;

    public PciNames(Dictionary<uint, string> vendors, Dictionary<uint, string> devices, Dictionary<uint, string> classes)
    {
        _vendors = vendors;
        _devices = devices;
        _classes = classes;
    }

    /// <summary>Reads the first file that is there; without one only classes have names.</summary>
    /// <param name="files">The files that may be there.</param>
    /// <param name="vendors">The vendors whose names, and whose devices' names, are wanted.</param>
    public static PciNames Load(IReadOnlyList<string> files, HashSet<ushort> vendors)
    {
        foreach (var file in files)
        {
            try
            {
                using var reader = new StreamReader(file);
                return PciIdsParser.Parse(reader, vendors);
            }
            catch (Exception absent) when (absent is IOException or UnauthorizedAccessException)
            {
                // Names are an ornament: a file that cannot be read is as good as none.
            }
        }

        return new PciNames([], [], []);
    }

    public string? Vendor(ushort? vendor) => vendor is { } id ? _vendors.GetValueOrDefault(id) : null;

    public string? Device(ushort? vendor, ushort? device) =>
        vendor is { } first && device is { } second ? _devices.GetValueOrDefault((uint)first << 16 | second) : null;

    /// <summary>The name of a class: the file's, or the library's own.</summary>
    /// <param name="classCode">Base class, subclass and programming interface.</param>
    public string? Class(uint? classCode) => classCode is { } code
        ? _classes.GetValueOrDefault(code >> 8) ?? new ClassCode(code).Name
        : null;
}
