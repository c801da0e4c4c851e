using System.Buffers.Binary;
using System.Runtime.InteropServices;
using VfioSharp.Mmio;

namespace VfioSharp.Emulation;

// Registers are little-endian, whatever the host is.
public sealed unsafe partial class SharedBarMemory
{
    /// <summary>Reads a register of 8 bit, with acquire order.</summary>
    /// <param name="offset">Its place in the BAR.</param>
    /// <returns>The value.</returns>
    /// <exception cref="ArgumentOutOfRangeException">It does not lie within a shared area.</exception>
    /// <exception cref="ObjectDisposedException">The function is disposed.</exception>
    public byte Read8(ulong offset) => (byte)Load(offset, sizeof(byte));

    /// <summary>Reads a register of 16 bit, with acquire order.</summary>
    /// <param name="offset">Its place in the BAR, a multiple of 2.</param>
    /// <returns>The value.</returns>
    /// <exception cref="ArgumentOutOfRangeException">It is not aligned, or does not lie within a shared area.</exception>
    /// <exception cref="ObjectDisposedException">The function is disposed.</exception>
    public ushort Read16(ulong offset)
    {
        var value = (ushort)Load(offset, sizeof(ushort));
        return BitConverter.IsLittleEndian ? value : BinaryPrimitives.ReverseEndianness(value);
    }

    /// <summary>Reads a register of 32 bit, with acquire order.</summary>
    /// <param name="offset">Its place in the BAR, a multiple of 4.</param>
    /// <returns>The value.</returns>
    /// <exception cref="ArgumentOutOfRangeException">It is not aligned, or does not lie within a shared area.</exception>
    /// <exception cref="ObjectDisposedException">The function is disposed.</exception>
    public uint Read32(ulong offset)
    {
        var value = (uint)Load(offset, sizeof(uint));
        return BitConverter.IsLittleEndian ? value : BinaryPrimitives.ReverseEndianness(value);
    }

    /// <summary>Reads a register of 64 bit, with acquire order.</summary>
    /// <param name="offset">Its place in the BAR, a multiple of 8.</param>
    /// <returns>The value.</returns>
    /// <exception cref="ArgumentOutOfRangeException">It is not aligned, or does not lie within a shared area.</exception>
    /// <exception cref="ObjectDisposedException">The function is disposed.</exception>
    public ulong Read64(ulong offset)
    {
        var value = Load(offset, sizeof(ulong));
        return BitConverter.IsLittleEndian ? value : BinaryPrimitives.ReverseEndianness(value);
    }

    /// <summary>Writes a register of 8 bit, with release order.</summary>
    /// <param name="offset">Its place in the BAR.</param>
    /// <param name="value">The value.</param>
    /// <exception cref="ArgumentOutOfRangeException">It does not lie within a shared area.</exception>
    /// <exception cref="ObjectDisposedException">The function is disposed.</exception>
    public void Write8(ulong offset, byte value) => Store(offset, value, sizeof(byte));

    /// <summary>Writes a register of 16 bit, with release order.</summary>
    /// <param name="offset">Its place in the BAR, a multiple of 2.</param>
    /// <param name="value">The value.</param>
    /// <exception cref="ArgumentOutOfRangeException">It is not aligned, or does not lie within a shared area.</exception>
    /// <exception cref="ObjectDisposedException">The function is disposed.</exception>
    public void Write16(ulong offset, ushort value) =>
        Store(offset, BitConverter.IsLittleEndian ? value : BinaryPrimitives.ReverseEndianness(value), sizeof(ushort));

    /// <summary>Writes a register of 32 bit, with release order.</summary>
    /// <param name="offset">Its place in the BAR, a multiple of 4.</param>
    /// <param name="value">The value.</param>
    /// <exception cref="ArgumentOutOfRangeException">It is not aligned, or does not lie within a shared area.</exception>
    /// <exception cref="ObjectDisposedException">The function is disposed.</exception>
    public void Write32(ulong offset, uint value) =>
        Store(offset, BitConverter.IsLittleEndian ? value : BinaryPrimitives.ReverseEndianness(value), sizeof(uint));

    /// <summary>Writes a register of 64 bit, with release order.</summary>
    /// <param name="offset">Its place in the BAR, a multiple of 8.</param>
    /// <param name="value">The value.</param>
    /// <exception cref="ArgumentOutOfRangeException">It is not aligned, or does not lie within a shared area.</exception>
    /// <exception cref="ObjectDisposedException">The function is disposed.</exception>
    public void Write64(ulong offset, ulong value) =>
        Store(offset, BitConverter.IsLittleEndian ? value : BinaryPrimitives.ReverseEndianness(value), sizeof(ulong));

    /// <summary>Whether a register lies within a shared area as a whole.</summary>
    internal bool Contains(ulong offset, int lengthInBytes) => TryFind(offset, (ulong)lengthInBytes) is not null;

    /// <summary>Reads the bytes of an aligned register of 1, 2, 4 or 8, in one access.</summary>
    internal void ReadRegister(ulong offset, Span<byte> destination)
    {
        var value = Load(offset, destination.Length);
        switch (destination.Length)
        {
            case sizeof(byte):
                destination[0] = (byte)value;
                break;
            case sizeof(ushort):
                MemoryMarshal.Write(destination, (ushort)value);
                break;
            case sizeof(uint):
                MemoryMarshal.Write(destination, (uint)value);
                break;
            default:
                MemoryMarshal.Write(destination, value);
                break;
        }
    }

    /// <summary>Writes the bytes of an aligned register of 1, 2, 4 or 8, in one access.</summary>
    internal void WriteRegister(ulong offset, ReadOnlySpan<byte> source) => Store(
        offset,
        source.Length switch
        {
            sizeof(byte) => source[0],
            sizeof(ushort) => MemoryMarshal.Read<ushort>(source),
            sizeof(uint) => MemoryMarshal.Read<uint>(source),
            _ => MemoryMarshal.Read<ulong>(source),
        },
        source.Length);

    // In the host's byte order.
    private ulong Load(ulong offset, int widthInBytes)
    {
        var pages = FindRegister(offset, widthInBytes);
        var held = false;
        try
        {
            pages.DangerousAddRef(ref held);
            return PortableAccess.Load(pages.Start + (offset - pages.Area.Offset), widthInBytes);
        }
        finally
        {
            if (held)
                pages.DangerousRelease();
        }
    }

    private void Store(ulong offset, ulong value, int widthInBytes)
    {
        var pages = FindRegister(offset, widthInBytes);
        var held = false;
        try
        {
            pages.DangerousAddRef(ref held);
            PortableAccess.Store(pages.Start + (offset - pages.Area.Offset), value, widthInBytes);
        }
        finally
        {
            if (held)
                pages.DangerousRelease();
        }
    }

    private SharedBarPages FindRegister(ulong offset, int widthInBytes) => (offset & (ulong)(widthInBytes - 1)) == 0
        ? Find(offset, (ulong)widthInBytes)
        : throw new ArgumentOutOfRangeException(nameof(offset), offset, $"A register of {widthInBytes} bytes lies at a multiple of that.");
}
