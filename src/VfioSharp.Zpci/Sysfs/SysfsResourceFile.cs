using VfioSharp.Zpci.Kernel;
using VfioSharp.Zpci.Machine;
using VfioSharp.Zpci.Memory;

namespace VfioSharp.Zpci.Sysfs;

/// <summary>
/// /sys/bus/pci/devices/ADDRESS/resourceN: a BAR without VFIO (drivers/pci/pci-sysfs.c, pci_mmap_resource(); drivers/pci/mmap.c). Its pages are
/// all in the page table at once, and nobody takes them away while the function is reset or its memory is off.
/// </summary>
public sealed class SysfsResourceFile : MappableFile
{
    private readonly ZpciFunction _function;
    private readonly ZpciBar _bar;
    private readonly bool _combines;

    internal SysfsResourceFile(ZpciFunction function, ZpciBar bar, bool combines)
    {
        _function = function;
        _bar = bar;
        _combines = combines;
    }

    /// <inheritdoc/>
    public override string Name => $"resource{_bar.Index}{(_combines ? "_wc" : string.Empty)} of {_function.Address}";

    /// <summary>The file's size, the BAR's length.</summary>
    public ulong SizeInBytes => _bar.LengthInBytes;

    /// <summary>read(2): the file has no such operation for a BAR of memory.</summary>
    /// <returns>EIO.</returns>
    public static KernelResult Read() => Errno.EIO;

    /// <summary>write(2): the file has no such operation for a BAR of memory.</summary>
    /// <returns>EIO.</returns>
    public static KernelResult Write() => Errno.EIO;

    // IORESOURCE_PREFETCH; arch_can_pci_mmap_wc() is 1 on s390 (arch/s390/include/asm/pci.h).
    internal static bool CanCombine(ZpciBar bar) => (bar.Flags & 0x2000) != 0;

    internal override Errno Map(VirtualMemoryArea area)
    {
        var host = _function.Host;
        // iomem_is_exclusive() with CONFIG_IO_STRICT_DEVMEM, as Debian has it: what a driver holds is not for others. vfio-pci holds a BAR from
        // its first use on.
        if (host.FindOpen(_function) is { } device && device.HoldsBar(_bar.Index))
            return Errno.EINVAL;
        // pci_mmap_fits()
        if (area.FileOffset >= _bar.LengthInBytes || area.LengthInBytes > PageAlign(_bar.LengthInBytes) - area.FileOffset)
            return Errno.EINVAL;
        // io_remap_pfn_range() fills the page table: 8 bytes for each page. For a BAR of 256 TiB that is more than the host has, and the kernel
        // ends the process.
        if (area.LengthInBytes / UserAddressSpace.PageSize * sizeof(ulong) > host.MemoryInBytes)
        {
            host.Log.Print("Out of memory: Killed process");
            return Errno.ENOMEM;
        }

        area.Flags |= VmFlags.Io | VmFlags.PfnMap;
        // pgprot_writecombine() sets mio_wb_bit_mask (arch/s390/pci/pci.c).
        area.ResidentAt = (_bar.Start | (_combines && _function.UsesMio ? MioWindow.WriteBackBit : 0)) + area.FileOffset;
        return Errno.None;
    }

    // Every page is there, and stays.
    internal override PageFault Fault(VirtualMemoryArea area, ulong address, out PageTableEntry entry)
    {
        entry = default;
        return PageFault.BusError;
    }

    private static ulong PageAlign(ulong length) => (length + UserAddressSpace.PageSize - 1) & ~(ulong)(UserAddressSpace.PageSize - 1);
}
