using System.Threading.Tasks.Sources;
using VfioSharp.Nvme.Diagnostics;
using VfioSharp.Nvme.Specification;

namespace VfioSharp.Nvme;

/// <summary>
/// A command on its way, and the source of the value task that stands for it. It is used again when its result was fetched; a result that nobody
/// fetches leaves it to the garbage collector.
/// </summary>
internal sealed class NvmeCommand : IValueTaskSource<int>, IValueTaskSource<CommandResult>, IValueTaskSource
{
    private readonly CommandPool _pool;
    private readonly object _ended = new();
    private ManualResetValueTaskSourceCore<CommandResult> _core;
    private CancellationToken _cancellationToken;
    private CancellationTokenRegistration _registration;
    private bool _isCancelled;
    private NvmeException? _failure;
    private int _lengthInBytes;

    public NvmeCommand(CommandPool pool)
    {
        _pool = pool;
        _core.RunContinuationsAsynchronously = pool.Pair.ContinuesElsewhere;
    }

    /// <summary>CID while it is at the controller.</summary>
    public ushort Id { get; set; }

    /// <summary>The entry as it went, or is to go, to the controller, for messages and for a command that waits for a slot. Without CID and data pointers.</summary>
    public SubmissionEntry Entry;

    /// <summary>The data of a command that waits for a slot.</summary>
    public CommandData Data;

    /// <summary>How long it may take, in milliseconds; 0 for ever.</summary>
    public long TimeoutInMilliseconds { get; private set; }

    /// <summary>When it was first seen to be outstanding, and after an Abort when that was sent; 0 where it was not yet.</summary>
    public long SeenAtInMilliseconds { get; set; }

    /// <summary>How far its ending by force has come.</summary>
    public CommandEscalation Escalation { get; set; }

    /// <summary>Whether it has a token that can be cancelled.</summary>
    public bool CanBeCancelled => _cancellationToken.CanBeCanceled;

    /// <summary>Whether its token was cancelled. Set by any thread.</summary>
    public bool IsCancelled => Volatile.Read(ref _isCancelled);

    /// <summary>The next one in a pool or in the queue of those that wait. Whoever holds the command owns it.</summary>
    public NvmeCommand? Next { get; set; }

    /// <summary>Whether a thread blocks until it has ended, by <see cref="WaitUntilEnded"/>.</summary>
    public bool IsWaitedFor { get; set; }

    /// <summary>Names the value task; to be read before the command is sent.</summary>
    public short Version => _core.Version;

    /// <summary>Begins a command.</summary>
    public void Begin(in SubmissionEntry entry, int lengthInBytes, long timeoutInMilliseconds, CancellationToken cancellationToken)
    {
        Entry = entry;
        _lengthInBytes = lengthInBytes;
        TimeoutInMilliseconds = timeoutInMilliseconds;
        SeenAtInMilliseconds = 0;
        Escalation = CommandEscalation.None;
        if (!cancellationToken.CanBeCanceled)
            return;
        _cancellationToken = cancellationToken;
        // The callback only sets a flag: it may run here and now, with the queue pair's gate held.
        _registration = cancellationToken.Register(static command => ((NvmeCommand)command!).Cancel(), this);
    }

    /// <summary>Ends the command as the controller said. What awaits it goes on here, or elsewhere where the queue pair has a thread of its own.</summary>
    public void End(ulong result, NvmeStatus status)
    {
        if (IsWaitedFor)
        {
            EndWaitedFor(new CommandResult(result, status));
            return;
        }

        _core.SetResult(new CommandResult(result, status));
    }

    /// <summary>Ends the command without an answer of the controller's.</summary>
    public void Fail(NvmeException failure)
    {
        _failure = failure;
        End(0, default);
    }

    /// <summary>Blocks until the command has ended. Only where <see cref="IsWaitedFor"/> was set before it was sent.</summary>
    public void WaitUntilEnded(short version)
    {
        lock (_ended)
        {
            while (_core.GetStatus(version) == ValueTaskSourceStatus.Pending)
                Monitor.Wait(_ended);
        }
    }

    /// <inheritdoc/>
    public ValueTaskSourceStatus GetStatus(short token) => _core.GetStatus(token);

    /// <inheritdoc/>
    public void OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _core.OnCompleted(continuation, state, token, flags);

    int IValueTaskSource<int>.GetResult(short token)
    {
        var result = _core.GetResult(token);
        if (result.Status.IsSuccess && _failure is null)
        {
            var length = _lengthInBytes;
            Recycle();
            return length;
        }

        throw Fetch(result.Status);
    }

    void IValueTaskSource.GetResult(short token) => ((IValueTaskSource<int>)this).GetResult(token);

    CommandResult IValueTaskSource<CommandResult>.GetResult(short token)
    {
        var result = _core.GetResult(token);
        if (_failure is null && (result.Status.IsSuccess || !WasEndedByForce(result.Status)))
        {
            Recycle();
            return result;
        }

        throw Fetch(result.Status);
    }

    // Only the answer to an Abort, or to the queue's deletion, is put down to whoever wanted the command to end.
    private bool WasEndedByForce(NvmeStatus status) =>
        Escalation != CommandEscalation.None && status.Code is StatusCode.AbortRequested or StatusCode.SubmissionQueueDeleted;

    private Exception Fetch(NvmeStatus status)
    {
        Exception exception;
        var isForced = _failure is not null || WasEndedByForce(status);
        if (isForced && IsCancelled)
            exception = new OperationCanceledException(_cancellationToken);
        else if (_failure is { } failure)
            exception = new NvmeException(failure.Reason, $"{CommandText.Of(Entry, _pool.Pair)} did not end: {failure.Message}", failure);
        else if (isForced)
            exception = CommandText.TimedOut(Entry, _pool.Pair, TimeoutInMilliseconds);
        else
            exception = Failed(status);
        Recycle();
        return exception;
    }

    private NvmeException Failed(NvmeStatus status)
    {
        if (_pool.Pair.Id != 0)
            NvmeMetrics.Errors.Add(1, NvmeMetrics.IoQueue);
        return CommandText.Failed(Entry, _pool.Pair, status);
    }

    private void Cancel()
    {
        Volatile.Write(ref _isCancelled, true);
        _pool.Pair.OnCancelled();
    }

    private void EndWaitedFor(CommandResult result)
    {
        lock (_ended)
        {
            _core.SetResult(result);
            Monitor.PulseAll(_ended);
        }
    }

    private void Recycle()
    {
        if (_cancellationToken.CanBeCanceled)
        {
            // Waits for a callback that is running: none can meet the next command.
            _registration.Dispose();
            _registration = default;
            _cancellationToken = default;
            _isCancelled = false;
        }

        _failure = null;
        IsWaitedFor = false;
        _core.Reset();
        _pool.Return(this);
    }
}

/// <summary>How far the ending of a command by force has come.</summary>
internal enum CommandEscalation
{
    /// <summary>Nobody wants it ended.</summary>
    None,

    /// <summary>Its token was cancelled, and it was aborted.</summary>
    AbortedOnCancellation,

    /// <summary>Its time was over, and it was aborted.</summary>
    AbortedOnTimeout,

    /// <summary>The Abort did not help, and a reset was asked for.</summary>
    ResetRequested,
}
