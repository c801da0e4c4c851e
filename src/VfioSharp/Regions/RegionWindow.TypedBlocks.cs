namespace VfioSharp.Regions;

// Blocks as numbers, where ReadBlock and WriteBlock of bytes leave the byte order to the reader: a register's value is the host's here, too.
public sealed unsafe partial class RegionWindow
{
    /// <summary>Reads consecutive 16-bit registers, one by one in ascending order.</summary>
    /// <param name="offset">The first register's offset in the window; a multiple of 2 in the region.</param>
    /// <param name="destination">Takes the values; all ones where an access did not reach the device.</param>
    /// <exception cref="ArgumentOutOfRangeException">The block reaches beyond the window, or is not aligned. Nothing was read.</exception>
    /// <exception cref="NotSupportedException">The region cannot be read.</exception>
    /// <exception cref="DeviceAccessException">An access did not reach the device, and the window was opened to throw then.</exception>
    /// <exception cref="ObjectDisposedException">The window is closed.</exception>
    public void ReadBlock(ulong offset, Span<ushort> destination)
    {
        CheckAccess(RegionFlags.Read, offset, (ulong)destination.Length * 2, 2);
        for (var i = 0; i < destination.Length; i++)
            destination[i] = Read16(offset + (ulong)i * 2);
    }

    /// <summary>Reads consecutive 32-bit registers, one by one in ascending order.</summary>
    /// <param name="offset">The first register's offset in the window; a multiple of 4 in the region.</param>
    /// <param name="destination">Takes the values; all ones where an access did not reach the device.</param>
    /// <inheritdoc cref="ReadBlock(ulong, Span{ushort})" path="/exception"/>
    public void ReadBlock(ulong offset, Span<uint> destination)
    {
        CheckAccess(RegionFlags.Read, offset, (ulong)destination.Length * 4, 4);
        for (var i = 0; i < destination.Length; i++)
            destination[i] = Read32(offset + (ulong)i * 4);
    }

    /// <summary>Reads consecutive 64-bit registers, one by one in ascending order.</summary>
    /// <param name="offset">The first register's offset in the window; a multiple of 8 in the region.</param>
    /// <param name="destination">Takes the values; all ones where an access did not reach the device.</param>
    /// <inheritdoc cref="ReadBlock(ulong, Span{ushort})" path="/exception"/>
    public void ReadBlock(ulong offset, Span<ulong> destination)
    {
        CheckAccess(RegionFlags.Read, offset, (ulong)destination.Length * 8, 8);
        for (var i = 0; i < destination.Length; i++)
            destination[i] = Read64(offset + (ulong)i * 8);
    }

    /// <summary>Writes consecutive 16-bit registers, one by one in ascending order.</summary>
    /// <param name="offset">The first register's offset in the window; a multiple of 2 in the region.</param>
    /// <param name="source">The values.</param>
    /// <exception cref="ArgumentOutOfRangeException">The block reaches beyond the window, or is not aligned. Nothing was written.</exception>
    /// <exception cref="NotSupportedException">The region cannot be written.</exception>
    /// <exception cref="DeviceAccessException">An access did not reach the device, and the window was opened to throw then.</exception>
    /// <exception cref="ObjectDisposedException">The window is closed.</exception>
    public void WriteBlock(ulong offset, ReadOnlySpan<ushort> source)
    {
        CheckAccess(RegionFlags.Write, offset, (ulong)source.Length * 2, 2);
        for (var i = 0; i < source.Length; i++)
            Write16(offset + (ulong)i * 2, source[i]);
    }

    /// <summary>Writes consecutive 32-bit registers, one by one in ascending order.</summary>
    /// <param name="offset">The first register's offset in the window; a multiple of 4 in the region.</param>
    /// <param name="source">The values.</param>
    /// <inheritdoc cref="WriteBlock(ulong, ReadOnlySpan{ushort})" path="/exception"/>
    public void WriteBlock(ulong offset, ReadOnlySpan<uint> source)
    {
        CheckAccess(RegionFlags.Write, offset, (ulong)source.Length * 4, 4);
        for (var i = 0; i < source.Length; i++)
            Write32(offset + (ulong)i * 4, source[i]);
    }

    /// <summary>Writes consecutive 64-bit registers, one by one in ascending order.</summary>
    /// <param name="offset">The first register's offset in the window; a multiple of 8 in the region.</param>
    /// <param name="source">The values.</param>
    /// <inheritdoc cref="WriteBlock(ulong, ReadOnlySpan{ushort})" path="/exception"/>
    public void WriteBlock(ulong offset, ReadOnlySpan<ulong> source)
    {
        CheckAccess(RegionFlags.Write, offset, (ulong)source.Length * 8, 8);
        for (var i = 0; i < source.Length; i++)
            Write64(offset + (ulong)i * 8, source[i]);
    }
}
