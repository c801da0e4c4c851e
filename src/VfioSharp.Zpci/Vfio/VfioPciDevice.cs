using VfioSharp.Zpci.Kernel;
using VfioSharp.Zpci.Machine;
using VfioSharp.Zpci.Memory;

namespace VfioSharp.Zpci.Vfio;

/// <summary>How a device's file was come by.</summary>
public enum VfioWay
{
    /// <summary>Through /dev/vfio/GROUP and a container: the file is an anonymous inode.</summary>
    Group,
    /// <summary>Through /dev/vfio/devices/vfioN and iommufd: the file is a character device.</summary>
    Cdev,
}

/// <summary>
/// An open device file of vfio-pci: struct vfio_pci_core_device (drivers/vfio/pci/vfio_pci_core.c). It lives until it is closed and nobody maps
/// it any more: a mapping holds the file.
/// </summary>
public partial class VfioPciDevice : MappableFile
{
    /// <summary>VFIO_PCI_OFFSET_SHIFT (include/linux/vfio_pci_core.h).</summary>
    protected const int GenericOffsetShift = 40;

    /// <summary>VFIO_PCI_NUM_REGIONS.</summary>
    public const int RegionCount = 9;

    /// <summary>msi_addr of the function's group (struct vfio_device_info_cap_zpci_group), as recorded.</summary>
    internal const ulong MessageAddress = 0xfe00_0000_0000_0000;

    private const int FirstRegionBehindBars = 6;
    private const int ConfigRegion = 7;

    private readonly BarMap?[] _barMaps = new BarMap?[FirstRegionBehindBars];
    private readonly bool[] _isBarMappable = new bool[FirstRegionBehindBars];
    private readonly List<VirtualMemoryArea> _areas = [];
    private bool _isFileOpen = true;

    internal VfioPciDevice(ZpciFunction function, VfioWay way)
    {
        Function = function;
        Way = way;
        Enable();
    }

    /// <summary>The function.</summary>
    public ZpciFunction Function { get; }

    /// <summary>How the file was come by.</summary>
    public VfioWay Way { get; }

    /// <summary>The driver's name in sysfs.</summary>
    public virtual string Driver => KernelRules.GenericDriver;

    /// <inheritdoc/>
    public override string Name => $"{Driver} of {Function.Address}";

    /// <summary>Whether a file descriptor or a mapping still holds the device.</summary>
    public bool IsInUse => _isFileOpen || _areas.Count != 0;

    /// <summary>Where a region begins in the file: its number times this power of two.</summary>
    protected virtual int OffsetShift => GenericOffsetShift;

    internal override bool ForbidsExecution => Way == VfioWay.Group && KernelRules.AnonymousInodesForbidExecution(Host.Description.Kernel);

    private protected ZpciHost Host => Function.Host;

    /// <summary>close(2). What is mapped stays mapped.</summary>
    public void Close()
    {
        _isFileOpen = false;
        DisableIfUnused();
    }

    // vfio_pci_core_enable(): memory is switched on, bus mastering off; which BARs can be mapped is decided here, and from 7.2 on they are
    // mapped for the kernel's own use here.
    private void Enable()
    {
        SetCommand((ushort)((GetCommand() | CommandMemory) & ~CommandMaster));
        ReadCapabilities();
        foreach (var bar in Function.Bars)
            _isBarMappable[bar.Index] = CanMapBar(bar);
        if (KernelRules.MapsBarsAtOpen(Host.Description.Kernel))
        {
            foreach (var bar in Function.Bars)
                _barMaps[bar.Index] = Function.HasNonMappableBars ? BarMap.Refused(Errno.ENODEV) : MapBar(bar);
        }

        Function.ErrorSink = OnError;
    }

    // vfio_pci_core_disable()
    private void DisableIfUnused()
    {
        if (IsInUse)
            return;
        DisconnectAllInterrupts();
        for (var i = 0; i < _barMaps.Length; i++)
        {
            if (_barMaps[i] is { KernelAddress: { } address })
                Host.Ioremap.Unmap(address);
            _barMaps[i] = null;
        }

        SetCommand((ushort)(GetCommand() & ~CommandMaster));
        Function.ErrorSink = null;
        Host.Closed(this);
    }
}
