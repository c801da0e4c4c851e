using VfioSharp.Zpci.Kernel;
using VfioSharp.Zpci.Memory;

namespace VfioSharp.Zpci.Process;

// The path with function handles. Three generations: 3.19 on, 5.11 on (KernelRules.LocksPageTable), and with the pages faulted in
// (ZpciHostDescription.FaultsIn).
public sealed partial class UserProcess
{
    private KernelResult WriteByHandle(ulong address, ulong buffer, ulong length)
    {
        var bytes = new byte[length];
        var kernel = Host.Description.Kernel;
        // From 5.11 on the buffer is copied before the mapping is looked at, since the lock of the page table is held from then on.
        if (KernelRules.LocksPageTable(kernel) && Memory.CopyFrom(buffer, bytes) < bytes.Length)
            return Errno.EFAULT;
        if (FindPage(address, MemoryAccess.Store, VmFlags.Write, out var page) is var refusal and not Errno.None)
            return refusal;

        // Ordinary pages with VM_IO or VM_PFNMAP have no cookie. From 5.11 on the write jumps out with the 0 of the look-up: nothing is written
        // and nothing said.
        if (page < ZpciIomapTable.AddressBase)
            return KernelRules.LocksPageTable(kernel) ? KernelResult.Success : Errno.EFAULT;
        if (!KernelRules.LocksPageTable(kernel) && Memory.CopyFrom(buffer, bytes) < bytes.Length)
            return Errno.EFAULT;
        return KernelResult.FromErrno(KernelPciMemory.CopyTo(Host, page + address % UserAddressSpace.PageSize, bytes));
    }

    private KernelResult ReadByHandle(ulong address, ulong buffer, ulong length)
    {
        var bytes = new byte[length];
        // 5.11 to 6.14 ask for VM_WRITE, by mistake; the fault fix asks for VM_READ, as 5.10 did.
        var asksForWrite = KernelRules.LocksPageTable(Host.Description.Kernel) && !Host.Description.FaultsIn;
        if (FindPage(address, MemoryAccess.Load, asksForWrite ? VmFlags.Write : VmFlags.Read, out var page) is var refusal and not Errno.None)
            return refusal;
        if (page < ZpciIomapTable.AddressBase)
            return Errno.EFAULT;
        if (KernelPciMemory.CopyFrom(Host, page + address % UserAddressSpace.PageSize, bytes) is var failure and not Errno.None)
            return KernelResult.FromErrno(failure);
        return Memory.CopyTo(buffer, bytes) < bytes.Length ? Errno.EFAULT : KernelResult.Success;
    }

    // get_pfn() until 5.10, follow_pte() and follow_pfnmap_start() since: the physical address of the page that the process has mapped.
    private Errno FindPage(ulong address, MemoryAccess access, VmFlags permission, out ulong physicalAddress)
    {
        physicalAddress = 0;
        var kernel = Host.Description.Kernel;
        // find_vma() takes the next mapping above the address where none holds it; then the page table has nothing there, which is EINVAL too
        // unless the flags of that neighbour are wrong first.
        var area = KernelRules.LooksUpMapping(kernel) ? Memory.Lookup(address) : Memory.Find(address);
        if (area is null)
            return Errno.EINVAL;
        if (KernelRules.LocksPageTable(kernel) && (area.Flags & (VmFlags.Io | VmFlags.PfnMap)) == 0)
            return Errno.EINVAL;
        if ((area.Flags & permission) == 0)
            return Errno.EACCES;
        // follow_pfn() (mm/memory.c) refuses what is neither VM_IO nor VM_PFNMAP.
        if ((area.Flags & (VmFlags.Io | VmFlags.PfnMap)) == 0)
            return Errno.EINVAL;

        if (!Memory.TryWalk(address, out var entry))
        {
            if (!Host.Description.FaultsIn)
                return Errno.EINVAL;
            // What the fault handler says is not looked at; the second look decides.
            Memory.FixUpFault(address, access);
            if (!Memory.TryWalk(address, out entry))
                return Errno.EINVAL;
        }

        physicalAddress = entry.PhysicalAddress;
        return Errno.None;
    }
}
