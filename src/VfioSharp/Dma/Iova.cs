using System.Globalization;

namespace VfioSharp.Dma;

/// <summary>
/// An I/O virtual address: what the device puts on the bus. A type of its own, so that it cannot be mixed up with an address of the
/// process, an offset or a length.
/// </summary>
/// <param name="Value">The address as a number.</param>
public readonly record struct Iova(ulong Value) : IComparable<Iova>
{
    /// <summary>The address that lies a number of bytes further on.</summary>
    /// <param name="start">The address.</param>
    /// <param name="lengthInBytes">The number of bytes.</param>
    /// <returns>The sum.</returns>
    /// <exception cref="OverflowException">The sum does not fit in 64 bit.</exception>
    public static Iova operator +(Iova start, ulong lengthInBytes) => new(checked(start.Value + lengthInBytes));

    /// <summary>The address that lies a number of bytes further on; the named form of the operator.</summary>
    /// <param name="lengthInBytes">The number of bytes.</param>
    /// <returns>The sum.</returns>
    /// <exception cref="OverflowException">The sum does not fit in 64 bit.</exception>
    public Iova Add(ulong lengthInBytes) => this + lengthInBytes;

    /// <summary>Compares two addresses.</summary>
    /// <param name="left">One.</param>
    /// <param name="right">The other.</param>
    /// <returns>Whether the first is lower.</returns>
    public static bool operator <(Iova left, Iova right) => left.Value < right.Value;

    /// <inheritdoc cref="op_LessThan"/>
    /// <returns>Whether the first is higher.</returns>
    public static bool operator >(Iova left, Iova right) => left.Value > right.Value;

    /// <inheritdoc cref="op_LessThan"/>
    /// <returns>Whether the first is lower or the same.</returns>
    public static bool operator <=(Iova left, Iova right) => left.Value <= right.Value;

    /// <inheritdoc cref="op_LessThan"/>
    /// <returns>Whether the first is higher or the same.</returns>
    public static bool operator >=(Iova left, Iova right) => left.Value >= right.Value;

    /// <inheritdoc/>
    public int CompareTo(Iova other) => Value.CompareTo(other.Value);

    /// <summary>The address in hexadecimal.</summary>
    /// <returns>"0x1000".</returns>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"0x{Value:x}");
}

/// <summary>A range of IOVAs, both ends included, so that a range can reach the last address.</summary>
/// <param name="Start">The first address.</param>
/// <param name="End">The last address.</param>
public readonly record struct IovaRange(Iova Start, Iova End)
{
    /// <summary>Whether every byte of an extent lies in this range.</summary>
    /// <param name="start">The extent's first address.</param>
    /// <param name="lengthInBytes">Its length, at least 1.</param>
    /// <returns>True where it does.</returns>
    public bool Contains(Iova start, ulong lengthInBytes) =>
        lengthInBytes != 0 && start >= Start && start <= End && lengthInBytes - 1 <= End.Value - start.Value;
}
