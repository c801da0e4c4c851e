using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using VfioSharp.Dma;
using VfioSharp.Nvme.Identity;
using VfioSharp.Nvme.Registers;
using VfioSharp.Nvme.Specification;
using VfioSharp.Nvme.Transfers;

namespace VfioSharp.Nvme;

/// <summary>
/// An NVMe controller in the hands of this process, wherever the function is: behind Linux VFIO, served over vfio-user, modelled. Opening it
/// resets and initialises it (NVMe Base 2.0, 3.5.1), asks what it is and what namespaces it has, and makes the queue pair that
/// <see cref="NvmeNamespace"/> uses; disposing of it shuts it down (3.6).
/// </summary>
/// <remarks>
/// <para>All members may be used from any thread. Admin commands take turns where the admin queue is full. What is read and written through
/// <see cref="NvmeNamespace"/> goes to one queue pair that all threads share; a thread that wants one of its own calls
/// <see cref="CreateQueuePairAsync"/>.</para>
/// <para>A controller that reports a fatal error (CSTS.CFS) ends every command that is under way with <see cref="NvmeFailure.ControllerFatal"/>, and
/// all later ones, until <see cref="ResetAsync"/> brings it back.</para>
/// </remarks>
public sealed partial class NvmeController : IAsyncDisposable, IDisposable
{
    private readonly NvmeOptions _options;
    private readonly ILogger _logger;
    private readonly bool _ownsDevice;
    private readonly ControllerRegisters _registers;
    private ControllerIdentity? _identity;

    private NvmeController(VfioDevice device, NvmeOptions options, bool ownsDevice)
    {
        Device = device;
        Address = device.Address.ToString();
        _options = options;
        _ownsDevice = ownsDevice;
        _logger = options.Logger ?? NullLogger.Instance;
        _adminBuffers = new AdminBuffers(device.Dma);
        Bounce = new BounceBuffers(device.Dma, options.BounceBuffers);
        _registers = ControllerRegisters.Open(device);
    }

    /// <summary>The function.</summary>
    public VfioDevice Device { get; }

    /// <summary>CAP: what the controller's registers offer.</summary>
    public ControllerCapabilities Capabilities { get; private set; }

    /// <summary>VS: the version of the specification that the controller follows.</summary>
    public NvmeVersion Version { get; private set; }

    /// <summary>What the controller says of itself; another object after each reset.</summary>
    public ControllerIdentity Identity => Volatile.Read(ref _identity)!;

    /// <summary>CC.MPS: the memory page in which PRPs count, in bytes.</summary>
    public int PageSizeInBytes { get; private set; }

    /// <summary>The most bytes that one read or write moves: by <see cref="NvmeOptions.MaxTransferInBytes"/> and the controller's MDTS.</summary>
    public int MaxTransferInBytes { get; private set; }

    /// <summary>How many queue pairs the controller has granted, the one that <see cref="NvmeNamespace"/> uses included.</summary>
    public int MaxQueuePairs { get; private set; }

    /// <summary>How much the commands that move no data may ask for.</summary>
    internal CommandSetLimits CommandLimits { get; private set; } = CommandSetLimits.None;

    /// <summary>The memory for data that the controller does not reach.</summary>
    internal BounceBuffers Bounce { get; }

    /// <summary>The address of the device, for messages.</summary>
    internal string Address { get; }

    /// <summary>Makes memory that the controller reaches, for <see cref="DmaMemory"/> to hand to it.</summary>
    /// <param name="lengthInBytes">The length, at least 1; rounded up to whole pages.</param>
    /// <returns>Zeroed memory, mapped for reading and writing, which the caller owns.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The length is not positive.</exception>
    /// <exception cref="VfioException">There is no memory or no IOVA left.</exception>
    public MappedBuffer AllocateBuffer(long lengthInBytes) => MappedBuffer.Allocate(Device.Dma, lengthInBytes);
}
