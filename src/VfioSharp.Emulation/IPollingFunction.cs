namespace VfioSharp.Emulation;

/// <summary>
/// For functions that find work by looking, since the driver tells of it where nothing calls the function: in a shared area of a BAR, or in its own
/// memory. Whoever plugs the function in lets a thread look again and again while <see cref="IsPolling"/> says so.
/// </summary>
/// <remarks>
/// <see cref="Poll"/> and <see cref="TryRest"/> are called by one thread at a time, in turns with the function's handlers, its resets and
/// <see cref="PciFunction.DoWork"/>; what the remarks of <see cref="FunctionHost"/> say of work holds for them too. Handlers get in between two looks, so
/// that a look does what it finds and returns. Work that handlers ask for by <see cref="PciFunction.RequestWork"/> goes on coming by
/// <see cref="PciFunction.DoWork"/>, on whichever thread is next.
/// </remarks>
public interface IPollingFunction
{
    /// <summary>
    /// Whether there is something to look at, such as queues of a controller that is enabled. Asked from any thread; it becomes true in a handler
    /// or in <see cref="PciFunction.DoWork"/>, behind which it is asked. Where all work comes by register accesses it stays false. What it throws
    /// is reported as what <see cref="PciFunction.DoWork"/> throws, and means false.
    /// </summary>
    public bool IsPolling { get; }

    /// <summary>Takes one look at everything, and does what it finds.</summary>
    /// <param name="host">What the function is plugged into; not to be kept.</param>
    /// <returns>Whether there was something.</returns>
    /// <remarks>
    /// What it throws is reported as what <see cref="PciFunction.DoWork"/> throws, and the looking ends until the function asks for work again.
    /// </remarks>
    public bool Poll(FunctionHost host);

    /// <summary>Tells that nothing was found for a while, and asks how new work will come.</summary>
    /// <param name="host">What the function is plugged into; not to be kept.</param>
    /// <returns>
    /// True where a handler's <see cref="PciFunction.RequestWork"/> will tell of it, so that the thread sleeps until then: the function has seen to that, and
    /// has then looked once more. False where it has to be looked for: the thread looks at growing intervals.
    /// </returns>
    public bool TryRest(FunctionHost host);
}
