using VfioSharp.Emulation;
using VfioSharp.Zpci.Sysfs;

namespace VfioSharp.Zpci.Machine;

/// <summary>How a function stands with its machine.</summary>
public enum ZpciFunctionState
{
    /// <summary>It answers.</summary>
    Ready,
    /// <summary>
    /// It did something that it must not, such as DMA to an address that is not mapped; accesses are blocked until it is reset.
    /// </summary>
    Error,
    /// <summary>It is gone; its handle is not valid any more.</summary>
    Removed,
}

/// <summary>A PCI function in a machine: the device, and what zPCI adds to it. Made by <see cref="ZpciHost.Plug"/>.</summary>
public sealed partial class ZpciFunction
{
    /// <summary>pfgid: the group of what an emulator plugs in.</summary>
    internal const byte GroupId = 0xff;

    // CLP gives handles with the enable bit; the recordings' functions have those of emulated ones (QEMU, SHM_EMUL).
    private const uint FirstHandle = 0x8002_0000;

    private readonly ZpciFunctionOptions _options;
    private readonly List<InjectedFault> _faults;

    internal ZpciFunction(ZpciHost host, PciFunction device, int index, ZpciFunctionOptions options)
    {
        Host = host;
        Device = device;
        _options = options;
        _faults = [.. options.Faults];
        UserId = options.UserId ?? checked((ushort)(index + 1));
        FunctionId = options.FunctionId ?? UserId;
        Handle = FirstHandle + (uint)index;
        ReportsMio = host.HasMioFacility && (options.ReportsMio ?? UsuallyReportsMio(device, options));
        Bars = PlaceBars(index);
        Sysfs = new ZpciSysfs(this);
    }

    /// <summary>Its directory in sysfs.</summary>
    public ZpciSysfs Sysfs { get; }

    /// <summary>The machine that it is plugged into.</summary>
    public ZpciHost Host { get; }

    /// <summary>The device's behaviour.</summary>
    public PciFunction Device { get; }

    /// <summary>The user-defined id, the PCI domain.</summary>
    public ushort UserId { get; }

    /// <summary>The function id.</summary>
    public uint FunctionId { get; }

    /// <summary>fh, by which the classic instructions name the function.</summary>
    public uint Handle { get; }

    /// <summary>pft.</summary>
    public byte FunctionType => _options.FunctionType;

    /// <summary>vfn.</summary>
    public ushort VirtualFunctionNumber => _options.VirtualFunctionNumber;

    /// <summary>pdev->no_command_memory, which s390 sets for what has a vfn (arch/s390/pci/pci_bus.c).</summary>
    public bool IsVirtualFunction => VirtualFunctionNumber != 0;

    /// <summary>The longest block store: zdev->maxstbl.</summary>
    public ushort MaximumStoreBlockInBytes => _options.MaximumStoreBlockInBytes;

    /// <summary>Whether the machine gives MIO addresses for its BARs.</summary>
    public bool ReportsMio { get; }

    /// <summary>zpci_use_mio() (arch/s390/include/asm/pci.h): whether Linux reaches its BARs with MIO; mio_enabled in sysfs.</summary>
    public bool UsesMio => Host.HaveMio && ReportsMio;

    /// <summary>pdev->non_mappable_bars, which a quirk sets for 1014:04ed (arch/s390/pci/pci_fixup.c, Linux 6.15).</summary>
    public bool HasNonMappableBars => Host.Description.Fit == FitRule.Flag && Device.Identity is { VendorId: 0x1014, DeviceId: 0x04ed };

    /// <summary>The BARs that it has, in the order of their numbers.</summary>
    public IReadOnlyList<ZpciBar> Bars { get; }

    /// <summary>How it stands.</summary>
    public ZpciFunctionState State { get; private set; }

    /// <summary>Where Linux has it: "0001:00:00.0", the domain being the user id.</summary>
    public string Address => $"{UserId:x4}:00:00.0";

    /// <summary>The BAR of a number.</summary>
    /// <param name="index">0 to 5.</param>
    /// <returns>The BAR, or null.</returns>
    public ZpciBar? FindBar(int index)
    {
        foreach (var bar in Bars)
        {
            if (bar.Index == index)
                return bar;
        }

        return null;
    }

    /// <summary>Adds an access that ends otherwise than it should.</summary>
    /// <param name="fault">The fault.</param>
    public void Inject(InjectedFault fault) => _faults.Add(fault);

    // Facts of the recordings' machine: a BAR beyond 8 GiB does not fit into a function's part of the MIO window.
    private static bool UsuallyReportsMio(PciFunction device, ZpciFunctionOptions options) =>
        options.FunctionType != ZpciFunctionOptions.IsmFunctionType && device.Bars.All(bar => bar.LengthInBytes <= MioWindow.BarLengthInBytes);

    private ZpciBar[] PlaceBars(int index)
    {
        var bars = Device.Bars.OrderBy(bar => bar.Index).ToArray();
        var placed = new ZpciBar[bars.Length];
        for (var i = 0; i < bars.Length; i++)
        {
            // arch/s390/pci/pci_bus.c, zpci_setup_bus_resources: an entry of the table for each BAR, whether MIO is used or not.
            var cookie = Host.Iomap.Allocate(this, bars[i]);
            var mio = ReportsMio ? MioWindow.AddressOf(index, bars[i].Index) : 0;
            placed[i] = new ZpciBar(bars[i].Index, UsesMio ? mio : cookie, bars[i].LengthInBytes, ResourceFlags(bars[i]), mio);
        }

        return placed;
    }

    // include/linux/ioport.h: IORESOURCE_MEM, IORESOURCE_SIZEALIGN, IORESOURCE_MEM_64, IORESOURCE_PREFETCH; the low bits are the BAR's own.
    private static ulong ResourceFlags(FunctionBar bar) =>
        0x40200ul | (bar.Is64Bit ? 0x100004ul : 0) | (bar.IsPrefetchable ? 0x2008ul : 0);
}
