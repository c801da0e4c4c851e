using VfioSharp.Emulation;
using VfioSharp.Interrupts;
using VfioSharp.Regions;
using VfioSharp.Zpci.Kernel;

namespace VfioSharp.Zpci.Vfio;

// vfio_pci_core_ioctl(): VFIO_DEVICE_GET_REGION_INFO, VFIO_DEVICE_GET_IRQ_INFO.
public partial class VfioPciDevice
{
    /// <summary>VFIO_PCI_NUM_IRQS: INTx, MSI, MSI-X, ERR, REQ.</summary>
    public const int InterruptCount = 5;

    /// <summary>VFIO_DEVICE_GET_REGION_INFO.</summary>
    /// <param name="index">The region's number.</param>
    /// <param name="info">The region; of size 0 where the function has none of that number.</param>
    /// <returns>0, or EINVAL for a number that means nothing to this driver.</returns>
    public virtual KernelResult GetRegionInfo(int index, out RegionInfo info)
    {
        info = new RegionInfo(index, 0, RegionFlags.None, 0, false);
        // VGA (8) only of a VGA adapter, of which zPCI has none.
        if (index is < 0 or >= RegionCount - 1)
            return Errno.EINVAL;
        var offset = (ulong)index << OffsetShift;
        info = info with { Offset = offset };
        if (index == ConfigRegion)
            info = info with { SizeInBytes = FunctionConfigSpace.ConventionalLengthInBytes, Flags = RegionFlags.Read | RegionFlags.Write };
        else if (Function.FindBar(index) is { } bar)
            info = DescribeBar(info with { SizeInBytes = bar.LengthInBytes });
        return KernelResult.Success;
    }

    /// <summary>VFIO_DEVICE_GET_IRQ_INFO.</summary>
    /// <param name="index">The interrupt index.</param>
    /// <param name="info">The interrupt.</param>
    /// <returns>0, or EINVAL for an index that the function does not have: ERR where there is no PCI Express capability.</returns>
    public KernelResult GetInterruptInfo(int index, out InterruptDescription info)
    {
        var which = (InterruptIndex)index;
        info = new InterruptDescription(which, InterruptFlags.None, 0);
        if (index is < 0 or >= InterruptCount || (which == InterruptIndex.Error && _express == 0))
            return Errno.EINVAL;
        info = which switch
        {
            InterruptIndex.Intx => new(which, InterruptFlags.EventFd | InterruptFlags.Maskable | InterruptFlags.AutoMasked, 0),
            InterruptIndex.Msi => new(which, InterruptFlags.EventFd | InterruptFlags.NoResize, 0),
            InterruptIndex.Msix => new(which, InterruptFlags.EventFd | InterruptFlags.NoResize, Function.Device.Msix?.VectorCount ?? 0),
            _ => new(which, InterruptFlags.EventFd | InterruptFlags.NoResize, 1),
        };
        return KernelResult.Success;
    }

    private RegionInfo DescribeBar(RegionInfo info)
    {
        var flags = RegionFlags.Read | RegionFlags.Write;
        if (!_isBarMappable[info.Index])
            return info with { Flags = flags };
        // The page with the MSI-X table may be mapped too: VFIO_REGION_INFO_CAP_MSIX_MAPPABLE.
        var holdsTable = Function.Device.Msix?.Bar == info.Index;
        flags |= RegionFlags.Mmap | (holdsTable ? RegionFlags.Capabilities : RegionFlags.None);
        return info with { Flags = flags, IsMsixMappable = holdsTable };
    }
}
