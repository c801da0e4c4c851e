using System.Buffers.Binary;

namespace VfioSharp.Regions;

// A block is a loop of single accesses in C#, not in machine code: so a long block does not hold up a garbage collection, and each
// element's fault is its own.
public sealed unsafe partial class RegionWindow
{
    /// <summary>
    /// Reads consecutive registers into bytes. The elements are read one by one in ascending order, each by one access of exactly its
    /// width. The bytes come in memory order, the one at the lowest offset first, on every host.
    /// </summary>
    /// <param name="offset">The first byte in the window; a multiple of the element width in the region.</param>
    /// <param name="destination">Takes the bytes; its length is a multiple of the element width, and may be 0.</param>
    /// <param name="elementWidthInBytes">1, 2, 4 or 8.</param>
    /// <exception cref="ArgumentOutOfRangeException">
    /// The width is none of these, the length is no multiple of it, or the block reaches beyond the window or is not aligned. Nothing was read.
    /// </exception>
    /// <exception cref="NotSupportedException">The region cannot be read.</exception>
    /// <exception cref="DeviceAccessException">
    /// An access did not reach the device, and the window was opened to throw then; the elements before it are in the destination.
    /// Otherwise such an element is all ones.
    /// </exception>
    /// <exception cref="ObjectDisposedException">The window is closed.</exception>
    public void ReadBlock(ulong offset, Span<byte> destination, int elementWidthInBytes)
    {
        CheckBlock(RegionFlags.Read, offset, destination.Length, elementWidthInBytes, nameof(destination));
        switch (elementWidthInBytes)
        {
            case 1:
                for (var i = 0; i < destination.Length; i++)
                    destination[i] = Read8(offset + (ulong)i);
                break;
            case 2:
                for (var i = 0; i < destination.Length; i += 2)
                    BinaryPrimitives.WriteUInt16LittleEndian(destination[i..], Read16(offset + (ulong)i));
                break;
            case 4:
                for (var i = 0; i < destination.Length; i += 4)
                    BinaryPrimitives.WriteUInt32LittleEndian(destination[i..], Read32(offset + (ulong)i));
                break;
            default:
                for (var i = 0; i < destination.Length; i += 8)
                    BinaryPrimitives.WriteUInt64LittleEndian(destination[i..], Read64(offset + (ulong)i));
                break;
        }
    }

    /// <summary>
    /// Writes bytes to consecutive registers: one by one in ascending order, each by one access of exactly its width. The byte that comes
    /// first goes to the lowest offset, on every host.
    /// </summary>
    /// <param name="offset">The first byte in the window; a multiple of the element width in the region.</param>
    /// <param name="source">The bytes; their number is a multiple of the element width, and may be 0.</param>
    /// <param name="elementWidthInBytes">1, 2, 4 or 8.</param>
    /// <exception cref="ArgumentOutOfRangeException">
    /// The width is none of these, the length is no multiple of it, or the block reaches beyond the window or is not aligned. Nothing was written.
    /// </exception>
    /// <exception cref="NotSupportedException">The region cannot be written.</exception>
    /// <exception cref="DeviceAccessException">
    /// An access did not reach the device, and the window was opened to throw then; the elements before it are written.
    /// </exception>
    /// <exception cref="ObjectDisposedException">The window is closed.</exception>
    public void WriteBlock(ulong offset, ReadOnlySpan<byte> source, int elementWidthInBytes)
    {
        CheckBlock(RegionFlags.Write, offset, source.Length, elementWidthInBytes, nameof(source));
        switch (elementWidthInBytes)
        {
            case 1:
                for (var i = 0; i < source.Length; i++)
                    Write8(offset + (ulong)i, source[i]);
                break;
            case 2:
                for (var i = 0; i < source.Length; i += 2)
                    Write16(offset + (ulong)i, BinaryPrimitives.ReadUInt16LittleEndian(source[i..]));
                break;
            case 4:
                for (var i = 0; i < source.Length; i += 4)
                    Write32(offset + (ulong)i, BinaryPrimitives.ReadUInt32LittleEndian(source[i..]));
                break;
            default:
                for (var i = 0; i < source.Length; i += 8)
                    Write64(offset + (ulong)i, BinaryPrimitives.ReadUInt64LittleEndian(source[i..]));
                break;
        }
    }

    private void CheckBlock(RegionFlags needed, ulong offset, int lengthInBytes, int elementWidthInBytes, string blockName)
    {
        if (elementWidthInBytes is not (1 or 2 or 4 or 8))
            throw new ArgumentOutOfRangeException(nameof(elementWidthInBytes), elementWidthInBytes, "A register is 1, 2, 4 or 8 bytes wide.");
        if (lengthInBytes % elementWidthInBytes != 0)
        {
            throw new ArgumentOutOfRangeException(
                blockName, $"A block of {lengthInBytes} bytes is no whole number of elements of {elementWidthInBytes} bytes.");
        }

        CheckAccess(needed, offset, (ulong)lengthInBytes, elementWidthInBytes);
    }
}
