namespace VfioSharp.Nvme;

/// <summary>Where what follows an await runs, in a queue pair that has a thread of its own.</summary>
public enum NvmeContinuations
{
    /// <summary>In the thread pool, or in the context that the await captured. Whatever it does, completions are reaped meanwhile.</summary>
    InThreadPool,

    /// <summary>
    /// In the thread that reaps, where the await captured no context (ConfigureAwait(false)): a hand-over less for each command. No other command of the queue pair
    /// ends until the code there awaits again, so it must be short, and must not block on anything that a command of this queue pair has to end first.
    /// </summary>
    InReapingThread,
}
