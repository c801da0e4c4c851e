using Microsoft.Extensions.Logging;
using VfioSharp.Dma;

namespace VfioSharp;

/// <summary>Which of Linux's two ways to a function is taken.</summary>
public enum LinuxInterface
{
    /// <summary>iommufd where /dev/iommu and the device's character device are there, otherwise the group.</summary>
    Automatic,

    /// <summary>The IOMMU group and a container (/dev/vfio/vfio, /dev/vfio/N).</summary>
    Group,

    /// <summary>The character device (/dev/vfio/devices/vfioN) and iommufd (/dev/iommu).</summary>
    Iommufd,
}

/// <summary>How a device is opened.</summary>
public sealed record VfioOptions
{
    /// <summary>Which way in on Linux. Default: chosen by what the machine has.</summary>
    public LinuxInterface Interface { get; init; }

    /// <summary>
    /// The I/O address space of a device that is open already, to be shared with this one: both then see the same memory at the same
    /// IOVAs, of which those can be mapped that both can use. Null (the default) for one of its own. Both devices must be reached the same way.
    /// </summary>
    public DmaSpace? ShareDmaWith { get; init; }

    /// <summary>
    /// The token that a virtual function needs where its physical function's driver runs under VFIO too and set one
    /// (VFIO_DEVICE_FEATURE_PCI_VF_TOKEN).
    /// </summary>
    public Guid? VfToken { get; init; }

    /// <summary>
    /// Whether a device without an IOMMU may be opened. Such a device can write to all of the machine's memory, and this library can
    /// map none for it; the kernel wants its own opt-in too (vfio.enable_unsafe_noiommu_mode). Default: false.
    /// </summary>
    public bool AllowNoIommu { get; init; }

    /// <summary>
    /// On an IBM Z that has MIO instructions: whether registers are reached by the MMIO system calls all the same. They are slower, and whatever
    /// happens to the function they end as an error number, where an instruction raises a signal that has to be recovered. Default: false.
    /// </summary>
    public bool PreferMmioSyscalls { get; init; }

    /// <summary>
    /// Where the device reports what happens to it. Null (the default): nowhere. Debug tells windows, DMA mappings and interrupts that come
    /// and go; Information that the device is opened, closed or reset; Warning what makes it slow or unsafe, and the first access of each
    /// window that did not reach the device; Error and Critical what ends an event or the watching of interrupts. No register access is
    /// logged. The logger is called from whichever thread does the thing and must be safe for that.
    /// </summary>
    public ILogger? Logger { get; init; }

    /// <summary>
    /// Of a function that another process serves (vfio-user): how long that may take to answer a request, above zero, or
    /// <see cref="Timeout.InfiniteTimeSpan"/>. When it is over the connection ends, since a late answer could be taken for another's. A server that answers
    /// in pieces can take up to twice as long. Default: 5 seconds.
    /// </summary>
    public TimeSpan RequestTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// Of a function that another process serves: whether a thread that waits for an answer looks for it again and again instead of sleeping.
    /// That is several times quicker where the server looks in the same way and both have a processor each, and takes one all the time. Default: false.
    /// </summary>
    public bool BusyPoll { get; init; }

    /// <summary>
    /// Of a function that another process serves: whether a register write returns when it is sent (No_reply) instead of when the server
    /// has made it. Messages arrive in their order, so that a read of any register that goes by message comes after every such write; an access that is a load or a store of
    /// shared memory, an interrupt, or another device, may overtake them, and that a write was refused is never learnt. Default: false.
    /// </summary>
    public bool PostWrites { get; init; }
}
