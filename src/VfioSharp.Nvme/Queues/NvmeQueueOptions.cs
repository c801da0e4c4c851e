namespace VfioSharp.Nvme;

/// <summary>How a queue pair is made. Immutable.</summary>
public sealed record NvmeQueueOptions
{
    /// <summary>The most commands that a queue pair of this driver has at the controller.</summary>
    public const int MaxDepth = 4095;

    /// <summary>
    /// How many commands may be at the controller at the same time: 1 to <see cref="MaxDepth"/>. A controller whose queues are shorter
    /// (CAP.MQES) gets as many as they hold. Each costs a page of locked memory for the description of its data. Default: 128.
    /// </summary>
    public int Depth { get; init; } = 128;

    /// <summary>How completions are noticed. Default: by interrupt, or where the function has no vector left, polled.</summary>
    public NvmeCompletionMode Completion { get; init; } = NvmeCompletionMode.Interrupt;

    /// <summary>
    /// How long a command may take: above zero, or <see cref="Timeout.InfiniteTimeSpan"/>. It is aborted then, and where that does not help the controller
    /// is reset. Noticed up to an eighth late. Null (the default) for <see cref="NvmeOptions.CommandTimeout"/>.
    /// </summary>
    public TimeSpan? CommandTimeout { get; init; }

    /// <summary>Where what follows an await runs. With <see cref="NvmeCompletionMode.Manual"/> it is always inside of Poll. Default: in the thread pool.</summary>
    public NvmeContinuations Continuations { get; init; }

    internal void Validate()
    {
        if (Depth is < 1 or > MaxDepth)
            throw new ArgumentOutOfRangeException(nameof(Depth), Depth, $"The depth of a queue pair is 1 to {MaxDepth} commands.");
        if (Completion is not (NvmeCompletionMode.Interrupt or NvmeCompletionMode.Polled or NvmeCompletionMode.Manual))
            throw new ArgumentOutOfRangeException(nameof(Completion), Completion, "No such way to notice completions.");
        if (Continuations is not (NvmeContinuations.InThreadPool or NvmeContinuations.InReapingThread))
            throw new ArgumentOutOfRangeException(nameof(Continuations), Continuations, "No such place for continuations.");
        if (CommandTimeout is { } timeout && timeout <= TimeSpan.Zero && timeout != Timeout.InfiniteTimeSpan)
            throw new ArgumentOutOfRangeException(nameof(CommandTimeout), timeout, "A time-out is above zero, or Timeout.InfiniteTimeSpan.");
    }
}
