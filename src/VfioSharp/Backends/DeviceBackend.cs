using VfioSharp.IbmZ;
using VfioSharp.Interrupts;
using VfioSharp.Mmio;
using VfioSharp.Regions;

namespace VfioSharp.Backends;

/// <summary>
/// The one seam of the library: everything above it is the same whether the function is real, served over a socket or modelled. A
/// backend holds mechanism, never policy: it does what it is asked once, validates what the other side answers, and reports. Whoever
/// derives from it may assume that arguments were checked against the descriptions that it gave, and that <see cref="Dispose()"/> is
/// called once, after every window and vector of the device is closed. Methods may be called from any thread at the same time.
/// </summary>
public abstract class DeviceBackend : IDisposable
{
    /// <summary>How the function is reached: "group", "iommufd", "vfio-user" or "zpci".</summary>
    public abstract string Name { get; }

    /// <summary>The device's I/O address space; owned by the backend's opener, which may share it among devices.</summary>
    public abstract DmaBackend Dma { get; }

    /// <summary>
    /// What the host of this function's mappings can do: by default the machine of this process. A backend whose mappings are not pages of
    /// this process says so with a host whose <see cref="DeviceHost.LoadStoreObstacle"/> is not null, and gives it the system calls or instructions that reach them.
    /// Always the same answer.
    /// </summary>
    public virtual DeviceHost Host => DeviceHost.Local;

    /// <summary>
    /// What <see cref="ReadRegion"/> and <see cref="WriteRegion"/> are: <see cref="AccessPath.RegionFile"/>, a pread or pwrite on a file of this machine's
    /// kernel, which is the default, or <see cref="AccessPath.Message"/>. Always the same answer.
    /// </summary>
    public virtual AccessPath RequestPath => AccessPath.RegionFile;

    /// <summary>Says why no access reaches the device any more, whichever way it takes.</summary>
    /// <returns>The reason as a sentence, without a capital letter at its beginning; null while the device can be reached, or nobody knows.</returns>
    public virtual string? ExplainLoss() => null;

    /// <summary>Describes what only a PCI function of an IBM Z has.</summary>
    /// <returns>The description; null where the function is on another machine, or the other side tells nothing of the kind.</returns>
    /// <exception cref="VfioException">The other side answers what makes no sense.</exception>
    public virtual ZpciDescription? DescribeZpci() => null;

    /// <summary>Describes which IOVAs the device can use, beside what <see cref="Dma"/> tells of the address space.</summary>
    /// <returns>Its limits; by default none.</returns>
    /// <exception cref="VfioException">The other side does not answer.</exception>
    public virtual DmaLimits DescribeDmaLimits() => DmaLimits.None;

    /// <summary>Describes the device.</summary>
    /// <returns>What the other side says of the device as a whole.</returns>
    /// <exception cref="VfioException">The other side refuses, or answers what makes no sense.</exception>
    public abstract DeviceDescription Describe();

    /// <summary>Describes a region.</summary>
    /// <param name="index">Its number, below the device's region count.</param>
    /// <returns>The region; of size 0 where the function has no such region.</returns>
    /// <exception cref="VfioException">The other side refuses for another reason than absence, or answers what makes no sense.</exception>
    public abstract RegionDescription DescribeRegion(int index);

    /// <summary>Describes an interrupt index.</summary>
    /// <param name="index">The index.</param>
    /// <returns>The interrupt; of count 0 where the function has none.</returns>
    /// <exception cref="VfioException">The other side refuses for another reason than absence, or answers what makes no sense.</exception>
    public abstract InterruptDescription DescribeInterrupt(InterruptIndex index);

    /// <summary>Reads bytes of a region in one request (pread on the device's file, or a message).</summary>
    /// <param name="region">The region.</param>
    /// <param name="offset">The first byte, within the region.</param>
    /// <param name="destination">Takes the bytes in memory order. A width of 1, 2, 4 or 8 at an aligned offset is one access to the device.</param>
    /// <returns><see cref="Errno.None"/>, or why not every byte was read; EIO where fewer bytes than asked arrived.</returns>
    public abstract Errno ReadRegion(RegionDescription region, ulong offset, Span<byte> destination);

    /// <summary>Writes bytes of a region in one request.</summary>
    /// <param name="region">The region.</param>
    /// <param name="offset">The first byte, within the region.</param>
    /// <param name="source">
    /// The bytes in memory order; widths as in <see cref="ReadRegion"/>. Where the function's driver takes block stores (ism_vfio_pci), all of
    /// them are one access.
    /// </param>
    /// <returns><see cref="Errno.None"/>, or why not every byte was written.</returns>
    public abstract Errno WriteRegion(RegionDescription region, ulong offset, ReadOnlySpan<byte> source);

    /// <summary>
    /// Maps a part of a region into this process. Only called where the region's flags, or its sparse areas, allow it.
    /// </summary>
    /// <param name="region">The region.</param>
    /// <param name="offset">The first byte, a multiple of the host's page size.</param>
    /// <param name="lengthInBytes">The length; the last page may reach beyond the region's end.</param>
    /// <param name="access">What the mapping is for; never more than the region's flags say.</param>
    /// <returns>The mapping, which the caller owns. Its address is one of <see cref="Host"/>.</returns>
    /// <exception cref="VfioException">The mapping is refused.</exception>
    public abstract DeviceMapping MapRegion(RegionDescription region, ulong offset, ulong lengthInBytes, MappingAccess access);

    /// <summary>Connects vectors to eventfds, from one vector on (VFIO_IRQ_SET_DATA_EVENTFD).</summary>
    /// <param name="index">The interrupt index.</param>
    /// <param name="action">Trigger, or mask or unmask by an event.</param>
    /// <param name="start">The first vector.</param>
    /// <param name="eventFds">A descriptor per vector, or -1 to disconnect it. They stay the caller's.</param>
    /// <exception cref="VfioException">Refused; for MSI and MSI-X the message says how many vectors could be had.</exception>
    public abstract void ConnectInterrupts(InterruptIndex index, InterruptAction action, int start, ReadOnlySpan<int> eventFds);

    /// <summary>Does the action to vectors now (VFIO_IRQ_SET_DATA_NONE).</summary>
    /// <param name="index">The interrupt index.</param>
    /// <param name="action">What to do; Trigger fires the eventfd that is connected, for testing.</param>
    /// <param name="start">The first vector.</param>
    /// <param name="count">How many, at least 1.</param>
    /// <exception cref="VfioException">Refused.</exception>
    public abstract void ApplyInterruptAction(InterruptIndex index, InterruptAction action, int start, int count);

    /// <summary>Disables every vector of an index (VFIO_IRQ_SET_DATA_NONE | ACTION_TRIGGER with count 0).</summary>
    /// <param name="index">The interrupt index.</param>
    /// <exception cref="VfioException">Refused.</exception>
    public abstract void DisableInterrupts(InterruptIndex index);

    /// <summary>Resets the function (VFIO_DEVICE_RESET).</summary>
    /// <exception cref="VfioException">Refused; EINVAL where the function has no way to be reset.</exception>
    public abstract void Reset();

    /// <summary>Asks which functions a bus or slot reset would touch.</summary>
    /// <returns>The functions; null where the device cannot be hot-reset.</returns>
    /// <exception cref="VfioException">Refused for another reason.</exception>
    public abstract HotResetDescription? DescribeHotReset();

    /// <summary>Resets the bus or slot that the function is on (VFIO_DEVICE_PCI_HOT_RESET), with proof of ownership where that is needed.</summary>
    /// <exception cref="VfioException">Refused; EPERM or EINVAL where a function that would be touched is not this process's own.</exception>
    public abstract void HotReset();

    /// <summary>Asks whether the device has a feature (VFIO_DEVICE_FEATURE with VFIO_DEVICE_FEATURE_PROBE).</summary>
    /// <param name="feature">The feature.</param>
    /// <param name="operation">Whether it is to be read, written, or either.</param>
    /// <returns>Whether it has.</returns>
    public abstract bool ProbeFeature(DeviceFeature feature, DeviceFeatureOperations operation);

    /// <summary>Writes a feature (VFIO_DEVICE_FEATURE with VFIO_DEVICE_FEATURE_SET).</summary>
    /// <param name="feature">The feature.</param>
    /// <param name="data">What include/uapi/linux/vfio.h defines for it, in the host's byte order.</param>
    /// <exception cref="VfioException">Refused; ENOTTY where the device does not have it.</exception>
    public abstract void SetFeature(DeviceFeature feature, ReadOnlySpan<byte> data);

    /// <summary>Releases the device.</summary>
    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Releases what the backend owns.</summary>
    /// <param name="disposing">Always true: backends own nothing that needs a finalizer of their own.</param>
    protected abstract void Dispose(bool disposing);
}
