using System.Globalization;

namespace VfioSharp.Nvme.Specification;

/// <summary>A version of the specification, as the register VS has it (NVMe Base 2.0, 3.1.3.2).</summary>
/// <param name="Value">Major in 31:16, minor in 15:8, tertiary in 7:0.</param>
public readonly record struct NvmeVersion(uint Value) : IComparable<NvmeVersion>
{
    /// <summary>Makes a version.</summary>
    public NvmeVersion(int major, int minor, int tertiary)
        : this((uint)major << 16 | (uint)minor << 8 | (uint)tertiary)
    {
    }

    /// <summary>The first number.</summary>
    public int Major => (int)(Value >> 16);

    /// <summary>The second number.</summary>
    public int Minor => (int)(Value >> 8 & 0xff);

    /// <summary>The third number.</summary>
    public int Tertiary => (int)(Value & 0xff);

    /// <summary>Whether one is earlier than another.</summary>
    public static bool operator <(NvmeVersion left, NvmeVersion right) => left.Value < right.Value;

    /// <summary>Whether one is later than another.</summary>
    public static bool operator >(NvmeVersion left, NvmeVersion right) => left.Value > right.Value;

    /// <summary>Whether one is no later than another.</summary>
    public static bool operator <=(NvmeVersion left, NvmeVersion right) => left.Value <= right.Value;

    /// <summary>Whether one is no earlier than another.</summary>
    public static bool operator >=(NvmeVersion left, NvmeVersion right) => left.Value >= right.Value;

    /// <inheritdoc/>
    public int CompareTo(NvmeVersion other) => Value.CompareTo(other.Value);

    /// <summary>The version in words: "1.4", "1.2.1".</summary>
    public override string ToString() => Tertiary == 0
        ? string.Create(CultureInfo.InvariantCulture, $"{Major}.{Minor}")
        : string.Create(CultureInfo.InvariantCulture, $"{Major}.{Minor}.{Tertiary}");
}
