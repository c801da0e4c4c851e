using System.Runtime.ExceptionServices;
using System.Threading.Tasks.Sources;

namespace VfioSharp;

/// <summary>
/// The class library's structure of this name, as it has been since .NET 5: it is complete for <see cref="GetStatus"/> only when completing it has
/// nothing more to do with it. Before, and on Mono, whoever saw it complete and used it again could meet the end of the completion before,
/// which then took the next operation's continuation for its own.
/// </summary>
internal struct ManualResetValueTaskSourceCore<TResult>
{
    // Stands where a continuation would, once the operation is complete without one.
    private static readonly Action<object?> Completed = static _ => throw new InvalidOperationException();

    private Action<object?>? _continuation;
    private object? _continuationState;
    private ExecutionContext? _executionContext;
    private object? _schedulingContext;
    private ExceptionDispatchInfo? _error;
    private TResult _result;
    private bool _isCompleted;

    /// <summary>Whether a continuation that waits runs on another thread than the one that completes.</summary>
    public bool RunContinuationsAsynchronously { readonly get; set; }

    /// <summary>The number of the operation, counted by <see cref="Reset"/>.</summary>
    public short Version { readonly get; private set; }

    /// <summary>Makes ready for the next operation.</summary>
    public void Reset()
    {
        Version++;
        _isCompleted = false;
        _result = default!;
        _error = null;
        _executionContext = null;
        _schedulingContext = null;
        _continuationState = null;
        Volatile.Write(ref _continuation, null);
    }

    /// <summary>Completes with a result.</summary>
    public void SetResult(TResult result)
    {
        _result = result;
        Complete();
    }

    /// <summary>Completes with an exception.</summary>
    public void SetException(Exception error)
    {
        _error = ExceptionDispatchInfo.Capture(error);
        Complete();
    }

    /// <summary>How far the operation is.</summary>
    public ValueTaskSourceStatus GetStatus(short token)
    {
        Check(token);
        if (Volatile.Read(ref _continuation) is null || !_isCompleted)
            return ValueTaskSourceStatus.Pending;
        return _error is null ? ValueTaskSourceStatus.Succeeded
            : _error.SourceException is OperationCanceledException ? ValueTaskSourceStatus.Canceled
            : ValueTaskSourceStatus.Faulted;
    }

    /// <summary>The result, or the exception, of a completed operation.</summary>
    public TResult GetResult(short token)
    {
        Check(token);
        if (!_isCompleted)
            throw new InvalidOperationException();
        _error?.Throw();
        return _result;
    }

    /// <summary>Has a continuation run when the operation is complete.</summary>
    public void OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags)
    {
        Check(token);
        if ((flags & ValueTaskSourceOnCompletedFlags.FlowExecutionContext) != 0)
            _executionContext = ExecutionContext.Capture();
        if ((flags & ValueTaskSourceOnCompletedFlags.UseSchedulingContext) != 0)
            _schedulingContext = CurrentSchedulingContext();
        _continuationState = state;
        var previous = Interlocked.CompareExchange(ref _continuation, continuation, null);
        if (previous is null)
            return;
        if (!ReferenceEquals(previous, Completed))
            throw new InvalidOperationException();
        Run(continuation, state, _executionContext, _schedulingContext, isAsynchronous: true);
    }

    private static object? CurrentSchedulingContext()
    {
        if (SynchronizationContext.Current is { } context && context.GetType() != typeof(SynchronizationContext))
            return context;
        return TaskScheduler.Current == TaskScheduler.Default ? null : TaskScheduler.Current;
    }

    private static void Run(Action<object?> continuation, object? state, ExecutionContext? executionContext, object? schedulingContext, bool isAsynchronous)
    {
        if (executionContext is not null)
        {
            var inner = continuation;
            continuation = outerState => ExecutionContext.Run(executionContext, new ContextCallback(inner), outerState);
        }

        if (schedulingContext is SynchronizationContext context)
            context.Post(new SendOrPostCallback(continuation), state);
        else if (schedulingContext is TaskScheduler scheduler)
            Task.Factory.StartNew(continuation, state, CancellationToken.None, TaskCreationOptions.DenyChildAttach, scheduler);
        else if (isAsynchronous)
            ThreadPool.UnsafeQueueUserWorkItem(new WaitCallback(continuation), state);
        else
            continuation(state);
    }

    private void Complete()
    {
        if (_isCompleted)
            throw new InvalidOperationException();
        _isCompleted = true;
        // Where nothing waits yet, this is the last that is done here: from now on the structure may be used again.
        var continuation = Volatile.Read(ref _continuation) ?? Interlocked.CompareExchange(ref _continuation, Completed, null);
        if (continuation is not null)
            Run(continuation, _continuationState, _executionContext, _schedulingContext, RunContinuationsAsynchronously);
    }

    private readonly void Check(short token)
    {
        if (token != Version)
            throw new InvalidOperationException();
    }
}
