namespace VfioSharp.Emulation.VfioUser;

/// <summary>
/// Lets one thread at a time into the function's code: the connection's for requests, and for the function's work that thread or, where the
/// function asked from a thread of its own, one that this object starts then. While work waits for an answer of the client the gate is open, so
/// that requests go on being answered; other work does not begin meanwhile.
/// </summary>
internal sealed class FunctionGate : IDisposable
{
    // In how many gates this thread is: one, unless functions are made of functions.
    [ThreadStatic]
    private static int Depth;

    private readonly object _gate = new();
    private readonly object _starting = new();
    private readonly ServedFunction _served;
    private readonly FunctionHost _host;
    private readonly int _connectionThread = Environment.CurrentManagedThreadId;
    private AutoResetEvent? _wakeUp;
    private Thread? _worker;
    private int _workingThread;
    private bool _isStopped;
    private bool _isClosed;

    /// <summary>Watches the function for work. To be made on the connection's thread.</summary>
    public FunctionGate(ServedFunction served, FunctionHost host)
    {
        _served = served;
        _host = host;
        served.Function.WorkRequested += OnWorkRequested;
    }

    /// <summary>Whether the calling thread is the one that does the function's work.</summary>
    public bool IsWorkingHere => Volatile.Read(ref _workingThread) == Environment.CurrentManagedThreadId;

    /// <summary>Whether a thread does the function's work, be it that it waits for the client in the midst of it.</summary>
    public bool IsWorking => Volatile.Read(ref _workingThread) != 0;

    /// <summary>Whether the calling thread is the connection's.</summary>
    public bool IsConnectionsThread => _connectionThread == Environment.CurrentManagedThreadId;

    /// <summary>Whether the device is stopped, in which it does no work. Set from within the gate.</summary>
    public bool IsStopped
    {
        get => Volatile.Read(ref _isStopped);
        set => Volatile.Write(ref _isStopped, value);
    }

    /// <summary>Whether the calling thread is in some function's code: then it must not wait for the end of a server.</summary>
    public static bool IsInside => Depth != 0;

    /// <summary>Waits until nobody is in the function's code, and goes in.</summary>
    public void Enter()
    {
        Monitor.Enter(_gate);
        Depth++;
    }

    /// <summary>Goes out.</summary>
    public void Exit()
    {
        Depth--;
        Monitor.Exit(_gate);
    }

    /// <summary>Does the work that the function has asked for. Nothing happens where there is none, or another thread is at it: that one looks again.</summary>
    public void RunWork()
    {
        if (!_served.Function.HasWork)
            return;
        Enter();
        try
        {
            if (_workingThread != 0 || _isStopped || _isClosed)
                return;
            Volatile.Write(ref _workingThread, Environment.CurrentManagedThreadId);
            _served.Function.RunWork(_host);
        }
        catch (Exception exception)
        {
            _served.ReportFault(exception, nameof(PciFunction.RunWork));
        }
        finally
        {
            if (IsWorkingHere)
                Volatile.Write(ref _workingThread, 0);
            Exit();
        }
    }

    /// <summary>Ends the thread, after the work that it is at; for the connection's thread, outside of the gate.</summary>
    public void Dispose()
    {
        _served.Function.WorkRequested -= OnWorkRequested;
        lock (_starting)
            _isClosed = true;
        _wakeUp?.Set();
        _worker?.Join();
        _wakeUp?.Dispose();
    }

    private void OnWorkRequested(object? sender, EventArgs arguments)
    {
        // Who is in the gate looks for work when it has come out.
        if (Monitor.IsEntered(_gate))
            return;
        lock (_starting)
        {
            if (_isClosed)
                return;
            if (_worker is null)
            {
                _wakeUp = new AutoResetEvent(false);
                _worker = new Thread(Work) { IsBackground = true, Name = "vfio-user work" };
                _worker.UnsafeStart();
            }

            _wakeUp!.Set();
        }
    }

    private void Work()
    {
        while (_wakeUp!.WaitOne() && !Volatile.Read(ref _isClosed))
            RunWork();
    }
}
