using System.Runtime.InteropServices;
using VfioSharp.Backends;
using VfioSharp.Diagnostics;

namespace VfioSharp.Dma;

/// <summary>
/// Memory that a device can reach at an IOVA. While it stands it keeps the memory of the <see cref="DmaBuffer"/> that it was
/// made from: that one may be disposed, and its pages are given back only when the last mapping of them ends. A mapping ends with
/// <see cref="Dispose"/>, with the ranges that <see cref="DmaSpace"/> unmaps, or with the address space. One that is dropped without
/// being disposed stands until the address space ends, because the device may still be using it. Thread-safe.
/// </summary>
public sealed class DmaMapping : IDisposable
{
    private readonly DmaSpace _space;
    private readonly SafeHandle? _memory;
    private volatile bool _isMapped;

    internal DmaMapping(DmaSpace space, IovaRange range, DmaAccess access, SafeHandle? memory)
    {
        _space = space;
        _memory = memory;
        Range = range;
        Access = access;
    }

    /// <summary>The IOVA of the first byte.</summary>
    public Iova Iova => Range.Start;

    /// <summary>The IOVAs of the mapping.</summary>
    public IovaRange Range { get; }

    /// <summary>The length.</summary>
    public ulong LengthInBytes => Range.End.Value - Range.Start.Value + 1;

    /// <summary>What the device may do with the memory.</summary>
    public DmaAccess Access { get; }

    /// <summary>Whether the mapping still stands.</summary>
    public bool IsMapped => _isMapped;

    /// <summary>The IOVA of a byte of the mapping.</summary>
    /// <param name="offset">The byte, counted from the mapping's start.</param>
    /// <returns>The IOVA.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The mapping is not that long.</exception>
    public Iova IovaAt(ulong offset) => offset < LengthInBytes
        ? new Iova(Range.Start.Value + offset)
        : throw new ArgumentOutOfRangeException(nameof(offset), offset, $"The mapping has {LengthInBytes} bytes.");

    /// <summary>Unmaps the memory. Does nothing where the mapping ended already, with its address space too.</summary>
    /// <exception cref="VfioException">The backend refuses. Then the mapping still stands and keeps its memory.</exception>
    public void Dispose() => _space.Unmap(this);

    // Both are called with the address space's lock held.
    internal void Begin()
    {
        _isMapped = true;
        VfioMetrics.Mappings.Add(1, VfioMetrics.DmaKind);
    }

    internal void End()
    {
        _isMapped = false;
        _memory?.DangerousRelease();
        VfioMetrics.Mappings.Add(-1, VfioMetrics.DmaKind);
    }
}
