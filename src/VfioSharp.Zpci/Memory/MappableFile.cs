namespace VfioSharp.Zpci.Memory;

/// <summary>A file that can be mapped: the mmap operation of struct file_operations and struct vm_operations_struct.</summary>
public abstract class MappableFile
{
    /// <summary>What it is, for messages.</summary>
    public abstract string Name { get; }

    /// <summary>
    /// Whether the file system forbids to map its files executable (SB_I_NOEXEC; fs/exec.c, path_noexec()).
    /// </summary>
    internal virtual bool ForbidsExecution => false;

    /// <summary>file_operations.mmap: agrees to a mapping and sets its flags, or refuses.</summary>
    internal abstract Errno Map(VirtualMemoryArea area);

    /// <summary>vm_operations_struct.fault: says which page belongs to an address.</summary>
    internal abstract PageFault Fault(VirtualMemoryArea area, ulong address, out PageTableEntry entry);

    /// <summary>
    /// A process has the mapping from now on: it was made, split off another, or inherited (vm_operations_struct.open for the latter two).
    /// </summary>
    internal virtual void Opened(VirtualMemoryArea area)
    {
    }

    /// <summary>vm_operations_struct.close: the mapping is gone.</summary>
    internal virtual void Closed(VirtualMemoryArea area)
    {
    }
}
