using VfioSharp.Emulation;
using VfioSharp.Zpci.Dma;
using VfioSharp.Zpci.Kernel;
using VfioSharp.Zpci.Machine;
using VfioSharp.Zpci.Process;
using VfioSharp.Zpci.Vfio;

namespace VfioSharp.Zpci;

/// <summary>
/// An IBM Z host in this process: a machine with its functions, and the Linux kernel on it as far as a user-space driver of PCI functions meets
/// it. Nothing of it is thread-safe; callers make one call at a time.
/// </summary>
public sealed class ZpciHost
{
    /// <summary>HWCAP_S390_PCI_MIO (arch/s390/include/asm/elf.h), in AT_HWCAP.</summary>
    public const ulong HwcapPciMio = 1ul << 21;

    // AT_HWCAP of the recordings' machine, without bit 21.
    private const ulong HwcapOfMachine = 0xab3f;

    private readonly List<ZpciFunction> _functions = [];
    private readonly Dictionary<ZpciFunction, VfioPciDevice> _open = [];

    /// <summary>Boots a host.</summary>
    /// <param name="description">Which kernel in which mode.</param>
    /// <param name="options">What that leaves open; null for the values of the recordings.</param>
    /// <exception cref="ArgumentException">The options contradict the description, or make no sense.</exception>
    public ZpciHost(ZpciHostDescription description, ZpciHostOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(description);
        options ??= new ZpciHostOptions();
        if (description.Mode == ZpciMode.Mio && options.HasMioFacility == false)
            throw new ArgumentException("A host that uses MIO has the facility for it.", nameof(options));
        if (options.MemoryInBytes is 0 || options.MemoryInBytes % 4096 != 0)
            throw new ArgumentException("The memory of a host is a multiple of 4 KiB.", nameof(options));
        Description = description;
        MemoryInBytes = options.MemoryInBytes;
        HasMioFacility = options.HasMioFacility
            ?? (description.Mode == ZpciMode.Mio || (description.Mode == ZpciMode.Off && description.Kernel.IsAtLeast(5, 2)));
        Ioremap = new IoremapWindow(options.IoremapStart, options.IoremapStart + options.IoremapLengthInBytes);
    }

    /// <summary>Which kernel in which mode.</summary>
    public ZpciHostDescription Description { get; }

    /// <summary>How much memory the host has.</summary>
    public ulong MemoryInBytes { get; }

    /// <summary>Whether the machine has the MIO instructions (facility 153).</summary>
    public bool HasMioFacility { get; }

    /// <summary>
    /// have_mio, the kernel's static key: MIO is used for what has MIO addresses, and programs may use the instructions (control register 2).
    /// Off with pci=nomio and with pci=off (arch/s390/pci/pci.c, pci_base_init()).
    /// </summary>
    public bool HaveMio => Description.Mode == ZpciMode.Mio;

    /// <summary>
    /// AT_HWCAP. Bit 21 is taken from the machine's feature, which pci=nomio clears and pci=off does not: with pci=off the bit can be set while
    /// the instructions trap.
    /// </summary>
    public ulong Hwcap => HwcapOfMachine | (HasMioFacility && Description.Mode != ZpciMode.Nomio ? HwcapPciMio : 0);

    /// <summary>The kernel's log.</summary>
    public KernelLog Log { get; } = new();

    /// <summary>Where ioremap() maps to.</summary>
    public IoremapWindow Ioremap { get; }

    /// <summary>The functions that Linux has found: none with pci=off.</summary>
    public IReadOnlyList<ZpciFunction> Functions => Description.Mode == ZpciMode.Off ? [] : _functions;

    /// <summary>The driver that functions are bound to.</summary>
    public string DriverName => Description.Driver ?? KernelRules.GenericDriver;

    internal ZpciIomapTable Iomap { get; } = new();

    /// <summary>Plugs a function in. With pci=off the machine has it and Linux does not look.</summary>
    /// <param name="device">The device's behaviour; from here on it belongs to this host.</param>
    /// <param name="options">What the machine says of it; null for the usual.</param>
    /// <returns>The function.</returns>
    /// <exception cref="ArgumentException">Its BARs are more than Linux can address, or its id is taken.</exception>
    public ZpciFunction Plug(PciFunction device, ZpciFunctionOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(device);
        var function = new ZpciFunction(this, device, _functions.Count, options ?? new ZpciFunctionOptions());
        if (_functions.Exists(other => other.UserId == function.UserId || other.FunctionId == function.FunctionId))
            throw new ArgumentException($"There is a function with the id {function.UserId:x} already.", nameof(options));
        _functions.Add(function);
        return function;
    }

    /// <summary>
    /// Opens a function's device file: it is bound to the driver that the description names, else to vfio-pci, and nobody else has it open.
    /// </summary>
    /// <param name="function">The function.</param>
    /// <param name="way">How the file is come by.</param>
    /// <returns>The open device, which the caller closes.</returns>
    /// <exception cref="VfioException">
    /// ENODEV with pci=off or where the function is gone; EBUSY where it is open; ENOENT for a way that the kernel does not have.
    /// </exception>
    public VfioPciDevice OpenVfio(ZpciFunction function, VfioWay way = VfioWay.Group)
    {
        ArgumentNullException.ThrowIfNull(function);
        if (way == VfioWay.Cdev && !KernelRules.HasDeviceFiles(Description.Kernel))
            throw new VfioException("open the device", function.Address, Errno.ENOENT, "/dev/vfio/devices came with Linux 6.6.");
        if (Description.Mode == ZpciMode.Off || function.State == ZpciFunctionState.Removed)
            throw new VfioException("open the device", function.Address, Errno.ENODEV, "Linux has no such function.");
        if (_open.ContainsKey(function))
            throw new VfioException("open the device", function.Address, Errno.EBUSY, "it is open already, or still mapped.");
        var device = DriverName == KernelRules.IsmDriver ? new IsmVfioPciDevice(function, way) : new VfioPciDevice(function, way);
        _open.Add(function, device);
        return device;
    }

    /// <summary>Starts a process.</summary>
    /// <returns>The process, with an empty address space but for its code.</returns>
    public UserProcess StartProcess() => new(this);

    /// <summary>Makes an I/O address space, to which functions are attached.</summary>
    /// <returns>The address space.</returns>
    public ZpciDmaDomain CreateDmaDomain() => new(this);

    /// <summary>The device file of a function that is open, or still mapped.</summary>
    internal VfioPciDevice? FindOpen(ZpciFunction function) => _open.GetValueOrDefault(function);

    internal void Closed(VfioPciDevice device) => _open.Remove(device.Function);
}
