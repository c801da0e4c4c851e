using System.Runtime.CompilerServices;
using VfioSharp.Diagnostics;
using VfioSharp.Mmio;

namespace VfioSharp.Regions;

// Each method is the same few lines for a width of its own, and not a generic one: what the JIT makes of them is a handful of
// instructions, and stays that. The check against the limits also turns away what is not a guarded load or store, a disposed window and
// an access that the region forbids; ReadAround and WriteAround sort that out. They are inlined: the call of the routine is most of the
// cost of a load from memory, and a second call around it would be as much again.
public sealed unsafe partial class RegionWindow
{
    /// <summary>Reads an 8-bit register.</summary>
    /// <param name="offset">The offset in bytes from the window's start.</param>
    /// <returns>The value; all ones where the access did not reach the device.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The offset lies beyond the window.</exception>
    /// <exception cref="NotSupportedException">The region cannot be read.</exception>
    /// <exception cref="DeviceAccessException">The access did not reach the device, and the window was opened to throw then.</exception>
    /// <exception cref="ObjectDisposedException">The window is closed.</exception>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public byte Read8(ulong offset)
    {
        if (offset >= _loads.Width8 || VfioMetrics.Accesses.Enabled)
            return (byte)ReadAround(offset, 1);
        var result = GuardedAccess.Load8(_address + offset);
        GC.KeepAlive(this);
        return (byte)result.Value != byte.MaxValue ? (byte)result.Value : (byte)EndAllOnes(result.Fault, offset, 1);
    }

    /// <summary>Reads a 16-bit register.</summary>
    /// <param name="offset">The offset in bytes from the window's start; a multiple of 2 in the region.</param>
    /// <returns>The value; all ones where the access did not reach the device.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The access reaches beyond the window, or is not aligned.</exception>
    /// <exception cref="NotSupportedException">The region cannot be read.</exception>
    /// <exception cref="DeviceAccessException">The access did not reach the device, and the window was opened to throw then.</exception>
    /// <exception cref="ObjectDisposedException">The window is closed.</exception>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ushort Read16(ulong offset)
    {
        var address = _address + offset;
        if (offset >= _loads.Width16 || ((nuint)address & 1) != 0 || VfioMetrics.Accesses.Enabled)
            return (ushort)ReadAround(offset, 2);
        var result = GuardedAccess.Load16(address);
        GC.KeepAlive(this);
        return (ushort)result.Value != ushort.MaxValue ? (ushort)result.Value : (ushort)EndAllOnes(result.Fault, offset, 2);
    }

    /// <summary>Reads a 32-bit register.</summary>
    /// <param name="offset">The offset in bytes from the window's start; a multiple of 4 in the region.</param>
    /// <returns>The value; all ones where the access did not reach the device.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The access reaches beyond the window, or is not aligned.</exception>
    /// <exception cref="NotSupportedException">The region cannot be read.</exception>
    /// <exception cref="DeviceAccessException">The access did not reach the device, and the window was opened to throw then.</exception>
    /// <exception cref="ObjectDisposedException">The window is closed.</exception>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public uint Read32(ulong offset)
    {
        var address = _address + offset;
        if (offset >= _loads.Width32 || ((nuint)address & 3) != 0 || VfioMetrics.Accesses.Enabled)
            return (uint)ReadAround(offset, 4);
        var result = GuardedAccess.Load32(address);
        GC.KeepAlive(this);
        return (uint)result.Value != uint.MaxValue ? (uint)result.Value : (uint)EndAllOnes(result.Fault, offset, 4);
    }

    /// <summary>Reads a 64-bit register.</summary>
    /// <param name="offset">The offset in bytes from the window's start; a multiple of 8 in the region.</param>
    /// <returns>The value; all ones where the access did not reach the device.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The access reaches beyond the window, or is not aligned.</exception>
    /// <exception cref="NotSupportedException">The region cannot be read.</exception>
    /// <exception cref="DeviceAccessException">The access did not reach the device, and the window was opened to throw then.</exception>
    /// <exception cref="ObjectDisposedException">The window is closed.</exception>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ulong Read64(ulong offset)
    {
        var address = _address + offset;
        if (offset >= _loads.Width64 || ((nuint)address & 7) != 0 || VfioMetrics.Accesses.Enabled)
            return ReadAround(offset, 8);
        var result = GuardedAccess.Load64(address);
        GC.KeepAlive(this);
        return result.Value != ulong.MaxValue ? result.Value : EndAllOnes(result.Fault, offset, 8);
    }

    /// <summary>Writes an 8-bit register.</summary>
    /// <param name="offset">The offset in bytes from the window's start.</param>
    /// <param name="value">The value.</param>
    /// <exception cref="ArgumentOutOfRangeException">The offset lies beyond the window.</exception>
    /// <exception cref="NotSupportedException">The region cannot be written.</exception>
    /// <exception cref="DeviceAccessException">The access did not reach the device, and the window was opened to throw then.</exception>
    /// <exception cref="ObjectDisposedException">The window is closed.</exception>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Write8(ulong offset, byte value)
    {
        if (offset >= _stores.Width8 || VfioMetrics.Accesses.Enabled)
        {
            WriteAround(offset, value, 1);
            return;
        }

        var fault = GuardedAccess.Store8(_address + offset, value);
        GC.KeepAlive(this);
        if (fault != 0)
            EndFaultedStore(offset, 1);
    }

    /// <summary>Writes a 16-bit register.</summary>
    /// <param name="offset">The offset in bytes from the window's start; a multiple of 2 in the region.</param>
    /// <param name="value">The value.</param>
    /// <exception cref="ArgumentOutOfRangeException">The access reaches beyond the window, or is not aligned.</exception>
    /// <exception cref="NotSupportedException">The region cannot be written.</exception>
    /// <exception cref="DeviceAccessException">The access did not reach the device, and the window was opened to throw then.</exception>
    /// <exception cref="ObjectDisposedException">The window is closed.</exception>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Write16(ulong offset, ushort value)
    {
        var address = _address + offset;
        if (offset >= _stores.Width16 || ((nuint)address & 1) != 0 || VfioMetrics.Accesses.Enabled)
        {
            WriteAround(offset, value, 2);
            return;
        }

        var fault = GuardedAccess.Store16(address, value);
        GC.KeepAlive(this);
        if (fault != 0)
            EndFaultedStore(offset, 2);
    }

    /// <summary>Writes a 32-bit register.</summary>
    /// <param name="offset">The offset in bytes from the window's start; a multiple of 4 in the region.</param>
    /// <param name="value">The value.</param>
    /// <exception cref="ArgumentOutOfRangeException">The access reaches beyond the window, or is not aligned.</exception>
    /// <exception cref="NotSupportedException">The region cannot be written.</exception>
    /// <exception cref="DeviceAccessException">The access did not reach the device, and the window was opened to throw then.</exception>
    /// <exception cref="ObjectDisposedException">The window is closed.</exception>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Write32(ulong offset, uint value)
    {
        var address = _address + offset;
        if (offset >= _stores.Width32 || ((nuint)address & 3) != 0 || VfioMetrics.Accesses.Enabled)
        {
            WriteAround(offset, value, 4);
            return;
        }

        var fault = GuardedAccess.Store32(address, value);
        GC.KeepAlive(this);
        if (fault != 0)
            EndFaultedStore(offset, 4);
    }

    /// <summary>Writes a 64-bit register.</summary>
    /// <param name="offset">The offset in bytes from the window's start; a multiple of 8 in the region.</param>
    /// <param name="value">The value.</param>
    /// <exception cref="ArgumentOutOfRangeException">The access reaches beyond the window, or is not aligned.</exception>
    /// <exception cref="NotSupportedException">The region cannot be written.</exception>
    /// <exception cref="DeviceAccessException">The access did not reach the device, and the window was opened to throw then.</exception>
    /// <exception cref="ObjectDisposedException">The window is closed.</exception>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Write64(ulong offset, ulong value)
    {
        var address = _address + offset;
        if (offset >= _stores.Width64 || ((nuint)address & 7) != 0 || VfioMetrics.Accesses.Enabled)
        {
            WriteAround(offset, value, 8);
            return;
        }

        var fault = GuardedAccess.Store64(address, value);
        GC.KeepAlive(this);
        if (fault != 0)
            EndFaultedStore(offset, 8);
    }
}
