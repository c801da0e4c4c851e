using System.Globalization;

namespace VfioSharp.Backends.Linux;

/// <summary>
/// A resource of a PCI function as sysfs tells it in the file "resource" (drivers/pci/pci-sysfs.c, resource_show): 0 to 5 are the
/// BARs, 6 is the expansion ROM, those behind belong to SR-IOV and bridges. Immutable.
/// </summary>
/// <param name="Index">The resource's number.</param>
/// <param name="Start">The first address on the bus as the processor sees it.</param>
/// <param name="LengthInBytes">The length, not 0.</param>
/// <param name="Flags">The kernel's flags (include/linux/ioport.h, IORESOURCE_*).</param>
public sealed record PciResource(int Index, ulong Start, ulong LengthInBytes, ulong Flags)
{
    private const ulong IoFlag = 0x100;
    private const ulong MemoryFlag = 0x200;
    private const ulong PrefetchableFlag = 0x2000;
    private const ulong Memory64Flag = 0x100000;
    private const ulong UnsetFlag = 0x20000000;
    private const int BarCount = 6;

    // PCI_NUM_RESOURCES never came near this; a longer file is not the kernel's.
    private const int MaximumCount = 64;

    /// <summary>Whether it is one of the six BARs.</summary>
    public bool IsBar => Index < BarCount;

    /// <summary>Whether it is memory.</summary>
    public bool IsMemory => (Flags & MemoryFlag) != 0;

    /// <summary>Whether it is a range of I/O ports, which cannot be mapped.</summary>
    public bool IsPorts => (Flags & IoFlag) != 0;

    /// <summary>
    /// Whether it has no address; the function then cannot be enabled. The kernel found none (IORESOURCE_UNSET of include/linux/ioport.h), or leaves memory
    /// at 0, as of a function without a class whose BAR the firmware has not placed (drivers/pci/setup-bus.c).
    /// </summary>
    public bool IsUnassigned => (Flags & UnsetFlag) != 0 || (IsMemory && Start == 0);

    /// <summary>Whether reads have no side effect.</summary>
    public bool IsPrefetchable => (Flags & PrefetchableFlag) != 0;

    /// <summary>Whether it is a BAR of 64 bit, which takes the place of two.</summary>
    public bool Is64Bit => (Flags & Memory64Flag) != 0;

    /// <summary>
    /// Reads the file: a line per resource with start, last address and flags in hexadecimal. A line that is not used, or that makes no
    /// sense, is a resource that is not there.
    /// </summary>
    /// <param name="text">The file's text, or null where it could not be read.</param>
    /// <returns>The resources in ascending order of their numbers.</returns>
    public static IReadOnlyList<PciResource> Parse(string? text)
    {
        var resources = new List<PciResource>();
        var lines = (text ?? string.Empty).Split('\n');
        for (var index = 0; index < Math.Min(lines.Length, MaximumCount); index++)
        {
            if (TryParseLine(lines[index], index, out var resource))
                resources.Add(resource!);
        }

        return resources;
    }

    private static bool TryParseLine(string line, int index, out PciResource? resource)
    {
        resource = null;
        var words = line.Split(' ');
        if (words.Length != 3
            || !TryReadHex(words[0], out var start) || !TryReadHex(words[1], out var last) || !TryReadHex(words[2], out var flags))
        {
            return false;
        }

        // All zero is how the kernel shows an unused BAR; a range over all 64 bit has no length that a number can hold.
        var isUsable = flags != 0 && last >= start && last - start != ulong.MaxValue && (start | last) != 0;
        if (isUsable)
            resource = new PciResource(index, start, last - start + 1, flags);
        return isUsable;
    }

    private static bool TryReadHex(string word, out ulong value)
    {
        value = 0;
        return word.Length is > 2 and <= 18 && word.StartsWith("0x", StringComparison.Ordinal)
            && ulong.TryParse(word.AsSpan(2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out value);
    }
}
