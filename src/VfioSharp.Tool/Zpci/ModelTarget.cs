using VfioSharp.Tool.Scripts;
using VfioSharp.Zpci;
using VfioSharp.Zpci.Backend;
using VfioSharp.Zpci.Machine;
using VfioSharp.Zpci.Vfio;

namespace VfioSharp.Tool.Zpci;

/// <summary>
/// A modelled host with one function. A process of the model and the library have the same device file, once a step needs it: the process as a
/// program would that makes each system call and executes each instruction by itself.
/// </summary>
internal sealed class ModelTarget : ScriptTarget
{
    private readonly Lazy<ZpciDeviceBackend> _backend;

    /// <param name="address">The host and the function.</param>
    /// <param name="options">What the host's description leaves open; null for the usual.</param>
    public ModelTarget(ZpciFunctionAddress address, ZpciHostOptions? options = null)
        : this(address, new ZpciHost(address.Host, options))
    {
    }

    private ModelTarget(ZpciFunctionAddress address, ZpciHost host)
        : this(address, host, address.PlugInto(host))
    {
    }

    private ModelTarget(ZpciFunctionAddress address, ZpciHost host, ZpciFunction function)
        : this(
            DeviceAddress.Parse($"{ZpciScheme.Name}:{address}"),
            function,
            new Lazy<ZpciDeviceBackend>(() => new ZpciDeviceBackend(address.ToString(), host, function)))
    {
    }

    private ModelTarget(DeviceAddress address, ZpciFunction function, Lazy<ZpciDeviceBackend> backend)
        : base(() => VfioDevice.Open(address, backend.Value))
    {
        _backend = backend;
        Function = function;
        Process = new ProcessPlayer(this);
    }

    /// <summary>The function.</summary>
    public ZpciFunction Function { get; }

    /// <summary>The host.</summary>
    public ZpciHost Host => Function.Host;

    /// <summary>Plays what a process does by itself.</summary>
    public ProcessPlayer Process { get; }

    /// <summary>The function's device file, which is opened on first use.</summary>
    /// <exception cref="VfioException">The host does not hand the function out.</exception>
    public VfioPciDevice DeviceFile
    {
        get
        {
            // The library closes the backend with the device.
            _ = Device;
            return _backend.Value.ModelledDevice;
        }
    }
}
