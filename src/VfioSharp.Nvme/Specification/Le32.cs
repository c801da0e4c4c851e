using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace VfioSharp.Nvme.Specification;

/// <summary>A field of 32 bit as it lies in a structure of NVMe: little-endian, whatever the host is (NVMe Base 2.0, 1.4.3).</summary>
[StructLayout(LayoutKind.Sequential, Size = sizeof(uint))]
public readonly struct Le32 : IEquatable<Le32>
{
    private readonly uint _raw;

    /// <summary>Makes a field.</summary>
    /// <param name="value">The host's value.</param>
    public Le32(uint value) => _raw = Swap(value);

    /// <summary>The host's value.</summary>
    public uint Value => Swap(_raw);

    /// <summary>Reads a field.</summary>
    /// <param name="field">The field.</param>
    public static implicit operator uint(Le32 field) => field.Value;

    /// <summary>Makes a field.</summary>
    /// <param name="value">The host's value.</param>
    public static implicit operator Le32(uint value) => new(value);

    /// <summary>Whether two fields are the same.</summary>
    public static bool operator ==(Le32 left, Le32 right) => left._raw == right._raw;

    /// <summary>Whether two fields differ.</summary>
    public static bool operator !=(Le32 left, Le32 right) => left._raw != right._raw;

    /// <inheritdoc/>
    public bool Equals(Le32 other) => _raw == other._raw;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is Le32 other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => _raw.GetHashCode();

    /// <inheritdoc/>
    public override string ToString() => Value.ToString(System.Globalization.CultureInfo.InvariantCulture);

    private static uint Swap(uint value) => BitConverter.IsLittleEndian ? value : BinaryPrimitives.ReverseEndianness(value);
}
