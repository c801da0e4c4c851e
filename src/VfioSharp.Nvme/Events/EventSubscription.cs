namespace VfioSharp.Nvme.Events;

/// <summary>One reader's events, in their order. A reader that does not read loses the oldest: the controller's events do not wait for it.</summary>
internal sealed class EventSubscription
{
    /// <summary>How many events wait for their reader at most.</summary>
    public const int Capacity = 256;

    private readonly Queue<NvmeEvent> _events = new();
    private TaskCompletionSource<bool>? _waiting;
    private bool _isEnded;

    /// <summary>Adds an event.</summary>
    public void Add(NvmeEvent @event)
    {
        TaskCompletionSource<bool>? waiting;
        lock (_events)
        {
            if (_isEnded)
                return;
            if (_events.Count == Capacity)
                _events.Dequeue();
            _events.Enqueue(@event);
            (waiting, _waiting) = (_waiting, null);
        }

        waiting?.TrySetResult(true);
    }

    /// <summary>Lets the reader have what is there, and ends its reading after that.</summary>
    public void End()
    {
        TaskCompletionSource<bool>? waiting;
        lock (_events)
        {
            _isEnded = true;
            (waiting, _waiting) = (_waiting, null);
        }

        waiting?.TrySetResult(true);
    }

    /// <summary>Takes the next event, and waits for it where there is none. One reader at a time.</summary>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>The event; null where there will be none.</returns>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public async ValueTask<NvmeEvent?> TakeAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            Task<bool> arrival;
            lock (_events)
            {
                if (_events.Count > 0)
                    return _events.Dequeue();
                if (_isEnded)
                    return null;
                _waiting ??= new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
                arrival = _waiting.Task;
            }

            var cancelled = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
            using (cancellationToken.Register(static source => ((TaskCompletionSource<bool>)source!).TrySetResult(true), cancelled))
                await Task.WhenAny(arrival, cancelled.Task).ConfigureAwait(false);
            cancellationToken.ThrowIfCancellationRequested();
        }
    }
}
