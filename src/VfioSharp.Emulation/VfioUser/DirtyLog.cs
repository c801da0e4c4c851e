namespace VfioSharp.Emulation.VfioUser;

/// <summary>
/// Which pages of the client's memory the device wrote since it was asked last. It knows what was written, not what is mapped: what a client
/// asks for cannot make it large, and a terabyte that nobody writes costs nothing. Calls are made one at a time.
/// </summary>
/// <remarks>
/// The log is of 4 KiB pages whatever page size a client names when it starts it: finer than coarse pages that it may ask for, and a bit stands for
/// several where it asks for smaller ones. A page that lies in a range in part is told, and stays in the log: what was written may be the other
/// part.
/// </remarks>
internal sealed class DirtyLog
{
    private const int PageShift = 12;
    private const int PagesOfAWord = 64;
    private const int WordShift = PageShift + 6;

    // By the address of 64 pages: a bit each.
    private readonly Dictionary<ulong, ulong> _words = [];
    private readonly List<ulong> _keys = [];
    private ulong _pageSize;

    /// <summary>Whether writes are logged.</summary>
    public bool IsOn => _pageSize != 0;

    /// <summary>The length of a bitmap: a bit for each page, in words of 64 (include/uapi/linux/vfio.h, struct vfio_bitmap).</summary>
    /// <param name="lengthInBytes">The range.</param>
    /// <param name="pageSizeInBytes">The page.</param>
    /// <param name="bitmapLengthInBytes">The bitmap.</param>
    /// <returns>Whether there is one: the page is a power of two, and the range has a whole page at least.</returns>
    public static bool TryGetBitmapLength(ulong lengthInBytes, ulong pageSizeInBytes, out ulong bitmapLengthInBytes)
    {
        bitmapLengthInBytes = 0;
        if (pageSizeInBytes == 0 || (pageSizeInBytes & (pageSizeInBytes - 1)) != 0 || lengthInBytes < pageSizeInBytes)
            return false;
        var pages = lengthInBytes / pageSizeInBytes + (lengthInBytes % pageSizeInBytes == 0 ? 0u : 1u);
        bitmapLengthInBytes = (pages / PagesOfAWord + (pages % PagesOfAWord == 0 ? 0u : 1u)) * sizeof(ulong);
        return true;
    }

    /// <summary>
    /// Begins to log. A page size is a power of two, as the kernel has it; a log that is on goes on, and only for the same page size
    /// (libvfio-user, dma_controller_dirty_page_logging_start).
    /// </summary>
    public Errno Start(ulong pageSizeInBytes)
    {
        if (pageSizeInBytes == 0 || (pageSizeInBytes & (pageSizeInBytes - 1)) != 0 || (IsOn && pageSizeInBytes != _pageSize))
            return Errno.EINVAL;
        _pageSize = pageSizeInBytes;
        return Errno.None;
    }

    /// <summary>Ends the log and forgets it.</summary>
    public void Stop()
    {
        _pageSize = 0;
        _words.Clear();
    }

    /// <summary>Notes that the device wrote.</summary>
    public void Mark(ulong iova, int lengthInBytes)
    {
        if (_pageSize == 0 || lengthInBytes == 0)
            return;
        var last = (iova + (ulong)(lengthInBytes - 1)) >> PageShift;
        for (var page = iova >> PageShift; page <= last; page++)
        {
            _words.TryGetValue(page / PagesOfAWord, out var word);
            _words[page / PagesOfAWord] = word | 1ul << (int)(page % PagesOfAWord);
        }
    }

    /// <summary>Takes the bits of a range; those of pages that lie in it as a whole are forgotten.</summary>
    /// <param name="start">The first address.</param>
    /// <param name="lengthInBytes">The length of the range, not 0.</param>
    /// <param name="pageSizeInBytes">What a bit of the bitmap stands for, a power of two.</param>
    /// <param name="bitmap">The bitmap, all 0, of the length that <see cref="TryGetBitmapLength"/> says.</param>
    public void Take(ulong start, ulong lengthInBytes, ulong pageSizeInBytes, Span<byte> bitmap)
    {
        var last = start + (lengthInBytes - 1);
        Visit(start, last, bitmap, pageSizeInBytes);
    }

    /// <summary>Forgets the pages that lie in a range as a whole.</summary>
    /// <param name="start">The first address.</param>
    /// <param name="lengthInBytes">The length of the range, not 0.</param>
    public void Forget(ulong start, ulong lengthInBytes) => Visit(start, start + (lengthInBytes - 1), default, 0);

    /// <summary>Forgets everything, and goes on.</summary>
    public void ForgetAll() => _words.Clear();

    private void Visit(ulong start, ulong last, Span<byte> bitmap, ulong pageSizeInBytes)
    {
        var firstKey = start >> WordShift;
        var lastKey = last >> WordShift;
        if (lastKey - firstKey < (ulong)_words.Count)
        {
            for (var key = firstKey; key <= lastKey; key++)
                VisitWord(key, start, last, bitmap, pageSizeInBytes);
            return;
        }

        _keys.Clear();
        _keys.AddRange(_words.Keys);
        foreach (var key in _keys)
        {
            if (key >= firstKey && key <= lastKey)
                VisitWord(key, start, last, bitmap, pageSizeInBytes);
        }
    }

    private void VisitWord(ulong key, ulong start, ulong last, Span<byte> bitmap, ulong pageSizeInBytes)
    {
        if (!_words.TryGetValue(key, out var word))
            return;
        for (var bit = 0; bit < PagesOfAWord; bit++)
        {
            var page = key << WordShift | (ulong)bit << PageShift;
            var end = page | ((1ul << PageShift) - 1);
            if ((word & 1ul << bit) == 0 || end < start || page > last)
                continue;
            if (page >= start && end <= last)
                word &= ~(1ul << bit);
            if (!bitmap.IsEmpty)
                SetBits(bitmap, (Math.Max(page, start) - start) / pageSizeInBytes, (Math.Min(end, last) - start) / pageSizeInBytes);
        }

        if (word == 0)
            _words.Remove(key);
        else
            _words[key] = word;
    }

    private static void SetBits(Span<byte> bitmap, ulong first, ulong last)
    {
        // In memory order, which the specification takes from the kernel: words of the host's byte order.
        for (var bit = first; bit <= last; bit++)
        {
            var index = (int)(bit >> 3);
            bitmap[BitConverter.IsLittleEndian ? index : index ^ 7] |= (byte)(1 << (int)(bit & 7));
        }
    }
}
