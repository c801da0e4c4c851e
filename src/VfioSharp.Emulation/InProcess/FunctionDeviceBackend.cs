using VfioSharp.Backends;
using VfioSharp.Config;
using VfioSharp.Emulation.Interrupts;
using VfioSharp.Regions;

namespace VfioSharp.Emulation.InProcess;

/// <summary>
/// A function of this process behind the library's seam, without a socket: an access by request is a call to the function, shared areas are mapped
/// and reached by loads and stores, DMA reaches memory of this process, interrupts fire eventfds as VFIO's do.
/// </summary>
/// <remarks>
/// <para>What the kernel does for a program is done here: memory is enabled when the device is opened, a reset keeps configuration space, interrupts that are
/// connected are enabled in configuration space and in the MSI-X table, and the function is reset when the device is closed. A program sets bus
/// mastering itself; before it has, the function reaches no memory and sends no messages.</para>
/// <para>One thread at a time is in the function's code. Its work is done after the access that asked for it, by the thread that made it; what its own
/// threads ask for, by a thread of this object, which also looks at an
/// <see cref="IPollingFunction"/>. What the function throws goes to who made the access, or to who makes the next one.</para>
/// <para>A mapping of a shared area goes on to work while memory is disabled or the function sleeps; the kernel would take it away.</para>
/// </remarks>
public sealed partial class FunctionDeviceBackend : DeviceBackend
{
    // include/uapi/linux/vfio.h, VFIO_PCI_NUM_REGIONS and VFIO_PCI_NUM_IRQS.
    private const int RegionCount = 9;
    private const int InterruptCount = 5;
    private const int Command = 4;
    private const byte MemoryEnable = 2;

    private readonly PciFunction _function;
    private readonly string _address;
    private readonly ProcessMemory _memory = new();
    private readonly ProcessDmaBackend _dma;
    private readonly FunctionInterrupts _interrupts;
    private readonly FunctionGate _gate;
    private readonly LineUnmask _unmask;
    private Exception? _failure;

    /// <summary>Plugs a function in.</summary>
    /// <param name="function">The function, which stays the caller's and is used by nobody else meanwhile.</param>
    /// <param name="address">Its address, for messages.</param>
    /// <exception cref="InvalidOperationException">The function is served, or plugged in elsewhere.</exception>
    public FunctionDeviceBackend(PciFunction function, string address)
    {
        ArgumentNullException.ThrowIfNull(function);
        function.PlugIn();
        _function = function;
        _address = address;
        _dma = new ProcessDmaBackend(_memory, address);
        _interrupts = new FunctionInterrupts(function);
        _gate = new FunctionGate(function, new InProcessHost(function, _memory, _interrupts), PollingPace.Default, (exception, _) => _failure = exception);
        _unmask = new LineUnmask(_gate, _interrupts);
        using var turn = _gate.TakeTurn();
        EnableMemory();
        // What its own threads have asked for before: they do not ask twice.
        _gate.RunWork();
    }

    /// <inheritdoc/>
    public override string Name => "in-process";

    /// <inheritdoc/>
    public override DmaBackend Dma => _dma;

    /// <summary>A call of the function stands in the place of a message.</summary>
    /// <inheritdoc/>
    public override AccessPath RequestPath => AccessPath.Message;

    /// <inheritdoc/>
    public override DeviceDescription Describe() => new(SupportsReset: true, IsPci: true, RegionCount, InterruptCount, []);

    /// <inheritdoc/>
    public override void Reset()
    {
        using var turn = _gate.TakeTurn();
        ResetFunction();
        _gate.RunWork();
    }

    /// <inheritdoc/>
    public override HotResetDescription? DescribeHotReset() => null;

    /// <summary>Always refused: the function is on no bus.</summary>
    /// <inheritdoc/>
    public override void HotReset() => throw new VfioException("reset the bus of the device", _address, Errno.ENODEV, "a function of this process is on no bus.");

    /// <summary>None is there.</summary>
    /// <inheritdoc/>
    public override bool ProbeFeature(DeviceFeature feature, DeviceFeatureOperations operation) => false;

    /// <summary>Always refused: none is there.</summary>
    /// <inheritdoc/>
    public override void SetFeature(DeviceFeature feature, ReadOnlySpan<byte> data) =>
        throw new VfioException($"set the feature {feature}", _address, Errno.ENOTTY, "the device does not have it.");

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        _gate.Dispose();
        _unmask.Dispose();
        using var turn = _gate.TakeTurn();
        _interrupts.Dispose();
        try
        {
            _function.Reset();
        }
        finally
        {
            _function.Unplug();
        }
    }

    // To be called within the gate. What the function's work throws is kept for whoever makes the next access: the access before is done, and may have
    // been another's than the one that the work is for.
    private void ThrowIfFailed()
    {
        if (_failure is { } failure)
            throw new VfioException("reach the function", _address, Errno.EIO, $"its work ended with {failure.GetType().Name}: {failure.Message}", failure);
    }

    // pci_try_reset_function(): what the kernel keeps of configuration space is as before.
    private void ResetFunction()
    {
        var saved = _function.Config.Bytes.ToArray();
        _function.Reset();
        _function.Config.Write(0, saved);
    }

    private void EnableMemory() => _function.Config.Write(Command, [MemoryEnable]);

    private bool IsAwake => _function.Config.IsMemoryEnabled && _function.Config.PowerState != PowerState.D3Hot;
}
