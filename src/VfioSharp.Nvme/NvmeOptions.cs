using Microsoft.Extensions.Logging;

namespace VfioSharp.Nvme;

/// <summary>How a controller is driven. Immutable; the defaults suit a disk that one program uses.</summary>
public sealed record NvmeOptions
{
    /// <summary>How the device is opened, where <see cref="NvmeController"/> opens it; null (the default) for the library's defaults with this <see cref="Logger"/>.</summary>
    public VfioOptions? Device { get; init; }

    /// <summary>
    /// Where the driver reports what happens to the controller. Null (the default): nowhere. Debug tells of queues; Information of the
    /// controller that is opened, reset or closed; Warning of time-outs and of what the controller does not keep to; Error of a fatal controller.
    /// No read or write is logged. The logger is called from whichever thread does the thing and must be safe for that.
    /// </summary>
    public ILogger? Logger { get; init; }

    /// <summary>
    /// How many I/O queue pairs to ask the controller for, the one that <see cref="NvmeNamespace"/> uses included: 1 to 65535. It may grant
    /// fewer. Default: one for each processor and one more.
    /// </summary>
    public int QueuePairs { get; init; } = Math.Min(Environment.ProcessorCount + 1, 65535);

    /// <summary>The entries of the admin queue: 2 to 4096. Default: 32.</summary>
    public int AdminQueueDepth { get; init; } = 32;

    /// <summary>
    /// How long a command of the I/O command set may take: above zero, or <see cref="Timeout.InfiniteTimeSpan"/>. Then it is aborted and ends with
    /// <see cref="NvmeFailure.TimedOut"/>. Default: 30 seconds.
    /// </summary>
    public TimeSpan CommandTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How long an admin command may take, in the same way. Formatting has a time-out of its own. Default: 60 seconds.</summary>
    public TimeSpan AdminTimeout { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>How long formatting a namespace may take, in the same way. Default: one hour.</summary>
    public TimeSpan FormatTimeout { get; init; } = TimeSpan.FromHours(1);

    /// <summary>
    /// The most bytes that one command moves: at least 4096. The controller's own limit (MDTS) applies too; see
    /// <see cref="NvmeController.MaxTransferInBytes"/>. Default: 1 MiB.
    /// </summary>
    public int MaxTransferInBytes { get; init; } = 1 << 20;

    /// <summary>How many buffers of <see cref="NvmeController.MaxTransferInBytes"/> at most serve the calls that bounce: at least 1. They are made when first needed. Default: 4.</summary>
    public int BounceBuffers { get; init; } = 4;

    /// <summary>
    /// Whether I/O queue pairs that ask for interrupts get a vector each, as long as the function has vectors left (MSI-X or MSI); a queue pair without one is
    /// polled by a thread of its own. The admin queue has a vector where the function has any. Default: true.
    /// </summary>
    public bool UseInterrupts { get; init; } = true;

    /// <summary>
    /// Whether doorbells are written to memory where the controller offers that (Doorbell Buffer Config; NVMe Base 2.0, 5.8), which spares
    /// most register writes with an emulated controller. Default: true.
    /// </summary>
    public bool UseShadowDoorbells { get; init; } = true;

    /// <summary>
    /// Whether submission queues lie in the controller's own memory where it offers that (controller memory buffer; NVMe Base 2.0, 8.5), which spares
    /// it the fetching of commands and costs this program slower stores. Default: false.
    /// </summary>
    public bool UseControllerMemory { get; init; }

    /// <summary>The queue pair that <see cref="NvmeNamespace"/> uses. Its completions are noticed by interrupt or polled; Manual would leave nobody to notice them.</summary>
    public NvmeQueueOptions DefaultQueue { get; init; } = new();

    /// <summary>
    /// How often the controller is told that this program is alive (Keep Alive; NVMe Base 2.0, 3.9), in ms resolution: it resets itself where it hears
    /// nothing for this long. Null (the default): as the controller has it set, which for a PCI function is never as a rule.
    /// </summary>
    public TimeSpan? KeepAliveTimeout { get; init; }

    /// <summary>Refuses what has no meaning.</summary>
    internal void Validate()
    {
        RequireRange(QueuePairs, 1, 65535, nameof(QueuePairs));
        RequireRange(AdminQueueDepth, 2, 4096, nameof(AdminQueueDepth));
        RequireRange(MaxTransferInBytes, 4096, int.MaxValue, nameof(MaxTransferInBytes));
        RequireRange(BounceBuffers, 1, 1024, nameof(BounceBuffers));
        RequireTimeout(CommandTimeout, nameof(CommandTimeout));
        RequireTimeout(AdminTimeout, nameof(AdminTimeout));
        RequireTimeout(FormatTimeout, nameof(FormatTimeout));
        DefaultQueue.Validate();
        if (DefaultQueue.Completion == NvmeCompletionMode.Manual)
            throw new ArgumentException("The controller's own queue pair cannot be Manual: nobody would call Poll.", nameof(DefaultQueue));
        if (KeepAliveTimeout is { } timeout && (timeout < TimeSpan.FromMilliseconds(1) || timeout.TotalMilliseconds > uint.MaxValue))
            throw new ArgumentOutOfRangeException(nameof(KeepAliveTimeout), timeout, "The time is 1 ms to 2^32 - 1 ms.");
    }

    private static void RequireRange(int value, int least, int most, string name)
    {
        if (value < least || value > most)
            throw new ArgumentOutOfRangeException(name, value, $"{name} is {least} to {most}.");
    }

    private static void RequireTimeout(TimeSpan timeout, string name)
    {
        if (timeout <= TimeSpan.Zero && timeout != Timeout.InfiniteTimeSpan)
            throw new ArgumentOutOfRangeException(name, timeout, "A time-out is above zero, or Timeout.InfiniteTimeSpan.");
    }
}
