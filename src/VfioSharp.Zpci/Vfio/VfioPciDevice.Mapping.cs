using VfioSharp.Zpci.Kernel;
using VfioSharp.Zpci.Machine;
using VfioSharp.Zpci.Memory;

namespace VfioSharp.Zpci.Vfio;

// vfio_pci_core_mmap(), vfio_pci_mmap_fault(), vfio_pci_probe_mmaps(), vfio_pci_zap_and_down_write_memory_lock().
public partial class VfioPciDevice
{
    /// <summary>How many mappings there are, of all processes.</summary>
    public int MappingCount => _areas.Count;

    /// <summary>Whether the driver has requested a BAR's addresses: from its first use on, from 7.2 on while the device is open.</summary>
    internal bool HoldsBar(int index) => _barMaps[index] is { Errno: Errno.None };

    internal override Errno Map(VirtualMemoryArea area)
    {
        var index = area.FileOffset >> OffsetShift;
        if (index >= RegionCount || (area.Flags & VmFlags.Shared) == 0)
            return Errno.EINVAL;
        // ROM, configuration space and VGA, then what vfio_pci_probe_mmaps() ruled out.
        if (index >= FirstRegionBehindBars || !_isBarMappable[index] || Function.FindBar((int)index) is not { } bar)
            return Errno.EINVAL;

        var start = area.FileOffset & OffsetMask;
        if (start + area.LengthInBytes > PageAlign(bar.LengthInBytes))
            return Errno.EINVAL;
        // The whole BAR, however small the part that is wanted.
        if (SetUpBarMap(bar) is { Errno: not Errno.None } refused)
            return refused.Errno;

        // Nothing is put into the page table: pages come by faults.
        area.Flags |= VmFlags.Io | VmFlags.PfnMap;
        return Errno.None;
    }

    internal override PageFault Fault(VirtualMemoryArea area, ulong address, out PageTableEntry entry)
    {
        entry = default;
        if (_isInLowPower || !IsMemoryEnabled)
            return PageFault.BusError;
        var bar = Function.FindBar((int)(area.FileOffset >> OffsetShift))!;
        var physical = bar.Start + (area.FileOffset & OffsetMask);
        entry = new PageTableEntry(null, physical + (UserAddressSpace.PageOf(address) - area.Start));
        // Until 6.11 the handler inserts the whole mapping; 6.12 inserts what the machine has as a unit, on s390 one page.
        if (!KernelRules.FaultsSinglePages(Host.Description.Kernel))
            area.ResidentAt = physical;
        return PageFault.None;
    }

    internal override void Opened(VirtualMemoryArea area) => _areas.Add(area);

    internal override void Closed(VirtualMemoryArea area)
    {
        _areas.Remove(area);
        DisableIfUnused();
    }

    private ulong OffsetMask => (1ul << OffsetShift) - 1;

    private static ulong PageAlign(ulong length) => (length + UserAddressSpace.PageSize - 1) & ~(ulong)(UserAddressSpace.PageSize - 1);

    // unmap_mapping_range() over the BARs: in every process.
    private void Zap()
    {
        foreach (var area in _areas)
            area.Space.Zap(area);
    }

    // vfio_pci_probe_mmaps(). A BAR below a page could only be mapped where nothing else shares its page: zPCI gives each BAR addresses of its
    // own, so that it can.
    private bool CanMapBar(ZpciBar bar) => Host.Description.AllowsMmap
        && !Function.HasNonMappableBars
        && !(Host.Description.Fit == FitRule.Size && bar.LengthInBytes > Host.Ioremap.LengthInBytes);

    // vfio_pci_setup_barmap(), on demand until 7.1. A failure is not remembered then: the next attempt fails, and logs, again.
    private BarMap SetUpBarMap(ZpciBar bar)
    {
        if (_barMaps[bar.Index] is { } known)
            return known;
        var map = MapBar(bar);
        if (map.Errno == Errno.None)
            _barMaps[bar.Index] = map;
        return map;
    }

    // arch/s390/pci/pci.c, pci_iomap_range(): whether it takes ioremap() or a cookie depends on the machine alone. For a function without MIO
    // addresses mio_wt is 0, and it is the physical address 0 that is mapped.
    private BarMap MapBar(ZpciBar bar)
    {
        if (!Host.HaveMio)
            return new BarMap(Errno.None, bar.Start, null);
        return Host.Ioremap.TryMap(bar.LengthInBytes, Host.Description.Kernel, Host.Log) is { } address
            ? new BarMap(Errno.None, bar.MioAddress, address)
            : BarMap.Refused(Errno.ENOMEM);
    }
}
