using Microsoft.Extensions.Logging;
using VfioSharp.Dma;
using VfioSharp.Interrupts;
using VfioSharp.Regions;

namespace VfioSharp.Nvme;

/// <summary>
/// What a queue pair is made of. Everything in it stays the controller's, which may give it back once the queue pair has failed: what a thread of the queue pair
/// or of its user may still be writing to then, doorbells and their shadows, it holds for itself.
/// </summary>
internal sealed record QueuePairSetup
{
    /// <summary>The controller, which is that of the namespaces that are reached by it.</summary>
    public required IQueueOwner Owner { get; init; }

    /// <summary>QID of both queues; 0 for the admin queues.</summary>
    public required ushort Id { get; init; }

    /// <summary>BAR 0, of which the queue pair opens its two doorbells.</summary>
    public required Region Registers { get; init; }

    /// <summary>How far apart two doorbells are (CAP.DSTRD).</summary>
    public required int DoorbellStrideInBytes { get; init; }

    /// <summary>Where the queues and the descriptions of data lie.</summary>
    public required DmaSpace Memory { get; init; }

    /// <summary>CC.MPS in bytes.</summary>
    public required int PageSizeInBytes { get; init; }

    /// <summary>The most bytes that a command moves.</summary>
    public required int MaxTransferInBytes { get; init; }

    /// <summary>How many commands may be at the controller: one less than the submission queue has entries, at least 1.</summary>
    public required int Depth { get; init; }

    /// <summary>CAP.MQES: the most entries of a queue.</summary>
    public required int MaxQueueEntries { get; init; }

    /// <summary>How completions are noticed.</summary>
    public required NvmeCompletionMode Completion { get; init; }

    /// <summary>Where what follows an await runs, where the queue pair has a thread.</summary>
    public NvmeContinuations Continuations { get; init; }

    /// <summary>The vector of the completion queue: this queue pair's alone. Null where completions are not noticed by interrupt.</summary>
    public InterruptVector? Vector { get; init; }

    /// <summary>How long a command may take unless it has a time of its own.</summary>
    public required TimeSpan CommandTimeout { get; init; }

    /// <summary>The shadow doorbells, where the controller looks at them; null for the admin queues.</summary>
    public ShadowDoorbells? Shadows { get; init; }

    /// <summary>Where the submission queue goes if the controller's own memory is to hold it; null for the host's memory.</summary>
    public ControllerMemoryBuffer? ControllerMemory { get; init; }

    /// <summary>Whether the controller takes SGLs for the data of I/O commands (SGLS bits 1:0). Never for the admin queue (NVMe Base 2.0, 4.1).</summary>
    public bool UseSgl { get; init; }

    /// <summary>Where the queue pair reports; null for nowhere.</summary>
    public ILogger? Logger { get; init; }
}
