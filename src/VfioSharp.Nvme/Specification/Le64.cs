using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace VfioSharp.Nvme.Specification;

/// <summary>A field of 64 bit as it lies in a structure of NVMe: little-endian, whatever the host is (NVMe Base 2.0, 1.4.3).</summary>
[StructLayout(LayoutKind.Sequential, Size = sizeof(ulong))]
public readonly struct Le64 : IEquatable<Le64>
{
    private readonly ulong _raw;

    /// <summary>Makes a field.</summary>
    /// <param name="value">The host's value.</param>
    public Le64(ulong value) => _raw = Swap(value);

    /// <summary>The host's value.</summary>
    public ulong Value => Swap(_raw);

    /// <summary>Reads a field.</summary>
    /// <param name="field">The field.</param>
    public static implicit operator ulong(Le64 field) => field.Value;

    /// <summary>Makes a field.</summary>
    /// <param name="value">The host's value.</param>
    public static implicit operator Le64(ulong value) => new(value);

    /// <summary>Whether two fields are the same.</summary>
    public static bool operator ==(Le64 left, Le64 right) => left._raw == right._raw;

    /// <summary>Whether two fields differ.</summary>
    public static bool operator !=(Le64 left, Le64 right) => left._raw != right._raw;

    /// <inheritdoc/>
    public bool Equals(Le64 other) => _raw == other._raw;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is Le64 other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => _raw.GetHashCode();

    /// <inheritdoc/>
    public override string ToString() => Value.ToString(System.Globalization.CultureInfo.InvariantCulture);

    private static ulong Swap(ulong value) => BitConverter.IsLittleEndian ? value : BinaryPrimitives.ReverseEndianness(value);
}
