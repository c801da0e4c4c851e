namespace VfioSharp.Nvme;

/// <summary>
/// Keeps commands for their next use. The side that submits takes, one thread at a time; results are fetched, and commands returned, on any thread.
/// The one takes all that was returned at a time, so that there is neither a lock nor a chance to mistake a command that has come back for one
/// that never went.
/// </summary>
internal sealed class CommandPool(NvmeQueuePair pair)
{
    private NvmeCommand? _own;
    private NvmeCommand? _returned;

    /// <summary>The queue pair.</summary>
    public NvmeQueuePair Pair => pair;

    /// <summary>Takes a command, or makes one.</summary>
    public NvmeCommand Take()
    {
        var command = _own ?? Interlocked.Exchange(ref _returned, null) ?? new NvmeCommand(this);
        _own = command.Next;
        command.Next = null;
        return command;
    }

    /// <summary>Gives a command back.</summary>
    public void Return(NvmeCommand command)
    {
        NvmeCommand? first;
        do
        {
            first = Volatile.Read(ref _returned);
            command.Next = first;
        }
        while (Interlocked.CompareExchange(ref _returned, command, first) != first);
    }
}
