using System.Runtime.InteropServices;
using VfioSharp.Mmio;

namespace VfioSharp.Regions;

/// <summary>
/// Reaches a mapped BAR by something else than loads and stores. What is longer than a register is split into naturally aligned ones of
/// at most 8 bytes, in ascending order: so no access crosses a page, and each is one of exactly its width.
/// </summary>
/// <param name="mapping">The mapping; the window owns it.</param>
/// <param name="mappedFrom">Where in the region the mapping begins.</param>
internal abstract class MappedRegionAccessor(DeviceMapping mapping, ulong mappedFrom) : RegisterAccessor
{
    /// <inheritdoc/>
    public sealed override AccessOutcome Read(ulong regionOffset, Span<byte> destination)
    {
        var outcome = AccessOutcome.Done;
        while (!destination.IsEmpty && outcome.IsDone)
        {
            var width = RegisterWidth.WidestAt(regionOffset, destination.Length);
            outcome = ReadRegister(AddressOf(regionOffset), destination[..width]);
            destination = destination[width..];
            regionOffset += (ulong)width;
        }

        GC.KeepAlive(mapping);
        return outcome;
    }

    /// <inheritdoc/>
    public sealed override AccessOutcome Write(ulong regionOffset, ReadOnlySpan<byte> source)
    {
        var outcome = AccessOutcome.Done;
        while (!source.IsEmpty && outcome.IsDone)
        {
            var width = RegisterWidth.WidestAt(regionOffset, source.Length);
            outcome = WriteRegister(AddressOf(regionOffset), source[..width]);
            source = source[width..];
            regionOffset += (ulong)width;
        }

        GC.KeepAlive(mapping);
        return outcome;
    }

    /// <inheritdoc/>
    public sealed override AccessOutcome WriteBlock(ulong regionOffset, ReadOnlySpan<byte> source)
    {
        Span<ulong> aligned = stackalloc ulong[source.Length / sizeof(ulong)];
        var buffer = MemoryMarshal.AsBytes(aligned);
        source.CopyTo(buffer);
        var outcome = StoreBlock(AddressOf(regionOffset), buffer);
        GC.KeepAlive(mapping);
        return outcome;
    }

    /// <summary>Reads one register.</summary>
    /// <param name="address">Where it is mapped; a multiple of the width.</param>
    /// <param name="destination">Takes 1, 2, 4 or 8 bytes in memory order.</param>
    /// <returns>Done, or why not.</returns>
    protected abstract AccessOutcome ReadRegister(nuint address, Span<byte> destination);

    /// <summary>Writes one register.</summary>
    /// <param name="address">Where it is mapped; a multiple of the width.</param>
    /// <param name="source">1, 2, 4 or 8 bytes in memory order.</param>
    /// <returns>Done, or why not.</returns>
    protected abstract AccessOutcome WriteRegister(nuint address, ReadOnlySpan<byte> source);

    /// <summary>Stores a block by one access.</summary>
    /// <param name="address">Where it is mapped; a multiple of 8.</param>
    /// <param name="source">The bytes in memory order, aligned to 8, within one page at the address.</param>
    /// <returns>Done, or why not.</returns>
    protected abstract AccessOutcome StoreBlock(nuint address, ReadOnlySpan<byte> source);

    // The mapping's first byte is aligned to a page, so that what is aligned in the region is at its address.
    private nuint AddressOf(ulong regionOffset) => mapping.Address + (nuint)(regionOffset - mappedFrom);
}
