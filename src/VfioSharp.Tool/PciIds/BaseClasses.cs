namespace VfioSharp.Tool.PciIds;

/// <summary>The base classes of the PCI Code and ID Assignment Specification, for systems without pci.ids.</summary>
internal static class BaseClasses
{
    private static readonly string[] Names =
    [
        "Unclassified device", "Mass storage controller", "Network controller", "Display controller", "Multimedia controller",
        "Memory controller", "Bridge", "Communication controller", "Generic system peripheral", "Input device controller",
        "Docking station", "Processor", "Serial bus controller", "Wireless controller", "Intelligent controller",
        "Satellite communications controller", "Encryption controller", "Signal processing controller", "Processing accelerators",
        "Non-Essential Instrumentation",
    ];

    public static string? Name(byte baseClass) => baseClass switch
    {
        0x40 => "Coprocessor",
        0xff => "Unassigned class",
        _ => baseClass < Names.Length ? Names[baseClass] : null,
    };
}
