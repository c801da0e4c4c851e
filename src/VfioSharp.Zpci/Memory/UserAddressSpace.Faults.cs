namespace VfioSharp.Zpci.Memory;

// arch/s390/mm/fault.c, do_exception(): which access a mapping allows, and who brings the page.
public sealed partial class UserAddressSpace
{
    /// <summary>
    /// Translates an address for an access as the machine does it: with the page table and, where that has nothing, by a page fault.
    /// </summary>
    internal PageFault Translate(ulong address, MemoryAccess access, out PageTableEntry entry)
    {
        entry = default;
        if (Lookup(address) is not { } area)
            return PageFault.NotMapped;
        if ((area.Flags & Needed(access)) == 0)
            return PageFault.NotAllowed;
        if (TryWalk(address, out entry))
            return PageFault.None;
        if (area == _ownMemory)
        {
            entry = new PageTableEntry(new RamPage((nuint)PageOf(address)));
            return PageFault.None;
        }

        var result = PageFault.None;
        if (area.File is null)
            entry = new PageTableEntry(new RamPage());
        else
            result = area.File.Fault(area, address, out entry);
        if (result == PageFault.None && area.ResidentAt is null)
            _pageTable[PageOf(address)] = entry;
        return result;
    }

    /// <summary>
    /// mm/gup.c, fixup_user_fault(): a page fault made by the kernel in the process's name. Its check is stricter than the machine's:
    /// vma_permits_fault() asks for VM_WRITE for a write and VM_READ for a read.
    /// </summary>
    internal PageFault FixUpFault(ulong address, MemoryAccess access)
    {
        if (Lookup(address) is not { } area)
            return PageFault.NotMapped;
        return (area.Flags & (access == MemoryAccess.Store ? VmFlags.Write : VmFlags.Read)) == 0
            ? PageFault.NotAllowed
            : Translate(address, access, out _);
    }

    // A load may come from whatever is mapped at all (VM_ACCESS_FLAGS), so that a mapping for writing alone can be read.
    private static VmFlags Needed(MemoryAccess access) =>
        access == MemoryAccess.Store ? VmFlags.Write : VmFlags.Read | VmFlags.Write | VmFlags.Execute;
}
