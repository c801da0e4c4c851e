using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace VfioSharp.Zpci.Kernel;

/// <summary>The version of a Linux kernel: 6.12, or 6.12.24 where the stable release matters. Immutable.</summary>
/// <param name="Major">The first number.</param>
/// <param name="Minor">The second.</param>
/// <param name="Patch">The third: the stable release, 0 for the first one.</param>
public readonly record struct KernelVersion(int Major, int Minor, int Patch = 0) : IComparable<KernelVersion>
{
    private const int MostDigits = 4;

    /// <summary>Reads "6.12" or "6.12.24".</summary>
    /// <param name="text">The text.</param>
    /// <param name="version">The version where it is one.</param>
    /// <returns>Whether it is one.</returns>
    public static bool TryParse([NotNullWhen(true)] string? text, out KernelVersion version)
    {
        version = default;
        var parts = text?.Split('.') ?? [];
        var patch = 0;
        if (parts.Length is not (2 or 3)
            || !TryParseNumber(parts[0], out var major)
            || !TryParseNumber(parts[1], out var minor)
            || (parts.Length == 3 && !TryParseNumber(parts[2], out patch)))
        {
            return false;
        }

        version = new KernelVersion(major, minor, patch);
        return true;
    }

    /// <summary>Whether this kernel has what a release brought.</summary>
    /// <param name="major">The release's first number.</param>
    /// <param name="minor">Its second.</param>
    /// <returns>True from that release on.</returns>
    public bool IsAtLeast(int major, int minor) => CompareTo(new KernelVersion(major, minor)) >= 0;

    /// <inheritdoc/>
    public int CompareTo(KernelVersion other) => (Major, Minor, Patch).CompareTo((other.Major, other.Minor, other.Patch));

    /// <summary>Whether one is older than the other.</summary>
    public static bool operator <(KernelVersion left, KernelVersion right) => left.CompareTo(right) < 0;

    /// <summary>Whether one is newer than the other.</summary>
    public static bool operator >(KernelVersion left, KernelVersion right) => left.CompareTo(right) > 0;

    /// <summary>Whether one is not newer than the other.</summary>
    public static bool operator <=(KernelVersion left, KernelVersion right) => left.CompareTo(right) <= 0;

    /// <summary>Whether one is not older than the other.</summary>
    public static bool operator >=(KernelVersion left, KernelVersion right) => left.CompareTo(right) >= 0;

    /// <summary>The version as <see cref="TryParse"/> reads it: "6.12", or "6.12.24".</summary>
    /// <returns>The text.</returns>
    public override string ToString() => Patch == 0
        ? string.Create(CultureInfo.InvariantCulture, $"{Major}.{Minor}")
        : string.Create(CultureInfo.InvariantCulture, $"{Major}.{Minor}.{Patch}");

    private static bool TryParseNumber(string text, out int number)
    {
        number = 0;
        return text.Length <= MostDigits && int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number);
    }
}
