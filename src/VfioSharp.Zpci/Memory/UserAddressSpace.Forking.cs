namespace VfioSharp.Zpci.Memory;

// kernel/fork.c, dup_mmap(): a child has the same mappings. Memory of its own is copied, shared memory is not; pages of devices that are in
// the page table are in the child's too (vma_needs_copy(): VM_PFNMAP).
public sealed partial class UserAddressSpace
{
    internal UserAddressSpace Fork()
    {
        var child = new UserAddressSpace(_memoryInBytes) { _nextAddress = _nextAddress };
        foreach (var area in _areas.Values)
        {
            var copy = new VirtualMemoryArea(child, area.Start, area.End, area.Flags, area.File, area.FileOffset);
            child._areas.Add(copy.Start, copy);
            if (area == _ownMemory)
                child._ownMemory = copy;
            copy.ResidentAt = area.ResidentAt;
            copy.File?.Opened(copy);
        }

        foreach (var (page, entry) in _pageTable)
        {
            var isShared = Lookup(page) is { } area && (area.Flags & VmFlags.Shared) != 0;
            child._pageTable[page] = isShared || entry.Ram is null ? entry : new PageTableEntry(entry.Ram.Copy());
        }

        return child;
    }
}
