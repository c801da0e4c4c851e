namespace VfioSharp.Nvme;

public sealed partial class NvmeQueuePair
{
    private bool _isClosed;
    private bool _isDisposed;
    private int _disposals;

    /// <summary>Whether it is disposed of, and takes no command any more. For any thread; a command that was refused for it sees it.</summary>
    internal bool IsDisposed => Volatile.Read(ref _isDisposed);

    /// <summary>Whether the controller knows the queues.</summary>
    internal bool IsCreated { get; private set; }

    /// <summary>
    /// Deletes the queues at the controller and gives their memory back. What is outstanding is completed by the controller, or ends with
    /// <see cref="NvmeFailure.Reset"/>, before this returns. A second call does nothing.
    /// </summary>
    public void Dispose() => DisposeAsync().AsTask().GetAwaiter().GetResult();

    /// <inheritdoc cref="Dispose"/>
    /// <returns>A task that ends when everything is given back.</returns>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposals, 1) != 0)
            return;
        Close();
        Volatile.Write(ref _isStopping, true);
        WakeThread();
        // In the thread itself this is what follows an await: the thread ends after it, and touches nothing more.
        if (_thread != Thread.CurrentThread)
            _thread?.Join();
        // Without this, and without a controller that was stopped, it might still write to the memory of commands.
        if (IsCreated && Id != 0 && Volatile.Read(ref _failure) is null)
            await Owner.DeleteAsync(this).ConfigureAwait(false);
        if (Volatile.Read(ref _failure) is null)
            EndWhatIsCompleted();
        FailAll(_failure ?? new NvmeException(NvmeFailure.Reset, "The queue pair was disposed."));
        _wake.Dispose();
        ReleaseMemory();
    }

    // The controller does not know the queue any more, and is not told how far it was read.
    private void EndWhatIsCompleted()
    {
        for (var count = 0; count < _completions.EntryCount && _completions.TryTake(out var completion); count++)
            End(in completion);
    }

    private void ReleaseMemory()
    {
        _registers?.Dispose();
        _shadows?.Dispose();
        if (_controllerMemory is not null)
            _setup.ControllerMemory!.Free(_controllerMemory);
        _memory?.Dispose();
    }

    private void Close()
    {
        if (_gate is null)
        {
            _isDisposed = _isClosed = true;
            return;
        }

        lock (_gate)
            _isDisposed = _isClosed = true;
    }
}
