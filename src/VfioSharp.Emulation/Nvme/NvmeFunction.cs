using VfioSharp.Nvme.Specification;
using VfioSharp.Regions;

namespace VfioSharp.Emulation.Nvme;

/// <summary>
/// An NVMe controller (NVM Express Base 2.0, NVM Command Set 1.0, NVMe over PCIe Transport 1.0): admin and I/O queues, each with an interrupt, on
/// namespaces that are files or memory. A stock driver takes it as a disk.
/// </summary>
/// <remarks>
/// <para>BAR 0, 16 KiB: 0x0000 registers (Base 3.1.3); 0x1000 doorbells, shared memory or trapped (<see cref="NvmeDoorbells"/>), each 4 bytes
/// behind the one before; 0x2000 MSI-X table; 0x3000 pending bits. It interrupts by MSI-X with a vector for each pair of queues, or by its line
/// INTA#, a pulse for what it has posted.</para>
/// <para>Where the specification leaves open what an odd access does, QEMU's controller decides (hw/nvme/ctrl.c, nvme_mmio_read and
/// nvme_write_bar): a read of any width at any offset gives the bytes that are there; a write counts at the first byte of a register, and a narrow
/// one makes the rest of AQA and CC zero.</para>
/// <para>Nothing that a driver does makes it throw: what is wrong with a command becomes the status that the specification names, what is wrong
/// with a doorbell an asynchronous event, and queues that do not lie in memory end in CSTS.CFS. A driver's reset is answered while commands wait
/// for memory that is reached by messages; CSTS.RDY falls when they are over.</para>
/// <para>Whoever plugs it in looks at it while <see cref="IsPolling"/> (<see cref="IPollingFunction"/>).</para>
/// </remarks>
public sealed partial class NvmeFunction : PciFunction, IPollingFunction, IHasDoorbells
{
    private const int Bar = 0;
    private const ulong BarInBytes = 0x4000;
    private const uint TableOffset = 0x2000;
    private const uint PendingOffset = 0x3000;
    private const int DoorbellsInBytes = 0x1000;

    private readonly NvmeFunctionOptions _options;
    private readonly ControllerParts _parts;
    private readonly SharedBarMemory? _page;
    private readonly ControllerMemoryBuffer? _buffer;

    /// <summary>Makes a controller after power-on.</summary>
    /// <param name="options">
    /// What it is made of; null for the defaults. Its images are the function's from here on, unless this throws.
    /// </param>
    /// <exception cref="ArgumentException">A value of the options is out of its range.</exception>
    /// <exception cref="VfioException">There is no memory for the page of the doorbells, or for the controller memory buffer.</exception>
    public NvmeFunction(NvmeFunctionOptions? options = null)
        : base(
            (options ??= new NvmeFunctionOptions()).Identity,
            MakeBars(options),
            new MsixTable(Bar, options.MaxQueuePairs + 1, TableOffset, PendingOffset))
    {
        _options = options;
        _page = GetSharedMemory(Bar);
        if (GetSharedMemory(ControllerMemoryBuffer.Bar) is { } memory)
            _buffer = new ControllerMemoryBuffer(memory, (ulong)options.ControllerMemoryBufferInBytes);
        _parts = new ControllerParts(options, MakeCapabilities(options), _buffer, RequestWork);
        Doorbells = DescribeDoorbells(options);
        Config.AddExpressEndpoint(hasFunctionLevelReset: true);
    }

    /// <summary>
    /// Composite Temperature, as SMART tells it; 308 K unless something else is said. May be set from any thread: a driver that asked for the
    /// event is told when it goes beyond a threshold.
    /// </summary>
    public ushort TemperatureInKelvin
    {
        get => _parts.Health.TemperatureInKelvin;
        set
        {
            _parts.Health.TemperatureInKelvin = value;
            RequestWork();
        }
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        _active?.End();
        foreach (var image in _options.Images)
            image.Dispose();
        base.Dispose(disposing);
    }

    private static FunctionBar[] MakeBars(NvmeFunctionOptions options)
    {
        options.Check();
        var registers = new FunctionBar(Bar, BarInBytes)
        {
            SharedAreas = options.Doorbells == NvmeDoorbells.Shared ? [new RegionArea(NvmeRegister.FirstDoorbell, DoorbellsInBytes)] : [],
        };
        return options.ControllerMemoryBufferInBytes == 0
            ? [registers]
            : [registers, FunctionBar.Shared(ControllerMemoryBuffer.Bar, (ulong)options.ControllerMemoryBufferInBytes)];
    }
}
