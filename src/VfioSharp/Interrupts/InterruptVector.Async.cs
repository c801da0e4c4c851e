using System.Threading.Tasks.Sources;

namespace VfioSharp.Interrupts;

// One source serves every asynchronous wait of the vector in turn, so that a wait allocates nothing. A wait is either told of an
// interrupt, and then the counter was taken for it, or it ends by cancellation or disposal, and then the counter was left alone: which of
// them is decided once, under the gate.
public sealed partial class InterruptVector : IValueTaskSource<ulong>
{
    private readonly object _gate = new();
    private ManualResetValueTaskSourceCore<ulong> _wait = new() { RunContinuationsAsynchronously = true };
    private CancellationToken _cancellationToken;
    private CancellationTokenRegistration _cancellation;
    private WaitState _waitState;
    private ulong _watch;

    private enum WaitState
    {
        /// <summary>Nobody waits; a wait may begin.</summary>
        Idle,
        /// <summary>Somebody waits; whoever leaves this state under the gate, and nobody else, completes the wait.</summary>
        Waiting,
        /// <summary>The wait is over or about to be; its result was not fetched yet.</summary>
        Ended,
    }

    /// <summary>
    /// Waits until the vector fires, and blocks no thread. The first wait of a device starts one thread that watches all its vectors;
    /// what follows the await runs in the thread pool or the caller's context, never in that thread. Nothing is allocated per wait.
    /// </summary>
    /// <param name="cancellationToken">
    /// Ends the wait. No interrupt is lost by it: what came stays in the eventfd for the next one who takes.
    /// </param>
    /// <returns>
    /// How often the vector fired since the last time, at least 1. One asynchronous wait runs at a time: await it, once, before the next.
    /// </returns>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    /// <exception cref="InvalidOperationException">The wait before this one was not awaited to its end.</exception>
    /// <exception cref="ObjectDisposedException">The vector is disposed, before or during the wait.</exception>
    /// <exception cref="VfioException">The eventfd cannot be read or watched.</exception>
    public ValueTask<ulong> WaitAsync(CancellationToken cancellationToken = default)
    {
        lock (_gate)
        {
            ThrowIfClosed();
            if (_waitState != WaitState.Idle)
                throw new InvalidOperationException($"{this} is waited for already: await that wait, once, before the next begins.");
            if (cancellationToken.IsCancellationRequested)
                return new ValueTask<ulong>(Task.FromCanceled<ulong>(cancellationToken));
            if (TryTake(out var count))
                return new ValueTask<ulong>(count);
            Arm();
            _waitState = WaitState.Waiting;
            _cancellationToken = cancellationToken;

            // Under the gate, so that whoever ends the wait finds the registration. A token cancelled by now calls back at once, in this
            // thread, which may enter the gate again.
            var cancellation = cancellationToken.Register(static vector => ((InterruptVector)vector!).Cancel(), this);
            if (_waitState == WaitState.Waiting)
                _cancellation = cancellation;
            return new ValueTask<ulong>(this, _wait.Version);
        }
    }

    ulong IValueTaskSource<ulong>.GetResult(short token)
    {
        if (_wait.GetStatus(token) == ValueTaskSourceStatus.Pending)
            throw new InvalidOperationException("The wait is not over yet.");
        try
        {
            var count = _wait.GetResult(token);
            Count(count);
            return count;
        }
        finally
        {
            // The version moves on first: from here on the old ValueTask is refused.
            _wait.Reset();
            lock (_gate)
                _waitState = WaitState.Idle;
        }
    }

    ValueTaskSourceStatus IValueTaskSource<ulong>.GetStatus(short token) => _wait.GetStatus(token);

    void IValueTaskSource<ulong>.OnCompleted(
        Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _wait.OnCompleted(continuation, state, token, flags);

    /// <summary>The loop saw the eventfd readable. Somebody else may have taken the counter since: then the wait goes on.</summary>
    internal void OnReadable()
    {
        ulong count = 0;
        Exception? failure = null;
        CancellationTokenRegistration cancellation;
        lock (_gate)
        {
            if (_waitState != WaitState.Waiting)
                return;
            try
            {
                if (!TryTakeUncounted(out count))
                {
                    Arm();
                    return;
                }
            }
            catch (Exception exception)
            {
                failure = exception;
            }

            cancellation = LeaveWaiting();
        }

        cancellation.Dispose();
        if (failure is null)
            _wait.SetResult(count);
        else
            _wait.SetException(failure);
    }

    /// <summary>Ends the wait, where there is one, with an exception; the counter keeps what it has.</summary>
    internal void EndWait(Exception reason)
    {
        CancellationTokenRegistration cancellation;
        lock (_gate)
        {
            if (_waitState != WaitState.Waiting)
                return;
            cancellation = LeaveWaiting();
        }

        // Outside the gate, since it waits for a callback that may be running, which enters the gate. Before the wait is completed, so
        // that a late callback cannot meet the next wait.
        cancellation.Dispose();
        _wait.SetException(reason);
    }

    /// <summary>Ends the vector: waiters of every kind wake up with <see cref="ObjectDisposedException"/>. Called once it is disconnected.</summary>
    internal void Close()
    {
        lock (_gate)
        {
            if (_closed)
                return;
            Volatile.Write(ref _closed, true);
            if (_watch != 0)
                _source.Loop.Forget(_watch, _event.Descriptor);
        }

        // Those who block in poll(2) hold the eventfd open until they have seen this.
        _event.Signal();
        _event.Dispose();
        EndWait(new ObjectDisposedException(GetType().FullName, $"{this} was disposed while it was waited for."));
    }

    // The token is this wait's: the callback is gone before the next wait can begin.
    private void Cancel() => EndWait(new OperationCanceledException(_cancellationToken));

    private CancellationTokenRegistration LeaveWaiting()
    {
        _waitState = WaitState.Ended;
        var cancellation = _cancellation;
        _cancellation = default;
        return cancellation;
    }

    private void Arm()
    {
        if (_watch == 0)
            _watch = _source.Loop.Watch(this, _event.Descriptor);
        else
            _source.Loop.Arm(_watch, _event.Descriptor);
    }
}
