namespace VfioSharp.Zpci.Memory;

/// <summary>What a program may do with a mapping (mmap(2), PROT_*).</summary>
[Flags]
public enum Protection
{
    /// <summary>Nothing.</summary>
    None = 0,
    /// <summary>Load.</summary>
    Read = 1,
    /// <summary>Store.</summary>
    Write = 2,
    /// <summary>Fetch instructions.</summary>
    Execute = 4,
}

/// <summary>How a mapping is made (mmap(2), MAP_*).</summary>
[Flags]
public enum MapFlags
{
    /// <summary>Neither of the below, which the kernel refuses.</summary>
    None = 0,
    /// <summary>Shared with whoever else maps the file.</summary>
    Shared = 1,
    /// <summary>A copy of one's own.</summary>
    Private = 2,
    /// <summary>Memory, without a file.</summary>
    Anonymous = 0x20,
    /// <summary>Fault the pages in at once, where they are memory.</summary>
    Populate = 0x8000,
}

/// <summary>What the kernel knows of a mapping (include/linux/mm.h, VM_*).</summary>
[Flags]
public enum VmFlags
{
    /// <summary>Nothing.</summary>
    None = 0,
    /// <summary>VM_READ.</summary>
    Read = 1,
    /// <summary>VM_WRITE.</summary>
    Write = 2,
    /// <summary>VM_EXEC.</summary>
    Execute = 4,
    /// <summary>VM_SHARED.</summary>
    Shared = 8,
    /// <summary>VM_PFNMAP: the page table holds page frame numbers that have no struct page.</summary>
    PfnMap = 0x400,
    /// <summary>VM_IO: memory-mapped I/O.</summary>
    Io = 0x4000,
}

/// <summary>What an instruction does with an address.</summary>
public enum MemoryAccess
{
    /// <summary>Reads.</summary>
    Load,
    /// <summary>Writes.</summary>
    Store,
}

/// <summary>How a page fault ended (arch/s390/mm/fault.c).</summary>
public enum PageFault
{
    /// <summary>The page is there.</summary>
    None,
    /// <summary>No mapping has the address: SEGV_MAPERR.</summary>
    NotMapped,
    /// <summary>The mapping does not allow the access: SEGV_ACCERR.</summary>
    NotAllowed,
    /// <summary>The mapping's owner refused: VM_FAULT_SIGBUS.</summary>
    BusError,
}
