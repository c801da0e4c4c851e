using VfioSharp.Diagnostics;
using VfioSharp.Mmio;
using VfioSharp.Native;

namespace VfioSharp.Emulation.Nvme.Storage;

/// <summary>
/// An image that lies in memory anyway (tmpfs, a memfd), mapped: a copy from or to it needs no system call. Owns the mapping. Calls are made one at a time,
/// and not after disposal.
/// </summary>
/// <remarks>
/// A hole that is read through a mapping takes memory from then on, which reading by a system call does not. So the image is looked at by chunks, and only
/// those are touched that have no holes; of those that are nothing but a hole zeroes are read elsewhere, where nobody but this object can write. What is known of a
/// chunk is forgotten when a hole may have come or gone. Somebody may still cut the file, so that copies are to be guarded.
/// </remarks>
internal sealed unsafe class MappedImage : IDisposable
{
    /// <summary>How long a chunk is, and the most that is found as one piece of zeroes.</summary>
    public const int ChunkInBytes = 1 << 16;

    private const int ChunkShift = 16;
    private const int ChunksOfAGroup = 1 << 14;
    private const byte Complete = byte.MaxValue;
    private const byte Hole = byte.MaxValue - 1;
    private const byte AccessesBetweenLooks = 64;

    private readonly FileDescriptor _file;
    private readonly MappedPages _pages;
    private readonly MappedPages? _zeroes;
    private readonly long _lengthInBytes;
    private readonly bool _isReadOnly;

    // By group and chunk: complete, a hole, or how many accesses more to wait before the kernel is asked.
    private readonly byte[]?[] _states;

    private MappedImage(FileDescriptor file, MappedPages pages, MappedPages? zeroes, long lengthInBytes, bool isReadOnly)
    {
        _file = file;
        _pages = pages;
        _zeroes = zeroes;
        _lengthInBytes = lengthInBytes;
        _isReadOnly = isReadOnly;
        _states = new byte[(int)((lengthInBytes - 1) / ((long)ChunksOfAGroup * ChunkInBytes)) + 1][];
    }

    /// <summary>Whether a file's content is never anywhere but in memory.</summary>
    public static bool LiesInMemory(FileDescriptor file)
    {
        // The kind is a word, on IBM Z half of one; elsewhere its lower half comes first.
        var status = stackalloc byte[Libc.FileSystemLengthInBytes];
        return Libc.fstatfs(file, status) == 0 && *(uint*)status == Libc.TMPFS_MAGIC;
    }

    /// <summary>Maps an image.</summary>
    /// <param name="file">The file, which outlives this object and stays the caller's.</param>
    /// <param name="lengthInBytes">How much of it is the image's.</param>
    /// <param name="isReadOnly">Whether nothing is to be written.</param>
    /// <param name="isPrivate">Whether nobody else has the file.</param>
    /// <returns>The mapping; null where there can be none, or a fault could not be recovered.</returns>
    public static MappedImage? TryMap(FileDescriptor file, long lengthInBytes, bool isReadOnly, bool isPrivate)
    {
        if (!MmioSupport.IsGuarded)
            return null;
        var protection = isReadOnly ? Libc.PROT_READ : Libc.PROT_READ | Libc.PROT_WRITE;
        if (MappedPages.TryMap(file, 0, (nuint)lengthInBytes, protection, VfioMetrics.ImageKind, out _) is not { } pages)
            return null;
        _ = Libc.madvise(pages.Address, (nuint)lengthInBytes, Libc.MADV_DONTDUMP);
        return new MappedImage(file, pages, isPrivate ? TryMapZeroes() : null, lengthInBytes, isReadOnly);
    }

    /// <summary>Finds bytes to be read.</summary>
    /// <param name="offset">The first one; all lie within the image.</param>
    /// <param name="lengthInBytes">How many.</param>
    /// <param name="address">Where they can be read, with a guard.</param>
    /// <returns>False where that would take memory.</returns>
    public bool TryFindForRead(long offset, long lengthInBytes, out byte* address)
    {
        address = _pages.Address + offset;
        var state = GetState(offset);
        if (state == Complete && (offset & (ChunkInBytes - 1)) + lengthInBytes <= ChunkInBytes)
            return true;
        if (state != Hole)
            return IsComplete(offset, lengthInBytes);
        address = _zeroes!.Address;
        return (offset & (ChunkInBytes - 1)) + lengthInBytes <= ChunkInBytes;
    }

    /// <summary>Finds bytes to be written.</summary>
    /// <param name="offset">The first one; all lie within the image.</param>
    /// <param name="lengthInBytes">How many.</param>
    /// <param name="address">Where they can be written, with a guard.</param>
    /// <returns>False where there may be no room for them, or nothing is to be written.</returns>
    public bool TryFindForWrite(long offset, long lengthInBytes, out byte* address)
    {
        address = _pages.Address + offset;
        return !_isReadOnly && IsComplete(offset, lengthInBytes);
    }

    /// <summary>Tells that a hole may have come or gone.</summary>
    public void Forget(long offset, long lengthInBytes)
    {
        var end = offset + lengthInBytes;
        for (; offset < end; offset = (offset & ~(ChunkInBytes - 1L)) + ChunkInBytes)
        {
            ref var state = ref StateOf(offset);
            if (state >= Hole)
                state = 0;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _pages.Dispose();
        _zeroes?.Dispose();
    }

    private bool IsComplete(long offset, long lengthInBytes)
    {
        var end = offset + lengthInBytes;
        for (; offset < end; offset = (offset & ~(ChunkInBytes - 1L)) + ChunkInBytes)
        {
            if (GetState(offset) != Complete)
                return false;
        }

        return true;
    }

    private byte GetState(long offset)
    {
        ref var state = ref StateOf(offset);
        if (state >= Hole)
            return state;
        if (state == 0)
            return state = Look(offset & ~(ChunkInBytes - 1L));
        return --state;
    }

    private ref byte StateOf(long offset)
    {
        var chunk = offset >> ChunkShift;
        ref var group = ref _states[(int)(chunk / ChunksOfAGroup)];
        group ??= new byte[ChunksOfAGroup];
        return ref group[(int)(chunk & (ChunksOfAGroup - 1))];
    }

    private byte Look(long start)
    {
        var end = Math.Min(start + ChunkInBytes, _lengthInBytes);
        if (Libc.lseek(_file, start, Libc.SEEK_HOLE) >= end)
            return Complete;
        if (_zeroes is null)
            return AccessesBetweenLooks;
        // ENXIO where there is nothing behind either.
        var data = Libc.lseek(_file, start, Libc.SEEK_DATA);
        return data >= end || (data < 0 && Libc.LastErrno == Errno.ENXIO) ? Hole : AccessesBetweenLooks;
    }

    private static MappedPages? TryMapZeroes()
    {
        using var file = Libc.memfd_create("vfiosharp-zeroes", Libc.MFD_CLOEXEC);
        return file.IsInvalid || Libc.ftruncate(file, ChunkInBytes) != 0
            ? null
            : MappedPages.TryMap(file, 0, ChunkInBytes, Libc.PROT_READ, VfioMetrics.ImageKind, out _);
    }
}
