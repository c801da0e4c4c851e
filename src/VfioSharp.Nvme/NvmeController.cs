using VfioSharp.Nvme.Specification;

namespace VfioSharp.Nvme;

/// <summary>
/// An NVMe controller in the hands of this process, wherever the function is: behind Linux VFIO, served over vfio-user, modelled. Opening it
/// resets and initialises it (NVMe Base 2.0, 3.5.1), asks what it is and what namespaces it has, and makes the queue pair that
/// <see cref="NvmeNamespace"/> uses; disposing of it shuts it down (3.6).
/// </summary>
public sealed partial class NvmeController
{
    private ControllerIdentity? _identity;

    internal NvmeController(VfioDevice device, ControllerIdentity identity)
    {
        Device = device;
        Address = device.Address.ToString();
        _identity = identity;
    }

    /// <summary>The function.</summary>
    public VfioDevice Device { get; }

    /// <summary>CAP: what the controller's registers offer.</summary>
    public ControllerCapabilities Capabilities { get; internal set; }

    /// <summary>VS: the version of the specification that the controller follows.</summary>
    public NvmeVersion Version { get; internal set; }

    /// <summary>What the controller says of itself; another object after each reset.</summary>
    public ControllerIdentity Identity => Volatile.Read(ref _identity)!;

    /// <summary>CC.MPS: the memory page in which PRPs count, in bytes.</summary>
    public int PageSizeInBytes { get; internal set; }

    /// <summary>The most bytes that one read or write moves: by <see cref="NvmeOptions.MaxTransferInBytes"/> and the controller's MDTS.</summary>
    public int MaxTransferInBytes { get; internal set; }

    /// <summary>How many queue pairs the controller has granted, the one that <see cref="NvmeNamespace"/> uses included.</summary>
    public int MaxQueuePairs { get; internal set; }

    /// <summary>The address of the device, for messages.</summary>
    internal string Address { get; }
}
