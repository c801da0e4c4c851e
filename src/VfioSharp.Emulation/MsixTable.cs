using System.Buffers.Binary;

namespace VfioSharp.Emulation;

/// <summary>
/// The MSI-X table of a function and the bits of its pending interrupts, where they lie in a BAR, and what the driver wrote there (PCI
/// Express Base 7.7.2). The function's base class answers accesses to them.
/// </summary>
public sealed class MsixTable
{
    private const int EntryLengthInBytes = 16;
    private const int VectorControl = 12;
    private const byte MaskBit = 1;

    private readonly byte[] _table;
    private readonly byte[] _pending;

    /// <summary>Places the table.</summary>
    /// <param name="bar">The BAR that holds it.</param>
    /// <param name="vectorCount">1 to 2048.</param>
    /// <param name="tableOffset">Where the table begins in the BAR, a multiple of 8.</param>
    /// <param name="pendingOffset">Where the pending bits begin in the same BAR, a multiple of 8, outside of the table.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number is none that the specification allows, or the two overlap.</exception>
    public MsixTable(int bar, int vectorCount, uint tableOffset, uint pendingOffset)
    {
        if (bar is < 0 or > 5)
            throw new ArgumentOutOfRangeException(nameof(bar), bar, "A function has the BARs 0 to 5.");
        if (vectorCount is < 1 or > 2048)
            throw new ArgumentOutOfRangeException(nameof(vectorCount), vectorCount, "An MSI-X table has 1 to 2048 vectors.");
        if ((tableOffset & 7) != 0)
            throw new ArgumentOutOfRangeException(nameof(tableOffset), tableOffset, "An MSI-X table begins at a multiple of 8.");
        _table = new byte[vectorCount * EntryLengthInBytes];
        _pending = new byte[(vectorCount + 63) / 64 * sizeof(ulong)];
        if ((pendingOffset & 7) != 0 || (pendingOffset < (ulong)tableOffset + (ulong)_table.Length && tableOffset < (ulong)pendingOffset + (ulong)_pending.Length))
            throw new ArgumentOutOfRangeException(nameof(pendingOffset), pendingOffset, "The pending bits begin at a multiple of 8, outside of the table.");
        Bar = bar;
        VectorCount = vectorCount;
        TableOffset = tableOffset;
        PendingOffset = pendingOffset;
        Reset();
    }

    /// <summary>The BAR that holds the table.</summary>
    public int Bar { get; }

    /// <summary>How many vectors there are.</summary>
    public int VectorCount { get; }

    /// <summary>Where the table begins in the BAR.</summary>
    public uint TableOffset { get; }

    /// <summary>How many bytes the table has.</summary>
    public int TableLengthInBytes => _table.Length;

    /// <summary>Where the pending bits begin in the BAR.</summary>
    public uint PendingOffset { get; }

    /// <summary>Where the last of both ends in the BAR.</summary>
    internal ulong EndOffset => Math.Max((ulong)TableOffset + (ulong)_table.Length, (ulong)PendingOffset + (ulong)_pending.Length);

    /// <summary>Whether the driver has masked a vector in the table.</summary>
    /// <param name="vector">The vector, from 0.</param>
    /// <returns>Whether its mask bit is set, as it is after a reset.</returns>
    /// <exception cref="ArgumentOutOfRangeException">There is no such vector.</exception>
    public bool IsMasked(int vector) => vector >= 0 && vector < VectorCount
        ? (_table[vector * EntryLengthInBytes + VectorControl] & MaskBit) != 0
        : throw new ArgumentOutOfRangeException(nameof(vector), vector, "The MSI-X table has no such vector.");

    /// <summary>What the driver wrote for a vector.</summary>
    /// <param name="vector">The vector, from 0.</param>
    /// <returns>The address and the data of the message.</returns>
    /// <exception cref="ArgumentOutOfRangeException">There is no such vector.</exception>
    public (ulong Address, uint Data) GetMessage(int vector)
    {
        if (vector < 0 || vector >= VectorCount)
            throw new ArgumentOutOfRangeException(nameof(vector), vector, "The MSI-X table has no such vector.");
        var entry = _table.AsSpan(vector * EntryLengthInBytes, EntryLengthInBytes);
        return (BinaryPrimitives.ReadUInt64LittleEndian(entry), BinaryPrimitives.ReadUInt32LittleEndian(entry[8..]));
    }

    /// <summary>Whether a vector has an interrupt that its mask holds back.</summary>
    internal bool IsPending(int vector) => (_pending[vector >> 3] & 1 << (vector & 7)) != 0;

    /// <summary>Sets or clears a vector's pending bit.</summary>
    internal void SetPending(int vector, bool isPending) =>
        _pending[vector >> 3] = (byte)(isPending ? _pending[vector >> 3] | 1 << (vector & 7) : _pending[vector >> 3] & ~(1 << (vector & 7)));

    /// <summary>Masks a vector or lets it through, as the kernel does for a program that connects it.</summary>
    internal void SetMask(int vector, bool isMasked) =>
        _table[vector * EntryLengthInBytes + VectorControl] =
            (byte)(isMasked ? _table[vector * EntryLengthInBytes + VectorControl] | MaskBit : _table[vector * EntryLengthInBytes + VectorControl] & ~MaskBit);

    /// <summary>The table's bytes.</summary>
    internal ReadOnlySpan<byte> Table => _table;

    /// <summary>The bytes of the pending bits.</summary>
    internal ReadOnlySpan<byte> Pending => _pending;

    /// <summary>Takes over what another table of the same length held.</summary>
    internal void Load(ReadOnlySpan<byte> table, ReadOnlySpan<byte> pending)
    {
        table.CopyTo(_table);
        pending.CopyTo(_pending);
    }

    /// <summary>Masks every vector and forgets every message.</summary>
    internal void Reset()
    {
        Array.Clear(_table, 0, _table.Length);
        Array.Clear(_pending, 0, _pending.Length);
        for (var vector = 0; vector < VectorCount; vector++)
            _table[vector * EntryLengthInBytes + VectorControl] = MaskBit;
    }

    /// <summary>Whether any of these bytes of its BAR is in the table or among the pending bits.</summary>
    internal bool Overlaps(ulong offset, ulong lengthInBytes) =>
        Overlaps(offset, lengthInBytes, TableOffset, _table.Length) || Overlaps(offset, lengthInBytes, PendingOffset, _pending.Length);

    /// <summary>Answers a read of the table or of the pending bits.</summary>
    internal bool TryRead(int bar, ulong offset, Span<byte> destination)
    {
        if (bar != Bar)
            return false;
        if (Find(offset, destination.Length) is not { } bytes)
            return false;
        bytes.Span.CopyTo(destination);
        return true;
    }

    /// <summary>Takes a write to the table; the pending bits are the function's, and a write there is dropped.</summary>
    internal bool TryWrite(int bar, ulong offset, ReadOnlySpan<byte> source)
    {
        if (bar != Bar || Find(offset, source.Length) is not { } bytes)
            return false;
        if (IsInside(offset, TableOffset, _table.Length))
            source.CopyTo(bytes.Span);
        return true;
    }

    private Memory<byte>? Find(ulong offset, int lengthInBytes)
    {
        if (IsInside(offset, TableOffset, _table.Length) && IsInside(offset + (ulong)lengthInBytes - 1, TableOffset, _table.Length))
            return _table.AsMemory((int)(offset - TableOffset), lengthInBytes);
        if (IsInside(offset, PendingOffset, _pending.Length) && IsInside(offset + (ulong)lengthInBytes - 1, PendingOffset, _pending.Length))
            return _pending.AsMemory((int)(offset - PendingOffset), lengthInBytes);
        return null;
    }

    private static bool IsInside(ulong offset, uint start, int lengthInBytes) => offset >= start && offset - start < (ulong)lengthInBytes;

    private static bool Overlaps(ulong offset, ulong lengthInBytes, uint start, int count) =>
        offset < start + (ulong)count && start < offset + lengthInBytes;
}
