using VfioSharp.Diagnostics;
using VfioSharp.Native;

namespace VfioSharp.Mmio;

/// <summary>
/// Owns a mapping of ordinary memory that another process shares by a descriptor and may take back whenever it likes (ftruncate(2)). What is
/// done with it is bounded here, and a fault ends an access and nothing else. Accesses and disposal are made one at a time, by the owner's care:
/// after disposal the addresses may be somebody else's.
/// </summary>
internal sealed unsafe class ForeignMemory : IDisposable
{
    private readonly MappedPages _pages;
    private readonly nuint _start;
    private bool _isDisposed;

    private ForeignMemory(MappedPages pages, ulong pagesInBytes, nuint start, ulong lengthInBytes)
    {
        _pages = pages;
        PagesInBytes = pagesInBytes;
        _start = start;
        LengthInBytes = lengthInBytes;
    }

    /// <summary>The length.</summary>
    public ulong LengthInBytes { get; }

    /// <summary>How many of this process's addresses it takes: the pages that it begins and ends in as a whole.</summary>
    public ulong PagesInBytes { get; }

    /// <summary>Maps a part of a file shared.</summary>
    /// <param name="file">The file; it may be closed afterwards.</param>
    /// <param name="fileOffset">The first byte.</param>
    /// <param name="lengthInBytes">The length, not 0.</param>
    /// <param name="access">What the mapping is for.</param>
    /// <param name="pageSizeInBytes">What mappings of this file begin and end at multiples of: a power of two, the host's page at least.</param>
    /// <param name="errno">Why there is no mapping: EINVAL where the numbers are none that a file can have.</param>
    /// <returns>The mapping, or null.</returns>
    public static ForeignMemory? TryMap(
        FileDescriptor file, ulong fileOffset, ulong lengthInBytes, MappingAccess access, ulong pageSizeInBytes, out Errno errno)
    {
        var mask = pageSizeInBytes - 1;
        var begin = fileOffset & ~mask;
        errno = Errno.EINVAL;
        if (lengthInBytes == 0 || lengthInBytes > long.MaxValue - mask || fileOffset > long.MaxValue - mask - lengthInBytes)
            return null;
        var length = (fileOffset + lengthInBytes - begin + mask) & ~mask;
        var protection = ((access & MappingAccess.Read) != 0 ? Libc.PROT_READ : 0) | ((access & MappingAccess.Write) != 0 ? Libc.PROT_WRITE : 0);
        var pages = MappedPages.TryMap(file, (long)begin, (nuint)length, protection, VfioMetrics.ClientKind, out errno);
        if (pages is null)
            return null;
        // What is another's has no place in a dump of this process. A kernel that cannot leave it out dumps it.
        _ = Libc.madvise(pages.Address, (nuint)length, Libc.MADV_DONTDUMP);
        return new ForeignMemory(pages, length, (nuint)(fileOffset - begin), lengthInBytes);
    }

    /// <summary>Reads bytes.</summary>
    /// <param name="offset">The first one.</param>
    /// <param name="destination">Takes them.</param>
    /// <returns>False where they cannot be read; nothing can then be said of what is in the destination.</returns>
    /// <exception cref="ArgumentOutOfRangeException">They do not lie within the memory.</exception>
    public bool TryRead(ulong offset, Span<byte> destination)
    {
        Check(offset, destination.Length);
        return GuardedCopy.TryRead(_pages.Address + _start + offset, destination);
    }

    /// <summary>Writes bytes.</summary>
    /// <param name="offset">The first one.</param>
    /// <param name="source">The bytes.</param>
    /// <returns>False where they cannot be written; those before the place that failed may have been.</returns>
    /// <exception cref="ArgumentOutOfRangeException">They do not lie within the memory.</exception>
    public bool TryWrite(ulong offset, ReadOnlySpan<byte> source)
    {
        Check(offset, source.Length);
        return GuardedCopy.TryWrite(_pages.Address + _start + offset, source);
    }

    /// <summary>Where bytes are, for system calls: they fail where a load would raise a signal.</summary>
    /// <param name="offset">The first one.</param>
    /// <param name="lengthInBytes">How many.</param>
    /// <returns>The address, which is good until disposal.</returns>
    /// <exception cref="ArgumentOutOfRangeException">They do not lie within the memory.</exception>
    public byte* GetAddress(ulong offset, int lengthInBytes)
    {
        Check(offset, lengthInBytes);
        return _pages.Address + _start + offset;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _isDisposed = true;
        _pages.Dispose();
    }

    private void Check(ulong offset, int lengthInBytes)
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        if (offset > LengthInBytes || (ulong)lengthInBytes > LengthInBytes - offset)
            throw new ArgumentOutOfRangeException(nameof(offset), offset, $"{lengthInBytes} bytes do not lie within {LengthInBytes}.");
    }
}
