namespace VfioSharp.Nvme;

/// <summary>
/// What a queue pair needs of the controller that it belongs to. All members may be called from any thread, also several at a time; none of them
/// may wait for a command of the queue pair that calls, whose completions nobody notices meanwhile.
/// </summary>
internal interface IQueueOwner
{
    /// <summary>The address of the device, for messages.</summary>
    public string Address { get; }

    /// <summary>
    /// Sends an Abort command (NVMe Base 2.0, 5.1), or does nothing where that is not possible, and returns at once. How it ends is of no
    /// interest to the queue pair: the aborted command's own completion is.
    /// </summary>
    /// <param name="pair">The queue pair.</param>
    /// <param name="commandId">The command.</param>
    public void BeginAbort(NvmeQueuePair pair, ushort commandId);

    /// <summary>Looks at the controller's registers. Called at intervals of some tenths of a second while commands are outstanding.</summary>
    /// <returns>What is wrong with the controller: fatal, gone; null where nothing is.</returns>
    public NvmeException? CheckHealth();

    /// <summary>
    /// Asks that the controller be reset, since commands are stuck; returns at once. Once the controller has stopped, or is known to be gone, the
    /// owner calls <see cref="NvmeQueuePair.Fail"/> of each of its queue pairs.
    /// </summary>
    /// <param name="pair">The queue pair.</param>
    /// <param name="cause">Why.</param>
    public void BeginReset(NvmeQueuePair pair, NvmeException cause);

    /// <summary>
    /// Deletes the queues at the controller (5.6, 5.7): the submission queue, then the completion queue. Where that does not succeed, the
    /// owner resets the controller. When the task has ended the controller reaches none of the pair's memory, nor of its commands'.
    /// </summary>
    /// <param name="pair">The queue pair.</param>
    /// <returns>A task, which does not fail.</returns>
    public Task DeleteAsync(NvmeQueuePair pair);
}
