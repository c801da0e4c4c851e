namespace VfioSharp.Emulation.InProcess;

/// <summary>
/// Does a function's work: what an access asked for in that access's own thread, what the function's threads ask for in one of its own, which
/// starts with the first such request.
/// </summary>
internal sealed class FunctionWorker : IDisposable
{
    private readonly object _gate;
    private readonly PciFunction _function;
    private readonly FunctionHost _host;
    private readonly AutoResetEvent _wanted = new(false);
    private readonly object _starting = new();
    private Thread? _thread;
    private bool _isStopped;
    private Exception? _failure;

    /// <param name="gate">Held by whoever is in the function's code.</param>
    /// <param name="function">The function.</param>
    /// <param name="host">What it is plugged into.</param>
    public FunctionWorker(object gate, PciFunction function, FunctionHost host)
    {
        _gate = gate;
        _function = function;
        _host = host;
        function.WorkRequested += OnWorkRequested;
    }

    /// <summary>
    /// Does what the function has asked for. What it throws is kept for whoever makes the next access: the access before is done, and may have been
    /// another's than the one that the work is for. To be called with the gate held.
    /// </summary>
    public void RunWork()
    {
        if (!_function.HasWork)
            return;
        try
        {
            _function.RunWork(_host);
        }
#pragma warning disable CA1031 // The function's author may throw anything.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            _failure = exception;
        }
    }

    /// <summary>Throws where the function's work threw. To be called with the gate held.</summary>
    /// <exception cref="VfioException">It did, for the reason that is the inner exception.</exception>
    public void ThrowIfFailed(string address)
    {
        if (_failure is { } failure)
            throw new VfioException("reach the function", address, Errno.EIO, $"its work ended with {failure.GetType().Name}: {failure.Message}", failure);
    }

    /// <summary>Ends the thread; the gate must not be held.</summary>
    public void Dispose()
    {
        _function.WorkRequested -= OnWorkRequested;
        Thread? thread;
        lock (_starting)
        {
            _isStopped = true;
            thread = _thread;
        }

        _wanted.Set();
        thread?.Join();
        _wanted.Dispose();
    }

    private void OnWorkRequested(object? sender, EventArgs e)
    {
        // Who is in the function's code does the work on the way out.
        if (Monitor.IsEntered(_gate))
            return;
        lock (_starting)
        {
            if (_isStopped)
                return;
            if (_thread is null)
            {
                _thread = new Thread(Work) { IsBackground = true, Name = "VfioSharp function" };
                _thread.UnsafeStart();
            }

            _wanted.Set();
        }
    }

    private void Work()
    {
        while (_wanted.WaitOne() && !Volatile.Read(ref _isStopped))
        {
            lock (_gate)
                RunWork();
        }
    }
}
