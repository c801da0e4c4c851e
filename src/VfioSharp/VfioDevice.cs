using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using VfioSharp.Backends;
using VfioSharp.Config;
using VfioSharp.Diagnostics;
using VfioSharp.Dma;
using VfioSharp.IbmZ;
using VfioSharp.Interrupts;
using VfioSharp.Regions;

namespace VfioSharp;

/// <summary>
/// A PCI function in the hands of this process: the front door of the library. Open it, reach its registers through
/// <see cref="Regions"/>, give it memory through <see cref="Dma"/>, wait for it through <see cref="Interrupts"/>.
/// </summary>
/// <remarks>
/// <para>The device owns its interrupts and its share of the I/O address space; windows, buffers and mappings belong to whoever opened
/// them and should be closed first. While the device is open no other process can have it.</para>
/// <para>Counts go to the meter "VfioSharp" (System.Diagnostics.Metrics): vfio.accesses and vfio.faults by path, vfio.mappings by kind
/// ("bar", "dma") and vfio.interrupts by index. They cost next to nothing while nobody listens.</para>
/// <para>All members may be used from several threads. Disposing of it while another thread opens something on it is a mistake of the
/// program, which that thread sees as an exception.</para>
/// </remarks>
public sealed class VfioDevice : IDisposable
{
    private readonly DeviceBackend _backend;
    private readonly ILogger _logger;
    private readonly Lazy<ConfigSpace> _config;
    private readonly Lazy<ZpciDescription?> _zpci;
    private readonly DmaLimits _dmaLimits;
    private int _isDisposed;

    private VfioDevice(DeviceAddress address, DeviceBackend backend, DmaSpace dma, ILogger logger, bool prefersSyscalls)
    {
        Address = address;
        _backend = backend;
        _logger = logger;
        Dma = dma;
        Description = backend.Describe();
        // Configuration space, BARs and interrupts mean nothing where another kind of device is behind the same interface.
        if (!Description.IsPci)
            throw new VfioException("open the device", address.ToString(), Errno.ENODEV, "it does not say that it is a PCI function.");
        _zpci = new Lazy<ZpciDescription?>(backend.DescribeZpci);
        Interrupts = new DeviceInterrupts(backend, logger, address.ToString(), () => Regions!.AnswersConfig());
        Regions = new RegionSet(backend, address.ToString(), Description.RegionCount, logger, _zpci, prefersSyscalls) { Errors = Interrupts.Errors };
        _config = new Lazy<ConfigSpace>(() => new ConfigSpace(backend, Regions.DescribeConfig(), address.ToString()));
        // Last: whoever opens takes nothing back where something above fails.
        _dmaLimits = backend.DescribeDmaLimits();
        dma.Confine(address.ToString(), _dmaLimits);
    }

    /// <summary>Where the device is.</summary>
    public DeviceAddress Address { get; }

    /// <summary>How it is reached: "group", "iommufd", "vfio-user" or "zpci".</summary>
    public string Backend => _backend.Name;

    /// <summary>The machine and the kernel on which the device's mappings live.</summary>
    public DeviceHost Host => _backend.Host;

    /// <summary>What the other side says of the device as a whole.</summary>
    public DeviceDescription Description { get; }

    /// <summary>Its regions: BARs, ROM, configuration space.</summary>
    public RegionSet Regions { get; }

    /// <summary>Its configuration space.</summary>
    /// <exception cref="VfioException">On first use: the device has none, or does not describe it.</exception>
    public ConfigSpace Config => _config.Value;

    /// <summary>What only a function of an IBM Z has; null on every other machine. A snapshot, taken on first use.</summary>
    /// <exception cref="VfioException">On first use: the other side does not answer.</exception>
    public ZpciDescription? Zpci => _zpci.Value;

    /// <summary>Its I/O address space, which other devices may share.</summary>
    public DmaSpace Dma { get; }

    /// <summary>Its interrupts.</summary>
    public DeviceInterrupts Interrupts { get; }

    /// <summary>Opens a device.</summary>
    /// <param name="address">The address as a person writes it; see <see cref="DeviceAddress"/>.</param>
    /// <param name="options">How; null for the defaults.</param>
    /// <returns>The device, which the caller owns.</returns>
    /// <exception cref="FormatException">The text is no device address.</exception>
    /// <exception cref="ObjectDisposedException">The address space to share has ended: the last device in it is closed.</exception>
    /// <exception cref="VfioException">
    /// The device cannot be opened, or is no PCI function (ENODEV); the message says why and what to do. Nothing is left open.
    /// </exception>
    public static VfioDevice Open(string address, VfioOptions? options = null) => Open(DeviceAddress.Parse(address), options);

    /// <summary>Opens a device.</summary>
    /// <param name="address">The address.</param>
    /// <param name="options">How; null for the defaults.</param>
    /// <returns>The device, which the caller owns.</returns>
    /// <exception cref="ObjectDisposedException">The address space to share has ended: the last device in it is closed.</exception>
    /// <exception cref="VfioException">
    /// The device cannot be opened, or is no PCI function (ENODEV); the message says why and what to do. Nothing is left open.
    /// </exception>
    public static VfioDevice Open(DeviceAddress address, VfioOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(address);
        options ??= new VfioOptions();
        // Held from before the function is attached: otherwise another thread that closes the last device ends the address space in
        // between, and the number of its descriptor, which the kernel is told, may mean another file by then.
        options.ShareDmaWith?.AddReference();
        try
        {
            var backend = DeviceSchemes.Open(address, options);
            return Open(address, backend, options);
        }
        finally
        {
            options.ShareDmaWith?.Release();
        }
    }

    /// <summary>Makes a device of a backend of the caller's: a model, a function served by another process, a fake for tests.</summary>
    /// <param name="address">The address under which the device reports.</param>
    /// <param name="backend">
    /// The backend, owned by the device from here on, also where this method throws. With it goes its <see cref="DeviceBackend.Dma"/>, which
    /// ends with the last device that shares it; where the address space is not the one to share, it stays the caller's.
    /// </param>
    /// <param name="options">How; null for the defaults. <see cref="VfioOptions.Interface"/> and what else concerns Linux has no effect.</param>
    /// <returns>The device, which the caller owns.</returns>
    /// <exception cref="ArgumentException">
    /// The options name an address space to share, and the backend has another: what is mapped there would never reach the device.
    /// </exception>
    /// <exception cref="ObjectDisposedException">The address space to share has ended: the last device in it is closed.</exception>
    /// <exception cref="VfioException">The backend does not describe the device, or describes one that is no PCI function (ENODEV).</exception>
    public static VfioDevice Open(DeviceAddress address, DeviceBackend backend, VfioOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(address);
        ArgumentNullException.ThrowIfNull(backend);
        var logger = options?.Logger ?? NullLogger.Instance;
        DmaSpace dma;
        try
        {
            dma = Join(options?.ShareDmaWith, backend, logger);
        }
        catch
        {
            backend.Dispose();
            throw;
        }

        try
        {
            var device = new VfioDevice(address, backend, dma, logger, options?.PreferMmioSyscalls ?? false);
            DeviceLog.Opened(logger, address, backend.Name, device.Description.RegionCount, device.Description.InterruptCount);
            return device;
        }
        catch
        {
            // The device's file goes before the address space that it is attached to.
            backend.Dispose();
            dma.Release();
            throw;
        }
    }

    /// <summary>
    /// Resets the function. Its registers, its interrupts and its configuration fall back to what they are after power-on; mapped
    /// windows stay valid. The kernel restores what it keeps of configuration space. A function in error state can be used again after it.
    /// </summary>
    /// <exception cref="VfioException">The function has no way to be reset (EINVAL), or is busy (EAGAIN).</exception>
    public void Reset()
    {
        _backend.Reset();
        Interrupts.Errors.Clear();
        DeviceLog.Reset(_logger, Address);
    }

    /// <summary>Asks which functions a reset of the device's slot or bus would touch.</summary>
    /// <returns>The functions, or null where the device cannot be hot-reset.</returns>
    /// <exception cref="VfioException">The kernel refuses.</exception>
    public HotResetDescription? DescribeHotReset() => _backend.DescribeHotReset();

    /// <summary>Resets the device's slot or bus, and with it every function that <see cref="DescribeHotReset"/> names.</summary>
    /// <exception cref="VfioException">
    /// Not every one of them is open in this process and in one address space (<see cref="VfioOptions.ShareDmaWith"/>), or the device cannot
    /// be hot-reset.
    /// </exception>
    public void HotReset()
    {
        _backend.HotReset();
        Interrupts.Errors.Clear();
        DeviceLog.HotReset(_logger, Address);
    }

    /// <summary>Asks whether the device has a feature. Changes nothing.</summary>
    /// <param name="feature">The feature.</param>
    /// <param name="operations">What the program wants to do with it.</param>
    /// <returns>Whether the device has it.</returns>
    public bool HasFeature(DeviceFeature feature, DeviceFeatureOperations operations) => _backend.ProbeFeature(feature, operations);

    /// <summary>
    /// Sets the token that a program must give to open one of this physical function's virtual functions (<see cref="VfioOptions.VfToken"/>).
    /// Until one is set, and the function is open, its virtual functions cannot be opened at all.
    /// </summary>
    /// <param name="token">The secret that both programs share.</param>
    /// <exception cref="VfioException">The device is no physical function whose virtual functions VFIO manages (ENOTTY), or the kernel refuses.</exception>
    public void SetVfToken(Guid token)
    {
        // uuid_t is the sixteen bytes in the order in which they are written, which .NET calls big-endian.
        Span<byte> bytes = stackalloc byte[16];
        token.TryWriteBytes(bytes, bigEndian: true, out _);
        _backend.SetFeature(DeviceFeature.PciVfToken, bytes);
    }

    /// <summary>
    /// Gives the device back: interrupts are disabled, its file is closed (which makes the kernel reset it where it can) and its share of
    /// the I/O address space is released. A second call does nothing.
    /// </summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _isDisposed, 1) != 0)
            return;

        // Each step is made whatever the one before did. The file goes before the address space that the device is attached to.
        try
        {
            Interrupts.Close();
        }
        finally
        {
            try
            {
                _backend.Dispose();
            }
            finally
            {
                Dma.Release(_dmaLimits);
            }
        }

        DeviceLog.Closed(_logger, Address);
    }

    private static DmaSpace Join(DmaSpace? shared, DeviceBackend backend, ILogger logger)
    {
        if (shared is null)
            return new DmaSpace(backend.Dma, logger);
        if (!ReferenceEquals(shared.Backend, backend.Dma))
        {
            throw new ArgumentException(
                $"The backend has an I/O address space of its own, which is not the one that {nameof(VfioOptions)}.{nameof(VfioOptions.ShareDmaWith)} names.",
                nameof(backend));
        }

        shared.AddReference();
        return shared;
    }
}
