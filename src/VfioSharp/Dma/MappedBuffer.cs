using VfioSharp.Backends;

namespace VfioSharp.Dma;

/// <summary>
/// A buffer together with its mapping: memory that both this process and a device reach, made and given back as one. What is handed to a
/// driver are its parts, <see cref="DmaMemory"/>.
/// </summary>
/// <remarks>
/// Owns the <see cref="DmaBuffer"/> and the <see cref="DmaMapping"/>. Disposing it while a device still uses the memory harms nothing but
/// that transfer: the mapping ends first, so that the device finds nothing there, and the pages go back after it. Thread-safe as those two are.
/// </remarks>
public sealed class MappedBuffer : IDisposable
{
    private readonly DmaMapping _mapping;
    private readonly ulong _iova;

    private MappedBuffer(DmaBuffer buffer, DmaMapping mapping)
    {
        Buffer = buffer;
        _mapping = mapping;
        _iova = mapping.Iova.Value;
        LengthInBytes = buffer.LengthInBytes;
    }

    /// <summary>The memory as this process sees it. It stays this object's own.</summary>
    public DmaBuffer Buffer { get; }

    /// <summary>The length: what was asked for, rounded up to whole pages.</summary>
    public long LengthInBytes { get; }

    /// <summary>Whether the device can still reach the memory; false after <see cref="Dispose"/> and when the address space has ended.</summary>
    public bool IsMapped => _mapping.IsMapped;

    /// <summary>What the device may do with the memory.</summary>
    public DmaAccess Access => _mapping.Access;

    /// <summary>The IOVA of the first byte.</summary>
    /// <exception cref="ObjectDisposedException">The mapping has ended: by <see cref="Dispose"/>, or with its address space.</exception>
    public Iova Iova => new(RequireMapped());

    /// <summary>All of it, as memory to hand to a driver.</summary>
    public DmaMemory Memory => new(this, 0, LengthInBytes);

    /// <summary>Allocates zeroed memory and maps it.</summary>
    /// <param name="space">The address space of the device that is to reach it.</param>
    /// <param name="lengthInBytes">The length, at least 1; rounded up to whole pages.</param>
    /// <param name="options">Access and IOVA; null for the defaults.</param>
    /// <param name="pageSize">The pages to make it of.</param>
    /// <param name="backing">What backs it.</param>
    /// <returns>The buffer, which the caller owns.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The length is not positive or does not fit the address space, or an option has no meaning.</exception>
    /// <exception cref="ArgumentException">The pages are not whole pages of the address space's, which are larger ones.</exception>
    /// <exception cref="ObjectDisposedException">The last device of the address space is closed.</exception>
    /// <exception cref="VfioException">There is no memory, no IOVA is free, or the backend refuses to map it. Nothing is left behind.</exception>
    public static MappedBuffer Allocate(
        DmaSpace space,
        long lengthInBytes,
        DmaMapOptions? options = null,
        DmaPageSize pageSize = DmaPageSize.Default,
        DmaBacking backing = DmaBacking.SharedFile)
    {
        ArgumentNullException.ThrowIfNull(space);
        var buffer = DmaBuffer.Allocate(lengthInBytes, pageSize, backing);
        try
        {
            return new MappedBuffer(buffer, space.Map(buffer, options ?? new DmaMapOptions()));
        }
        catch
        {
            buffer.Dispose();
            throw;
        }
    }

    /// <summary>Ends the mapping, then the buffer. A second call does nothing.</summary>
    /// <exception cref="VfioException">The backend refuses to unmap. Then the mapping stands and keeps the memory, and this can be called again.</exception>
    public void Dispose()
    {
        _mapping.Dispose();
        Buffer.Dispose();
    }

    /// <summary>The IOVA of the first byte as a number.</summary>
    internal ulong RequireMapped()
    {
        ObjectDisposedException.ThrowIf(!_mapping.IsMapped, this);
        return _iova;
    }
}
