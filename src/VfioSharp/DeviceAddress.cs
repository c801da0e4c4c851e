using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace VfioSharp;

/// <summary>
/// Says which function to open: a scheme and what the scheme's backend makes of the rest. A PCI address ("0000:01:00.0", or "01:00.0"
/// in domain 0) is a function of this machine; "vfio-user:/run/nvme.sock" is one served over a socket; "zpci:linux-6.12,nomio/nvme" is
/// one of a modelled IBM Z host. Immutable.
/// </summary>
public sealed record DeviceAddress
{
    /// <summary>The scheme of a function of this machine, which is written without a scheme.</summary>
    public const string PciScheme = "pci";

    /// <summary>The scheme of a function that another process serves over a socket; what follows is the socket's path, or a folder that has it as "cntrl".</summary>
    public const string VfioUserScheme = "vfio-user";

    /// <summary>The schemes that are written in front of an address.</summary>
    internal static readonly string[] PrefixedSchemes = [VfioUserScheme, "zpci"];

    private DeviceAddress(string scheme, string path)
    {
        Scheme = scheme;
        Path = path;
    }

    /// <summary>"pci", "vfio-user" or "zpci".</summary>
    public string Scheme { get; }

    /// <summary>The part that the scheme's backend reads: for "pci" the full address in lower case, "0000:01:00.0".</summary>
    public string Path { get; }

    /// <summary>Reads an address.</summary>
    /// <param name="text">The address as a person writes it.</param>
    /// <returns>The address, in its full form.</returns>
    /// <exception cref="FormatException">The text is no address; the message says what one looks like.</exception>
    public static DeviceAddress Parse(string text) => TryParse(text, out var address)
        ? address
        : throw new FormatException(
            $"'{text}' is not a device address: write a PCI address such as 0000:01:00.0, or vfio-user:/path/to/socket, or zpci:HOST/FUNCTION.");

    /// <summary>Reads an address without throwing.</summary>
    /// <param name="text">The address as a person writes it.</param>
    /// <param name="address">The address where the text is one.</param>
    /// <returns>Whether the text is an address.</returns>
    public static bool TryParse([NotNullWhen(true)] string? text, [NotNullWhen(true)] out DeviceAddress? address)
    {
        address = null;
        if (string.IsNullOrWhiteSpace(text))
            return false;

        foreach (var scheme in PrefixedSchemes)
        {
            if (text.Length > scheme.Length + 1 && text.StartsWith(scheme, StringComparison.Ordinal) && text[scheme.Length] == ':')
            {
                address = new DeviceAddress(scheme, text[(scheme.Length + 1)..]);
                return true;
            }
        }

        if (!TryReadPciAddress(text, out var full))
            return false;
        address = new DeviceAddress(PciScheme, full);
        return true;
    }

    /// <summary>The address as a person writes it; <see cref="Parse"/> reads it back.</summary>
    /// <returns>The text.</returns>
    public override string ToString() => Scheme == PciScheme ? Path : $"{Scheme}:{Path}";

    /// <summary>The address of what this process holds already; no text is one.</summary>
    internal static DeviceAddress InProcess(string name) => new("in-process", name);

    /// <summary>Whether addresses begin with this scheme.</summary>
    internal static bool IsPrefixedScheme(string scheme) => Array.IndexOf(PrefixedSchemes, scheme) >= 0;

    // DDDD:BB:DD.F as the kernel's sysfs spells it: domains can be wider than 16 bit (VMD, Hyper-V), a device number ends at 1f, a
    // function number at 7.
    private static bool TryReadPciAddress(string text, [NotNullWhen(true)] out string? full)
    {
        full = null;
        var parts = text.Split(':');
        if (parts.Length is not (2 or 3))
            return false;

        var domain = 0u;
        if (parts.Length == 3 && !TryReadHex(parts[0], 4, 8, out domain))
            return false;
        var slot = parts[^1].Split('.');
        if (slot.Length != 2
            || !TryReadHex(parts[^2], 2, 2, out var bus)
            || !TryReadHex(slot[0], 2, 2, out var device) || device > 0x1f
            || !TryReadHex(slot[1], 1, 1, out var function) || function > 7)
        {
            return false;
        }

        full = string.Create(CultureInfo.InvariantCulture, $"{domain:x4}:{bus:x2}:{device:x2}.{function}");
        return true;
    }

    private static bool TryReadHex(string text, int minimumDigits, int maximumDigits, out uint value)
    {
        value = 0;
        return text.Length >= minimumDigits && text.Length <= maximumDigits
            && uint.TryParse(text, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out value);
    }
}
