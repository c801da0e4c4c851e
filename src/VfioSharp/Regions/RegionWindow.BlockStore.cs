using System.Buffers.Binary;
using VfioSharp.Diagnostics;

namespace VfioSharp.Regions;

// The one write that is longer than a register and still one access.
public sealed unsafe partial class RegionWindow
{
    /// <summary>
    /// The most bytes that <see cref="WriteBlock(ulong, ReadOnlySpan{byte})"/> takes: 8 where there are register stores only, 4 where a file's pwrite is
    /// all there is, up to 4096 where there are block stores.
    /// </summary>
    public int LongestBlockStoreInBytes => _about.Stores.LongestInBytes;

    /// <summary>
    /// Writes bytes by exactly one access to the device, or not at all; nothing is ever split. 1, 2, 4 or 8 bytes, aligned, are one register
    /// store. Longer ones are one block store, which IBM Z has: PCISTBI on <see cref="AccessPath.MioInstruction"/>, one system call on
    /// <see cref="AccessPath.MmioSyscall"/> that the kernel makes one PCISTB of, one pwrite under the driver ism_vfio_pci.
    /// </summary>
    /// <remarks>
    /// 8 bytes are refused on <see cref="AccessPath.RegionFile"/>, since Linux may make two accesses of them, and ism_vfio_pci takes no register
    /// stores at all. The overloads with an element width and those of wider elements are loops of register stores.
    /// </remarks>
    /// <param name="offset">
    /// The first byte in the window. For a block store a multiple of 8 in the region; the block does not cross a multiple of 4096 there.
    /// </param>
    /// <param name="source">
    /// The bytes in memory order, the first one for the lowest offset. For a block store a multiple of 8, at least 16, at most
    /// <see cref="LongestBlockStoreInBytes"/>.
    /// </param>
    /// <exception cref="ArgumentOutOfRangeException">The bytes reach beyond the window, or would not be one access. Nothing was written.</exception>
    /// <exception cref="NotSupportedException">The region cannot be written.</exception>
    /// <exception cref="DeviceAccessException">The access did not reach the device, and the window was opened to throw then.</exception>
    /// <exception cref="ObjectDisposedException">The window is closed.</exception>
    public void WriteBlock(ulong offset, ReadOnlySpan<byte> source)
    {
        CheckAccess(RegionFlags.Write, offset, (ulong)source.Length, 1);
        if (_about.Stores.FindObstacle(RegionOffset + offset, source.Length) is { } obstacle)
        {
            throw new ArgumentOutOfRangeException(
                nameof(source),
                $"{source.Length} bytes at offset 0x{RegionOffset + offset:x} of {RegionName} are not one access by {Plan.Path}: {obstacle}.");
        }

        if (source.Length <= sizeof(ulong))
        {
            Span<byte> bytes = stackalloc byte[sizeof(ulong)];
            bytes.Clear();
            source.CopyTo(bytes);
            WriteAround(offset, BinaryPrimitives.ReadUInt64LittleEndian(bytes), source.Length);
            return;
        }

        // Only accessors have block stores.
        VfioMetrics.Accesses.Add(1, _pathTag);
        var outcome = _accessor!.WriteBlock(RegionOffset + offset, source);
        if (!outcome.IsDone)
            EndFault(outcome, "write", "to", offset, source.Length);
    }

    /// <summary>
    /// Makes the writes before it go out, where the machine may hold them back to combine them: PCIWB on <see cref="AccessPath.MioInstruction"/>. The other
    /// paths hold nothing back, and nothing happens there. It does not wait until the device has got them: a read from the device does.
    /// </summary>
    /// <exception cref="ObjectDisposedException">The window is closed.</exception>
    public void FlushWrites()
    {
        ObjectDisposedException.ThrowIf(IsClosed, this);
        _accessor?.FlushWrites();
    }

    private void RequireRegisterStores()
    {
        if (_about.Stores.HasRegisterStores)
            return;
        throw new NotSupportedException(
            $"{_about.Device}: registers of {RegionName} cannot be written one by one, because the driver ism_vfio_pci takes block stores only: " +
            $"{nameof(WriteBlock)} with a multiple of {BlockStores.UnitInBytes} bytes from {BlockStores.ShortestInBytes} to {LongestBlockStoreInBytes}.");
    }
}
