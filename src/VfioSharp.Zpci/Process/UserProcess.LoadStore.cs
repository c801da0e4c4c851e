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
    /// <param name="width">1, 2, 4 or 8 bytes.</param>
    /// <returns>The value as a big-endian number, or the signal.</returns>
    /// <exception cref="ArgumentOutOfRangeException">There is no load of that width.</exception>
    public InstructionOutcome Load(ulong address, int width)
    {
        CheckWidth(width);
        var value = 0ul;
        for (var i = 0; i < width; i++)
        {
            if (Touch(address + (ulong)i, MemoryAccess.Load, out var octet) is { } outcome)
                return outcome;
            value = value << 8 | octet[0];
        }

        return InstructionOutcome.Done(value, Verification.RealKernel);
    }

    /// <summary>A plain store. Nothing is stored where a part of it cannot be.</summary>
    /// <param name="address">The first byte.</param>
    /// <param name="width">1, 2, 4 or 8 bytes.</param>
    /// <param name="value">The value, stored as a big-endian number.</param>
    /// <returns>Success, or the signal.</returns>
    /// <exception cref="ArgumentOutOfRangeException">There is no store of that width.</exception>
    public InstructionOutcome Store(ulong address, int width, ulong value)
    {
        CheckWidth(width);
        for (var i = 0; i < width; i++)
        {
            if (Touch(address + (ulong)i, MemoryAccess.Store, out _) is { } outcome)
                return outcome;
        }

        for (var i = 0; i < width; i++)
        {
            Touch(address + (ulong)i, MemoryAccess.Store, out var octet);
            octet[0] = (byte)(value >> (width - 1 - i) * 8);
        }

        return InstructionOutcome.Done(value, Verification.RealKernel);
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
        Span<byte> buffer = stackalloc byte[Math.Clamp(lengthInBytes, 0, UserAddressSpace.PageSize)];
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
        Span<byte> buffer = stackalloc byte[Math.Clamp(lengthInBytes, 0, UserAddressSpace.PageSize)];
        if (Memory.Lookup(address) is { Flags: var flags } && (flags & (VmFlags.Io | VmFlags.PfnMap)) != 0)
            return Errno.EIO;
        var copied = Memory.CopyFrom(address, buffer);
        return copied > 0 ? new KernelResult(copied) : Errno.EIO;
    }

    private static void CheckWidth(int width)
    {
        if (width is not (1 or 2 or 4 or 8))
            throw new ArgumentOutOfRangeException(nameof(width), width, "An instruction loads or stores 1, 2, 4 or 8 bytes.");
    }

    private InstructionOutcome? Touch(ulong address, MemoryAccess access, out Span<byte> octet)
    {
        octet = default;
        if (Memory.Translate(address, access, out var entry) is var fault and not PageFault.None)
            return InstructionOutcome.Signalled(SignalInfo.FromFault(fault, address), Verification.RealKernel);
        if (entry.Ram is null)
            return InstructionOutcome.Interrupted(ProgramException.Addressing, ArchitectureGuess.OrdinaryAccess);
        octet = entry.Ram.Bytes.Slice((int)(address % UserAddressSpace.PageSize), 1);
        return null;
    }
}
