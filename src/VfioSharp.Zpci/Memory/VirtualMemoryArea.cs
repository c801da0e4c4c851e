namespace VfioSharp.Zpci.Memory;

/// <summary>A mapping of a process: struct vm_area_struct. It belongs to its address space, which alone changes it.</summary>
public sealed class VirtualMemoryArea
{
    internal VirtualMemoryArea(UserAddressSpace space, ulong start, ulong end, VmFlags flags, MappableFile? file, ulong fileOffset)
    {
        Space = space;
        Start = start;
        End = end;
        Flags = flags;
        File = file;
        FileOffset = fileOffset;
    }

    /// <summary>The address space that it is in.</summary>
    public UserAddressSpace Space { get; }

    /// <summary>vm_start.</summary>
    public ulong Start { get; internal set; }

    /// <summary>vm_end: the first byte behind it.</summary>
    public ulong End { get; internal set; }

    /// <summary>vm_flags.</summary>
    public VmFlags Flags { get; internal set; }

    /// <summary>vm_file, or null for memory.</summary>
    public MappableFile? File { get; }

    /// <summary>vm_pgoff, in bytes.</summary>
    public ulong FileOffset { get; internal set; }

    /// <summary>How long it is.</summary>
    public ulong LengthInBytes => End - Start;

    /// <summary>
    /// Where every page of it is in the page table (io_remap_pfn_range, or a fault handler that inserts all of it): the physical address of the
    /// first one.
    /// </summary>
    internal ulong? ResidentAt { get; set; }

    internal bool Contains(ulong address) => address >= Start && address < End;
}
