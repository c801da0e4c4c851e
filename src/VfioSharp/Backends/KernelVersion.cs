using System.Globalization;

namespace VfioSharp.Backends;

/// <summary>The first two numbers of a kernel's release, which tell what mainline Linux had by then. Distributions may have added to it.</summary>
/// <param name="Major">The first number.</param>
/// <param name="Minor">The second number.</param>
internal readonly record struct KernelVersion(int Major, int Minor)
{
    /// <summary>Whether another version is newer than this one.</summary>
    public bool IsBefore(KernelVersion other) => Major < other.Major || (Major == other.Major && Minor < other.Minor);

    /// <summary>Reads a release as uname(2) tells it: "6.12.107+deb13-s390x".</summary>
    /// <param name="release">The release.</param>
    /// <param name="version">The version, where the text begins with one.</param>
    /// <returns>Whether it does.</returns>
    public static bool TryParse(string release, out KernelVersion version)
    {
        version = default;
        var dot = release.IndexOf('.', StringComparison.Ordinal);
        if (dot < 0 || !TryReadNumber(release[..dot], out var major))
            return false;

        var end = dot + 1;
        while (end < release.Length && release[end] is >= '0' and <= '9')
            end++;
        if (!TryReadNumber(release[(dot + 1)..end], out var minor))
            return false;
        version = new KernelVersion(major, minor);
        return true;
    }

    private static bool TryReadNumber(string text, out int number) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number);
}
