using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace VfioSharp;

/// <summary>
/// The version of a Linux kernel: 6.12, or 6.12.24 where the stable release matters. It tells what mainline Linux had by then; distributions
/// may have added to it. Immutable.
/// </summary>
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
            || !TryReadNumber(parts[0], out var major)
            || !TryReadNumber(parts[1], out var minor)
            || (parts.Length == 3 && !TryReadNumber(parts[2], out patch)))
        {
            return false;
        }

        version = new KernelVersion(major, minor, patch);
        return true;
    }

    /// <summary>Reads the version with which a release begins, as uname(2) tells it: "6.12.107+deb13-s390x".</summary>
    /// <param name="release">The release.</param>
    /// <param name="version">The version, where the text begins with one.</param>
    /// <returns>Whether it does.</returns>
    public static bool TryParseRelease(string release, out KernelVersion version)
    {
        ArgumentNullException.ThrowIfNull(release);
        var end = 0;
        for (var dots = 0; end < release.Length; end++)
        {
            if (release[end] == '.' && ++dots < 3)
                continue;
            if (release[end] is < '0' or > '9')
                break;
        }

        return TryParse(release[..end], out version);
    }

    /// <summary>Whether this kernel has what a release brought.</summary>
    /// <param name="major">The release's first number.</param>
    /// <param name="minor">Its second.</param>
    /// <returns>True from that release on.</returns>
    public bool IsAtLeast(int major, int minor) => CompareTo(new KernelVersion(major, minor)) >= 0;

    /// <inheritdoc/>
    public int CompareTo(KernelVersion other)
    {
        if (Major != other.Major)
            return Major.CompareTo(other.Major);
        return Minor != other.Minor ? Minor.CompareTo(other.Minor) : Patch.CompareTo(other.Patch);
    }

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

    private static bool TryReadNumber(string text, out int number)
    {
        number = 0;
        return text.Length <= MostDigits && int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number);
    }
}
