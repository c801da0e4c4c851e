using System.Runtime.InteropServices;
using VfioSharp.Backends;
using VfioSharp.Diagnostics;
using VfioSharp.Regions;

namespace VfioSharp.Dma;

public sealed partial class DmaSpace
{
    // iommufd tells the alignment that it needs and not which page sizes the tables know. Memory in pages of these sizes is placed so that
    // tables that know them can use them.
    private const ulong LikelyPageSizes = 1UL << 12 | 1UL << 21 | 1UL << 30;

    private bool _isStale = true;

    /// <summary>Maps a whole buffer at an IOVA of the library's choice.</summary>
    /// <param name="buffer">The buffer. It stays the caller's and may be disposed at any time; its pages last until the mapping ends.</param>
    /// <param name="access">What the device may do.</param>
    /// <returns>The mapping, which the caller owns.</returns>
    /// <exception cref="ArgumentException">The buffer is not whole pages of this address space's.</exception>
    /// <exception cref="ObjectDisposedException">The buffer is disposed, or the last device is closed.</exception>
    /// <exception cref="VfioException">No IOVA is free, or the backend refuses: RLIMIT_MEMLOCK, no mapping left, and so on.</exception>
    public DmaMapping Map(DmaBuffer buffer, DmaAccess access = DmaAccess.ReadWrite) => Map(buffer, new DmaMapOptions { Access = access });

    /// <summary>Maps a whole buffer as the options say.</summary>
    /// <param name="buffer">The buffer. It stays the caller's and may be disposed at any time; its pages last until the mapping ends.</param>
    /// <param name="options">Access and IOVA.</param>
    /// <returns>The mapping, which the caller owns.</returns>
    /// <inheritdoc cref="Map(DmaBuffer, DmaAccess)" path="/exception"/>
    public DmaMapping Map(DmaBuffer buffer, DmaMapOptions options)
    {
        ArgumentNullException.ThrowIfNull(buffer);
        return Map(buffer, 0, buffer.LengthInBytes, options);
    }

    /// <summary>Maps a part of a buffer.</summary>
    /// <param name="buffer">The buffer. It stays the caller's and may be disposed at any time; its pages last until the mapping ends.</param>
    /// <param name="offset">The part's first byte, a multiple of the smallest of <see cref="PageSizes"/>.</param>
    /// <param name="lengthInBytes">The part's length, a multiple of the same, not 0.</param>
    /// <param name="options">Access and IOVA; null for the defaults.</param>
    /// <returns>The mapping, which the caller owns.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The part does not lie in the buffer.</exception>
    /// <inheritdoc cref="Map(DmaBuffer, DmaAccess)" path="/exception"/>
    public DmaMapping Map(DmaBuffer buffer, long offset, long lengthInBytes, DmaMapOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(buffer);
        buffer.RequireInside(offset, lengthInBytes);
        var memory = buffer.Pages;
        return Map(memory, (nuint)(nint)memory.DangerousGetHandle() + (nuint)offset, (ulong)lengthInBytes, options, memory.File, (ulong)offset);
    }

    /// <summary>
    /// Maps memory that the caller owns. The caller keeps it mapped into the process until this mapping ends; otherwise the device goes
    /// on reading and writing pages that mean something else by then, or nothing. Memory of the garbage-collected heap must be pinned
    /// for as long. A device in another process (vfio-user) reaches it by messages only, which this process answers.
    /// </summary>
    /// <param name="address">The first byte, a multiple of the smallest of <see cref="PageSizes"/>.</param>
    /// <param name="lengthInBytes">The length, a multiple of the same, not 0.</param>
    /// <param name="options">Access and IOVA; null for the defaults.</param>
    /// <returns>The mapping, which the caller owns.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The length is not positive.</exception>
    /// <exception cref="ArgumentException">The address or length is not whole pages.</exception>
    /// <exception cref="ObjectDisposedException">The last device is closed.</exception>
    /// <exception cref="VfioException">No IOVA is free, or the backend refuses.</exception>
    public DmaMapping MapMemory(nint address, long lengthInBytes, DmaMapOptions? options = null)
    {
        if (lengthInBytes <= 0)
            throw new ArgumentOutOfRangeException(nameof(lengthInBytes), lengthInBytes, "The length must be positive.");
        return Map(null, (nuint)address, (ulong)lengthInBytes, options, null, 0);
    }

    /// <summary>
    /// Maps the part of a BAR that a window shows, so that the devices of this address space reach it without going through memory. The
    /// kernel takes the pages now: the window may be closed afterwards. The mapping must be disposed before the device whose BAR it is,
    /// because until then the BAR can be reached, whoever has it.
    /// </summary>
    /// <param name="window">A window that is mapped, of whole pages: its offset in the region and its length are multiples of the smallest of <see cref="PageSizes"/>.</param>
    /// <param name="options">Access and IOVA; null for the defaults.</param>
    /// <returns>The mapping, which the caller owns.</returns>
    /// <exception cref="ArgumentException">The window is not whole pages.</exception>
    /// <exception cref="ObjectDisposedException">The last device is closed.</exception>
    /// <exception cref="VfioException">The window is not mapped or closed, no IOVA is free, or the backend refuses, as iommufd does for most kernels.</exception>
    public DmaMapping MapRegion(RegionWindow window, DmaMapOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(window);
        var address = window.MappedAddress ?? throw new VfioException(
            $"map {window.RegionName} for DMA", null, Errno.None,
            $"only a window that is open and mapped can be, and this one is closed or reaches its registers by {window.Plan.Path}.");
        var mapping = Map(null, address, window.LengthInBytes, options, null, 0);
        // The addresses stay the window's until the kernel has looked up the pages.
        GC.KeepAlive(window);
        return mapping;
    }

    private DmaMapping Map(
        SafeHandle? memory, nuint address, ulong lengthInBytes, DmaMapOptions? options, SafeHandle? file, ulong fileOffset)
    {
        options ??= new DmaMapOptions();
        options.Validate();
        DmaMapping mapping;
        lock (_lock)
            mapping = MapLocked(memory, address, lengthInBytes, options, file, fileOffset);
        // Outside the lock: a logger is foreign code.
        DeviceLog.Mapped(_logger, lengthInBytes, mapping.Iova);
        return mapping;
    }

    private DmaMapping MapLocked(
        SafeHandle? memory, nuint address, ulong lengthInBytes, DmaMapOptions options, SafeHandle? file, ulong fileOffset)
    {
        ThrowIfReleased();
        var allocator = CurrentAllocator();
        RequireWholePages(address, lengthInBytes);
        RequireRanges(allocator, lengthInBytes);
        var isHeld = false;
        Iova? taken = null;
        var isMapped = false;
        try
        {
            memory?.DangerousAddRef(ref isHeld);
            taken = TakeIova(allocator, address, lengthInBytes, options);
            var range = new IovaRange(taken.Value, new Iova(taken.Value.Value + (lengthInBytes - 1)));
            var mapping = new DmaMapping(this, range, options.Access, memory);
            _mappings.Add(range.Start.Value, range.End.Value, mapping);
            _backend.Map(range.Start, address, lengthInBytes, options.Access, file, fileOffset);
            isMapped = true;
            mapping.Begin();
            return mapping;
        }
        finally
        {
            if (!isMapped)
            {
                if (taken is { } iova)
                {
                    _mappings.Remove(iova.Value);
                    allocator.Free(iova);
                }

                if (isHeld)
                    memory!.DangerousRelease();
            }
        }
    }

    private Iova TakeIova(IovaAllocator allocator, nuint address, ulong lengthInBytes, DmaMapOptions options)
    {
        if (options.Fixed is { } iova)
        {
            RequireInsideWindows(iova, lengthInBytes);
            allocator.Reserve(iova, lengthInBytes);
            return iova;
        }

        var page = new PageSizeSet(_pageSizes.Bitmap | LikelyPageSizes).LargestFor(address, lengthInBytes);
        // Where the space is too fragmented for large pages, small ones do.
        var alignment = Math.Max(options.AlignmentInBytes, page);
        return allocator.TryAllocate(lengthInBytes, alignment, options.Highest)
            ?? allocator.Allocate(lengthInBytes, options.AlignmentInBytes, options.Highest);
    }

    private IovaAllocator CurrentAllocator()
    {
        if (_allocator is not null && !_isStale)
            return _allocator;
        _pageSizes = ReadPageSizes();
        var ranges = ReadRanges();
        if (_allocator is null)
            _allocator = new IovaAllocator(ranges, _pageSizes.Smallest);
        else
            _allocator.Update(ranges, _pageSizes.Smallest);
        _isStale = false;
        return _allocator;
    }

    private PageSizeSet ReadPageSizes()
    {
        var sizes = new PageSizeSet(_backend.GetPageSizes());
        return sizes.Bitmap != 0
            ? sizes
            : throw new VfioException("learn the page sizes of the I/O page tables", null, Errno.None, "the answer names none.");
    }

    private void RequireWholePages(nuint address, ulong lengthInBytes)
    {
        var mask = _pageSizes.Smallest - 1;
        if ((address & mask) != 0 || (lengthInBytes & mask) != 0)
        {
            throw new ArgumentException(
                $"Memory for DMA must be whole I/O pages of {ByteText.Size(_pageSizes.Smallest)}: " +
                $"{ByteText.Size(lengthInBytes)} at address 0x{(ulong)address:x} are not.");
        }
    }
}
