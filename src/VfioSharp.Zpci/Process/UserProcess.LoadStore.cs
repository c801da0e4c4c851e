using VfioSharp.Zpci.Kernel;
using VfioSharp.Zpci.Machine;
using VfioSharp.Zpci.Memory;

namespace VfioSharp.Zpci.Process;

// Ordinary accesses to a mapping, which on s390 never reach a device. The page fault is handled as any other, so that the page is in the page
// table afterwards; then the machine finds no storage at the address. That this is an addressing exception is what the recordings' machine
// does; hardware was not at hand.
public sealed partial class UserProcess
{
    /// <summary>A plain load.</summary>
    /// <param name="address">The first byte.</param>
    /// <param name="width">1, 2, 4 or 8 bytes, within a page.</param>
    /// <returns>The value as a big-endian number, or the signal.</returns>
    public InstructionOutcome Load(ulong address, int width)
    {
        if (Touch(address, MemoryAccess.Load, out var page) is { } outcome)
            return outcome;
        var value = 0ul;
        foreach (var octet in page.Bytes.Slice((int)(address % UserAddressSpace.PageSize), width))
            value = value << 8 | octet;
        return InstructionOutcome.Done(value);
    }

    /// <summary>A plain store.</summary>
    /// <param name="address">The first byte.</param>
    /// <param name="width">1, 2, 4 or 8 bytes, within a page.</param>
    /// <param name="value">The value, stored as a big-endian number.</param>
    /// <returns>Success, or the signal.</returns>
    public InstructionOutcome Store(ulong address, int width, ulong value)
    {
        if (Touch(address, MemoryAccess.Store, out var page) is { } outcome)
            return outcome;
        var bytes = page.Bytes.Slice((int)(address % UserAddressSpace.PageSize), width);
        for (var i = 0; i < width; i++)
            bytes[i] = (byte)(value >> (width - 1 - i) * 8);
        return InstructionOutcome.Done(value);
    }

    /// <summary>PCILG, the load by function handle, which only the kernel may use.</summary>
    /// <returns>The signal.</returns>
    public static InstructionOutcome Pcilg() =>
        InstructionOutcome.Signalled(SignalInfo.FromException(ProgramException.PrivilegedOperation), Verification.RealKernel);

    /// <summary>write(2) of memory of the process to a pipe.</summary>
    /// <param name="address">The first byte.</param>
    /// <param name="lengthInBytes">How many, no more than a page.</param>
    /// <returns>How many bytes, or EFAULT where none could be read (fs/pipe.c, copy_page_from_iter()).</returns>
    public KernelResult WriteToPipe(ulong address, int lengthInBytes)
    {
        Span<byte> buffer = stackalloc byte[Math.Min(lengthInBytes, UserAddressSpace.PageSize)];
        var copied = Memory.CopyFrom(address, buffer);
        return copied == buffer.Length ? new KernelResult(copied) : Errno.EFAULT;
    }

    /// <summary>pread(2) of /proc/self/mem.</summary>
    /// <param name="address">The first byte.</param>
    /// <param name="lengthInBytes">How many, no more than a page.</param>
    /// <returns>
    /// How many bytes, or EIO where none can be read: a device's mapping cannot, since vfio-pci has no access operation (fs/proc/base.c,
    /// mem_rw(); mm/memory.c, __access_remote_vm()).
    /// </returns>
    public KernelResult ReadProcSelfMem(ulong address, int lengthInBytes)
    {
        Span<byte> buffer = stackalloc byte[Math.Min(lengthInBytes, UserAddressSpace.PageSize)];
        if (Memory.Lookup(address) is { Flags: var flags } && (flags & (VmFlags.Io | VmFlags.PfnMap)) != 0)
            return Errno.EIO;
        var copied = Memory.CopyFrom(address, buffer);
        return copied > 0 ? new KernelResult(copied) : Errno.EIO;
    }

    private InstructionOutcome? Touch(ulong address, MemoryAccess access, out RamPage page)
    {
        page = null!;
        if (Memory.Translate(address, access, out var entry) is var fault and not PageFault.None)
            return InstructionOutcome.Signalled(SignalInfo.FromFault(fault, address), Verification.RealKernel);
        if (entry.Ram is null)
            return InstructionOutcome.Interrupted(ProgramException.Addressing);
        page = entry.Ram;
        return null;
    }
}
