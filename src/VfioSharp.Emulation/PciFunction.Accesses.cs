using VfioSharp.Regions;

namespace VfioSharp.Emulation;

// The ways in to the BARs. Nothing here allocates.
public abstract partial class PciFunction
{
    private const int LongestBlock = 4096;
    private const ulong BlockBoundary = 4096;

    /// <summary>One read of a register. In a shared area it reads the memory, and nothing is called.</summary>
    /// <param name="bar">The BAR's number.</param>
    /// <param name="offset">The first byte in the BAR.</param>
    /// <param name="destination">Takes the bytes; 1, 2, 4 or 8.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such BAR, the access is none of these widths, or it does not lie within the BAR.</exception>
    public void ReadBar(int bar, ulong offset, Span<byte> destination)
    {
        CheckAccess(bar, offset, destination.Length);
        ReadRegister(bar, offset, destination);
    }

    /// <summary>One write of a register. In a shared area it writes the memory, and nothing is called.</summary>
    /// <param name="bar">The BAR's number.</param>
    /// <param name="offset">The first byte in the BAR.</param>
    /// <param name="source">The bytes; 1, 2, 4 or 8.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such BAR, the access is none of these widths, or it does not lie within the BAR.</exception>
    public void WriteBar(int bar, ulong offset, ReadOnlySpan<byte> source)
    {
        CheckAccess(bar, offset, source.Length);
        WriteRegister(bar, offset, source);
    }

    /// <summary>
    /// Reads any bytes of a BAR, as a message may ask for: by accesses of 8, 4, 2 or 1 bytes in ascending order, each aligned to its width and as
    /// wide as that allows.
    /// </summary>
    /// <param name="bar">The BAR's number.</param>
    /// <param name="offset">The first byte in the BAR.</param>
    /// <param name="destination">Takes the bytes; none is possible.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such BAR, or the bytes do not lie within it.</exception>
    public void ReadRange(int bar, ulong offset, Span<byte> destination)
    {
        CheckRange(bar, offset, destination.Length);
        ReadPieces(bar, offset, destination);
    }

    /// <summary>
    /// Writes any bytes of a BAR, as a message may bring them: by accesses of 8, 4, 2 or 1 bytes in ascending order, each aligned to its width
    /// and as wide as that allows. What could be a block store (a multiple of 8 at a multiple of 8, longer than 8, within 4 KiB) is one.
    /// </summary>
    /// <param name="bar">The BAR's number.</param>
    /// <param name="offset">The first byte in the BAR.</param>
    /// <param name="source">The bytes; none is possible.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such BAR, or the bytes do not lie within it.</exception>
    public void WriteRange(int bar, ulong offset, ReadOnlySpan<byte> source)
    {
        CheckRange(bar, offset, source.Length);
        if (source.Length > sizeof(ulong) && (offset & 7) == 0 && (source.Length & 7) == 0
            && (offset & (BlockBoundary - 1)) + (ulong)source.Length <= BlockBoundary)
        {
            StoreBlock(bar, offset, source);
            return;
        }

        WritePieces(bar, offset, source);
    }

    /// <summary>
    /// One store of more than a register: IBM Z's PCI Store Block. Where it meets the MSI-X table or a shared area it is made of writes of 8 bytes.
    /// </summary>
    /// <param name="bar">The BAR's number.</param>
    /// <param name="offset">The first byte in the BAR, a multiple of 8.</param>
    /// <param name="source">The bytes: a multiple of 8, no more than 4096.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such BAR, or the block is none of these or does not lie within the BAR.</exception>
    public void StoreBlock(int bar, ulong offset, ReadOnlySpan<byte> source)
    {
        if (source.Length is 0 or > LongestBlock || (source.Length & 7) != 0 || (offset & 7) != 0)
            throw new ArgumentOutOfRangeException(nameof(source), source.Length, "A block has 8 to 4096 bytes, a multiple of 8, at a multiple of 8.");
        CheckRange(bar, offset, source.Length);
        if (MeetsOwnMemory(bar, offset, (ulong)source.Length))
            WritePieces(bar, offset, source);
        else
            OnStoreBlock(bar, offset, source);
    }

    /// <summary>Answers a read.</summary>
    /// <param name="bar">The BAR's number.</param>
    /// <param name="offset">The first byte in the BAR.</param>
    /// <param name="destination">To be filled; 1, 2, 4 or 8 bytes.</param>
    protected abstract void OnRead(int bar, ulong offset, Span<byte> destination);

    /// <summary>Takes a write.</summary>
    /// <param name="bar">The BAR's number.</param>
    /// <param name="offset">The first byte in the BAR.</param>
    /// <param name="source">The bytes; 1, 2, 4 or 8.</param>
    protected abstract void OnWrite(int bar, ulong offset, ReadOnlySpan<byte> source);

    /// <summary>Takes a block store. A function that does not care gets writes of 8 bytes in ascending order.</summary>
    /// <param name="bar">The BAR's number.</param>
    /// <param name="offset">The first byte in the BAR, a multiple of 8.</param>
    /// <param name="source">The bytes: a multiple of 8, no more than 4096.</param>
    protected virtual void OnStoreBlock(int bar, ulong offset, ReadOnlySpan<byte> source)
    {
        for (var i = 0; i < source.Length; i += sizeof(ulong))
            OnWrite(bar, offset + (ulong)i, source.Slice(i, sizeof(ulong)));
    }

    private void ReadRegister(int bar, ulong offset, Span<byte> destination)
    {
        if (Msix is not null && Msix.TryRead(bar, offset, destination))
            return;
        if (_sharedMemory[bar] is not { } memory || !memory.Bar.MeetsShared(offset, (ulong)destination.Length))
            OnRead(bar, offset, destination);
        else if ((offset & (ulong)(destination.Length - 1)) == 0)
            memory.ReadRegister(offset, destination);
        else
            // An access at an odd place may cross the border of an area; aligned pieces cannot.
            ReadPieces(bar, offset, destination);
    }

    private void WriteRegister(int bar, ulong offset, ReadOnlySpan<byte> source)
    {
        if (Msix is not null && Msix.TryWrite(bar, offset, source))
        {
            InterruptsChanged?.Invoke();
            return;
        }

        if (_sharedMemory[bar] is not { } memory || !memory.Bar.MeetsShared(offset, (ulong)source.Length))
            OnWrite(bar, offset, source);
        else if ((offset & (ulong)(source.Length - 1)) == 0)
            memory.WriteRegister(offset, source);
        else
            WritePieces(bar, offset, source);
    }

    private void ReadPieces(int bar, ulong offset, Span<byte> destination)
    {
        while (!destination.IsEmpty)
        {
            var width = RegisterWidth.WidestAt(offset, destination.Length);
            ReadRegister(bar, offset, destination[..width]);
            destination = destination[width..];
            offset += (ulong)width;
        }
    }

    private void WritePieces(int bar, ulong offset, ReadOnlySpan<byte> source)
    {
        while (!source.IsEmpty)
        {
            var width = RegisterWidth.WidestAt(offset, source.Length);
            WriteRegister(bar, offset, source[..width]);
            source = source[width..];
            offset += (ulong)width;
        }
    }

    private bool MeetsOwnMemory(int bar, ulong offset, ulong lengthInBytes) =>
        (Msix is { } msix && msix.Bar == bar && msix.Overlaps(offset, lengthInBytes))
        || (_sharedMemory[bar] is { } memory && memory.Bar.MeetsShared(offset, lengthInBytes));

    private void CheckAccess(int bar, ulong offset, int lengthInBytes)
    {
        if (lengthInBytes is not (1 or 2 or 4 or 8))
            throw new ArgumentOutOfRangeException(nameof(lengthInBytes), lengthInBytes, "A register access has 1, 2, 4 or 8 bytes.");
        CheckRange(bar, offset, lengthInBytes);
    }

    private void CheckRange(int bar, ulong offset, int lengthInBytes)
    {
        var length = (FindBar(bar) ?? throw new ArgumentOutOfRangeException(nameof(bar), bar, "The function has no BAR of this number.")).LengthInBytes;
        if (offset > length || (ulong)lengthInBytes > length - offset)
            throw new ArgumentOutOfRangeException(nameof(offset), offset, $"{lengthInBytes} bytes at offset 0x{offset:x} do not lie within BAR {bar}.");
    }
}
