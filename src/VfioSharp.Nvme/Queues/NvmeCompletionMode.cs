namespace VfioSharp.Nvme;

/// <summary>How a queue pair learns that the controller has completed commands.</summary>
public enum NvmeCompletionMode
{
    /// <summary>
    /// The controller interrupts: a thread of the queue pair sleeps until then, and uses no processor while nothing is outstanding. What follows
    /// an await runs in the thread pool or the caller's context.
    /// </summary>
    Interrupt,

    /// <summary>
    /// A thread of the queue pair looks again and again while commands are outstanding, and for a moment after; then it sleeps until the next
    /// command. It occupies a processor while there is work. What follows an await runs in the thread pool or the caller's context.
    /// </summary>
    Polled,

    /// <summary>
    /// The caller looks, by <see cref="NvmeQueuePair.Poll"/>; nothing is completed otherwise. What follows an await runs inside of Poll, in the
    /// thread that calls it. The fastest of the three: no thread of its own, no lock, no hand-over.
    /// </summary>
    Manual,
}
