namespace VfioSharp.Zpci.Memory;

/// <summary>
/// The address space of a process: its mappings (struct mm_struct) and a page table that holds what was touched. Nothing is mapped until
/// somebody asks, and what is mapped is not in the page table until somebody touches it.
/// </summary>
public sealed partial class UserAddressSpace
{
    /// <summary>PAGE_SIZE.</summary>
    public const int PageSize = 4096;

    // Linux on s390 gives a process three levels of page tables, 4 TiB, and adds a fourth for what does not fit
    // (arch/s390/mm/mmap.c, check_asce_limit(); arch/s390/include/asm/processor.h, TASK_SIZE).
    private const ulong LowestAddress = 0x10000;
    private const ulong ThreeLevels = 1ul << 42;
    private const ulong FourLevels = 1ul << 53;

    private readonly SortedList<ulong, VirtualMemoryArea> _areas = [];
    private readonly Dictionary<ulong, PageTableEntry> _pageTable = [];

    private readonly ulong _memoryInBytes;

    internal UserAddressSpace(ulong memoryInBytes) => _memoryInBytes = memoryInBytes;

    /// <summary>The mappings, by ascending address.</summary>
    public IEnumerable<VirtualMemoryArea> Areas => _areas.Values;

    /// <summary>The mapping that holds an address: vma_lookup().</summary>
    /// <param name="address">The address.</param>
    /// <returns>The mapping, or null.</returns>
    public VirtualMemoryArea? Lookup(ulong address) => Find(address) is { } area && area.Contains(address) ? area : null;

    /// <summary>The first mapping that ends behind an address: find_vma(). It need not hold the address.</summary>
    /// <param name="address">The address.</param>
    /// <returns>The mapping, or null where all end before.</returns>
    public VirtualMemoryArea? Find(ulong address)
    {
        int low = 0, high = _areas.Count;
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (_areas.GetValueAtIndex(middle).End > address)
                high = middle;
            else
                low = middle + 1;
        }

        return low < _areas.Count ? _areas.GetValueAtIndex(low) : null;
    }

    /// <summary>Whether the page table has a page for an address.</summary>
    /// <param name="address">The address.</param>
    /// <returns>True where an access needs no page fault.</returns>
    public bool IsPresent(ulong address) => TryWalk(address, out _);

    internal static ulong PageOf(ulong address) => address & ~(ulong)(PageSize - 1);

    /// <summary>unmap_mapping_range() as far as this address space goes: takes the pages of a mapping out of the page table.</summary>
    internal void Zap(VirtualMemoryArea area)
    {
        area.ResidentAt = null;
        RemovePages(area.Start, area.End);
    }

    /// <summary>follow_pte(), follow_pfnmap_start(): looks into the page table and faults nothing in.</summary>
    internal bool TryWalk(ulong address, out PageTableEntry entry)
    {
        if (Lookup(address) is { ResidentAt: { } resident } area)
        {
            entry = new PageTableEntry(null, resident + (PageOf(address) - area.Start));
            return true;
        }

        return _pageTable.TryGetValue(PageOf(address), out entry);
    }

    private void RemovePages(ulong start, ulong end)
    {
        if ((end - start) / PageSize <= (ulong)_pageTable.Count)
        {
            for (var page = start; page < end; page += PageSize)
                _pageTable.Remove(page);
            return;
        }

        foreach (var page in _pageTable.Keys.Where(page => page >= start && page < end).ToArray())
            _pageTable.Remove(page);
    }
}
