namespace VfioSharp.Emulation;

/// <summary>
/// Lets one thread at a time into the function's code: those that make accesses, and for the function's work one of them or, where the function
/// asked from a thread of its own or is to be looked at, one that this object starts then. While work waits for an answer of the driver's side the
/// gate may be opened, so that accesses go on; other work does not begin meanwhile.
/// </summary>
internal sealed partial class FunctionGate : IDisposable
{
    // A function that asks again while it works gets so many turns by the thread that made an access, and the others by the thread for that.
    private const int MostTurnsAtOnce = 8;

    // In how many gates this thread is: one, unless functions are made of functions.
    [ThreadStatic]
    private static int Depth;

    private readonly object _gate = new();
    private readonly object _starting = new();
    private readonly PciFunction _function;
    private readonly FunctionHost _host;
    private readonly Action<Exception, string> _reportFault;
    private readonly int _connectionThread = Environment.CurrentManagedThreadId;
    private AutoResetEvent? _wakeUp;
    private Thread? _worker;
    private int _waiting;
    private int _workingThread;
    private bool _isStopped;
    private bool _isClosed;

    /// <summary>Watches the function for work. To be made on the connection's thread, where there is one.</summary>
    /// <param name="function">The function.</param>
    /// <param name="host">What it is plugged into.</param>
    /// <param name="pace">How it is looked at, where it is an <see cref="IPollingFunction"/>.</param>
    /// <param name="reportFault">Told what the function's work throws, and which member it was; on the thread on which it threw.</param>
    public FunctionGate(PciFunction function, FunctionHost host, PollingPace pace, Action<Exception, string> reportFault)
    {
        _function = function;
        _host = host;
        host.Gate = this;
        _reportFault = reportFault;
        _polled = function as IPollingFunction;
        _pace = pace;
        function.WorkRequested += OnWorkRequested;
    }

    /// <summary>Whether the calling thread is the one that does the function's work.</summary>
    public bool IsWorkingHere => Volatile.Read(ref _workingThread) == Environment.CurrentManagedThreadId;

    /// <summary>Whether a thread does the function's work, be it that it waits for the client in the midst of it. To be asked from within the gate.</summary>
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

    /// <summary>Waits until nobody is in the function's code, and goes in. The thread that looks at the function makes room at once.</summary>
    public void Enter()
    {
        if (!Monitor.TryEnter(_gate))
        {
            Interlocked.Increment(ref _waiting);
            try
            {
                Monitor.Enter(_gate);
            }
            finally
            {
                Interlocked.Decrement(ref _waiting);
            }
        }

        Depth++;
    }

    /// <summary>Goes out.</summary>
    public void Exit()
    {
        Depth--;
        Monitor.Exit(_gate);
    }

    /// <summary>Goes in, and out with the disposal of what it returns.</summary>
    public Turn TakeTurn()
    {
        Enter();
        return new Turn(this);
    }

    /// <summary>
    /// Does the work that the function has asked for, and sees to it that the function is looked at where it is to be. Nothing happens where there is no
    /// work, or another thread is at it: that one looks again.
    /// </summary>
    public void RunWork()
    {
        var isAskedFor = _function.HasWork;
        if (isAskedFor && DoWork())
            WakeUp();
        WakePolling(isAskedFor);
    }

    /// <summary>Ends the thread, after the work that it is at; for the connection's thread, outside of the gate.</summary>
    public void Dispose()
    {
        _function.WorkRequested -= OnWorkRequested;
        lock (_starting)
            Volatile.Write(ref _isClosed, true);
        _wakeUp?.Set();
        _worker?.Join();
        _wakeUp?.Dispose();
    }

    /// <summary>A thread's time in the gate.</summary>
    public readonly ref struct Turn(FunctionGate gate)
    {
        /// <summary>Goes out.</summary>
        public void Dispose() => gate.Exit();
    }

    // Whether the function has asked for more than it got turns for.
    private bool DoWork()
    {
        Enter();
        try
        {
            if (_workingThread != 0 || _isStopped || _isClosed)
                return false;
            Volatile.Write(ref _workingThread, Environment.CurrentManagedThreadId);
            for (var turn = 0; turn < MostTurnsAtOnce && _function.HasWork; turn++)
                _function.RunTurn(_host);
            return _function.HasWork;
        }
        catch (Exception exception)
        {
            _reportFault(exception, nameof(PciFunction.RunWork));
            return false;
        }
        finally
        {
            if (IsWorkingHere)
                Volatile.Write(ref _workingThread, 0);
            Exit();
        }
    }

    private void OnWorkRequested(object? sender, EventArgs arguments)
    {
        // Who is in the gate looks for work when it has come out.
        if (!Monitor.IsEntered(_gate))
            WakeUp();
    }

    private void WakeUp()
    {
        lock (_starting)
        {
            if (_isClosed)
                return;
            if (_worker is null)
            {
                _wakeUp ??= new AutoResetEvent(false);
                var worker = new Thread(Work) { IsBackground = true, Name = "VfioSharp function" };
                worker.UnsafeStart();
                _worker = worker;
            }

            _wakeUp!.Set();
        }
    }

    private void Work()
    {
        while (!Volatile.Read(ref _isClosed))
        {
            _wakeUp!.WaitOne();
            if (Volatile.Read(ref _isClosed))
                return;
            while (_function.HasWork && DoWork())
                LetOthersIn();
            if (_polled is not null && IsToBePolled(_polled))
                KeepPolling(_polled);
        }
    }
}
