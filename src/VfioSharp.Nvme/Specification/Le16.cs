using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace VfioSharp.Nvme.Specification;

/// <summary>A field of 16 bit as it lies in a structure of NVMe: little-endian, whatever the host is (NVMe Base 2.0, 1.4.3).</summary>
[StructLayout(LayoutKind.Sequential, Size = sizeof(ushort))]
public readonly struct Le16 : IEquatable<Le16>
{
    private readonly ushort _raw;

    /// <summary>Makes a field.</summary>
    /// <param name="value">The host's value.</param>
    public Le16(ushort value) => _raw = Swap(value);

    /// <summary>The host's value.</summary>
    public ushort Value => Swap(_raw);

    /// <summary>Reads a field.</summary>
    /// <param name="field">The field.</param>
    public static implicit operator ushort(Le16 field) => field.Value;

    /// <summary>Makes a field.</summary>
    /// <param name="value">The host's value.</param>
    public static implicit operator Le16(ushort value) => new(value);

    /// <summary>Whether two fields are the same.</summary>
    public static bool operator ==(Le16 left, Le16 right) => left._raw == right._raw;

    /// <summary>Whether two fields differ.</summary>
    public static bool operator !=(Le16 left, Le16 right) => left._raw != right._raw;

    /// <inheritdoc/>
    public bool Equals(Le16 other) => _raw == other._raw;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is Le16 other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => _raw.GetHashCode();

    /// <inheritdoc/>
    public override string ToString() => Value.ToString(System.Globalization.CultureInfo.InvariantCulture);

    private static ushort Swap(ushort value) => BitConverter.IsLittleEndian ? value : BinaryPrimitives.ReverseEndianness(value);
}
