using VfioSharp.Backends;
using VfioSharp.Dma;
using VfioSharp.IbmZ;
using VfioSharp.Zpci.Dma;
using VfioSharp.Zpci.Machine;
using VfioSharp.Zpci.Memory;
using VfioSharp.Zpci.Process;
using VfioSharp.Zpci.Vfio;

namespace VfioSharp.Zpci.Backend;

/// <summary>
/// A function of a modelled host behind the library's seam. The process that opens it is a modelled one whose memory is that of this process,
/// so that drivers hand their own buffers to system calls, instructions and DMA.
/// </summary>
/// <remarks>The host makes one step at a time: a lock is held for each.</remarks>
public sealed partial class ZpciDeviceBackend : DeviceBackend
{
    private readonly object _gate = new();
    private readonly string _address;
    private readonly ZpciFunction _function;
    private readonly UserProcess _process;
    private readonly VfioPciDevice _device;
    private readonly ZpciDmaBackend _dma;
    private readonly DeviceHost _host;

    /// <summary>Opens a function's device file.</summary>
    /// <param name="address">The address, for messages.</param>
    /// <param name="host">The host, which from here on only this backend touches.</param>
    /// <param name="function">The function of that host.</param>
    /// <exception cref="VfioException">The host does not hand the function out.</exception>
    public ZpciDeviceBackend(string address, ZpciHost host, ZpciFunction function)
    {
        ArgumentNullException.ThrowIfNull(host);
        ArgumentNullException.ThrowIfNull(function);
        _address = address;
        _function = function;
        _process = host.StartProcess();
        _process.Memory.ShareOwnMemory();
        _device = host.OpenVfio(function);
        var domain = host.CreateDmaDomain();
        domain.Attach(function);
        _dma = new ZpciDmaBackend(address, domain, _process.Memory, _gate);
        var hasMio = (host.Hwcap & ZpciHost.HwcapPciMio) != 0;
        _host = new DeviceHost(
            "s390x",
            host.Description.Kernel.ToString(),
            UserAddressSpace.PageSize,
            hasMio,
            "The BARs of a modelled IBM Z are no memory of this process; on a real one they are no memory that loads and stores can reach.",
            GuardObstacle: null,
            new ModelledSyscalls(_process, _gate),
            hasMio ? new ModelledInstructions(_process, _gate) : null);
        function.Device.WorkRequested += OnWorkRequested;
    }

    /// <summary>Whether the device's behaviour is this object's to dispose of, as it is where nobody else has it.</summary>
    internal bool OwnsDevice { get; init; }

    /// <inheritdoc/>
    public override string Name => ZpciScheme.Name;

    /// <inheritdoc/>
    public override DmaBackend Dma => _dma;

    /// <inheritdoc/>
    public override DeviceHost Host => _host;

    /// <summary>The modelled host, for those who want to see its log, or make the function fail. Nobody may use the device meanwhile.</summary>
    public ZpciHost ModelledHost => _function.Host;

    /// <summary>The modelled function.</summary>
    public ZpciFunction ModelledFunction => _function;

    /// <summary>
    /// The open device file, for another process of the host to map, read and write: a file may be held by several. It closes with the backend. Nobody may use
    /// the device meanwhile.
    /// </summary>
    public VfioPciDevice ModelledDevice => _device;

    /// <inheritdoc/>
    public override DeviceDescription Describe()
    {
        lock (_gate)
        {
            var info = _device.GetInfo();
            return new DeviceDescription((info.Flags & 1) != 0, (info.Flags & 2) != 0, info.RegionCount, info.InterruptCount, info.Capabilities);
        }
    }

    /// <inheritdoc/>
    public override ZpciDescription? DescribeZpci() => new ZpciDescription
    {
        IsMioEnabled = _function.UsesMio,
        Driver = _device.Driver,
        MaximumStoreBlockInBytes = _function.MaximumStoreBlockInBytes,
        KernelStoreBlockInBytes = 128,
        FunctionId = _function.FunctionId,
        FunctionHandle = _function.Handle,
        Uid = _function.UserId,
        IsUidUnique = true,
        Index = _function.UserId,
        VirtualFunctionNumber = _function.VirtualFunctionNumber,
        FunctionType = _function.FunctionType,
        GroupId = ZpciFunction.GroupId,
        FunctionPath = [0, 0, 0, 0],
        DmaWindow = Window,
        MsiAddress = VfioPciDevice.MessageAddress,
    };

    /// <inheritdoc/>
    public override DmaLimits DescribeDmaLimits() => new(Window, []);

    /// <inheritdoc/>
    public override void Reset()
    {
        lock (_gate)
        {
            if (_device.Reset() is { IsError: true } refusal)
                throw new VfioException("reset the device", _address, refusal.Errno);
        }
    }

    /// <inheritdoc/>
    public override HotResetDescription? DescribeHotReset() => new([new HotResetFunction(_function.Address, 0, null)]);

    /// <summary>A zPCI function is alone on its bus: a hot reset is one of the function.</summary>
    /// <inheritdoc/>
    public override void HotReset() => Reset();

    /// <inheritdoc/>
    public override bool ProbeFeature(DeviceFeature feature, DeviceFeatureOperations operation) =>
        feature is DeviceFeature.LowPowerEntry or DeviceFeature.LowPowerExit && _device.HasLowPower && operation == DeviceFeatureOperations.Set;

    /// <inheritdoc/>
    public override void SetFeature(DeviceFeature feature, ReadOnlySpan<byte> data)
    {
        lock (_gate)
        {
            var errno = feature switch
            {
                DeviceFeature.LowPowerEntry => _device.EnterLowPower().Errno,
                DeviceFeature.LowPowerExit => _device.ExitLowPower().Errno,
                _ => Errno.ENOTTY,
            };
            if (errno != Errno.None)
                throw new VfioException($"set the feature {feature}", _address, errno, errno == Errno.ENOTTY ? "the device does not have it." : null);
        }
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        _function.Device.WorkRequested -= OnWorkRequested;
        lock (_gate)
        {
            _device.Close();
            foreach (var reference in _events.Values)
                reference.Dispose();
            _events.Clear();
        }

        if (OwnsDevice)
            _function.Device.Dispose();
    }

    private IovaRange Window => new(new Iova(ZpciDmaDomain.WindowStart), new Iova(ZpciDmaDomain.WindowStart + _function.Host.MemoryInBytes - 1));

    // A function's own threads ask for work as well; what a handler asks for is done at the end of the access that called it.
    private void OnWorkRequested(object? sender, EventArgs e)
    {
        if (Monitor.IsEntered(_gate))
            return;
        lock (_gate)
            _function.RunWork();
    }
}
