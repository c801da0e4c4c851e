using VfioSharp.Backends;
using VfioSharp.Mmio;
using VfioSharp.Native;

namespace VfioSharp.InGuest.Mio;

/// <summary>A kernel that was told to leave PCI alone (pci=off) on a machine with MIO instructions. Explicit: it needs such a guest.</summary>
public sealed class MioSwitchedOffTests
{
    private const int PageInBytes = 4096;

    // The auxiliary vector still says that there are MIO instructions; with PCI off nothing has switched them on (arch/s390/kernel/processor.c and
    // arch/s390/pci/pci.c, pci_base_init).
    [Fact(Explicit = true)]
    public unsafe void The_instructions_are_announced_and_end_with_SIGILL_and_the_system_calls_with_ENODEV()
    {
        Assert.True(Guest.HasMio);
        Assert.True(DeviceHost.Local.HasMioInstructions);
        var memory = Libc.mmap(null, PageInBytes, Libc.PROT_READ | Libc.PROT_WRITE, Libc.MAP_PRIVATE | Libc.MAP_ANONYMOUS, -1, 0);
        Assert.True(memory != Libc.MapFailed);
        Assert.Equal(AccessOutcome.OfSignal(Libc.SIGILL), MioGuest.Instructions.Load((nuint)memory, 4, out _));
        Assert.Equal(AccessOutcome.OfSignal(Libc.SIGILL), MioGuest.Instructions.Store((nuint)memory, 4, 0));
        Assert.Equal(AccessOutcome.OfErrno(Errno.ENODEV), DeviceHost.Local.Syscalls!.Read((nuint)memory, new byte[4]));
        Assert.Equal(AccessOutcome.OfErrno(Errno.ENODEV), DeviceHost.Local.Syscalls!.Write((nuint)memory, new byte[4]));
        Assert.Equal(0, Libc.munmap(memory, PageInBytes));
    }
}
