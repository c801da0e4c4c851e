using VfioSharp.Interrupts;

namespace VfioSharp.Nvme;

// The thread that reaps, where the queue pair has one. While nothing is outstanding it is parked, without a time to wake at; the first command
// after that wakes it, so that its time-out is noticed.
public sealed partial class NvmeQueuePair
{
    // Between two commands that follow each other nobody should have to be woken: the thread parks only after a while of nothing.
    private const int LingerInMilliseconds = 20;

    // How often a queue pair looks that polls and has nothing but event requests, which may be completed in a year.
    private const int LazyLookInMilliseconds = 100;

    // Wakes a thread that polls, and one whose vector has ended.
    private readonly AutoResetEvent _wake = new(false);
    private Thread? _thread;
    private long _quietSinceInMilliseconds;
    private bool _isParked;
    private bool _isStopping;
    private bool _hasVectorEnded;

    /// <summary>What is outstanding.</summary>
    private enum Outstanding
    {
        /// <summary>Nothing.</summary>
        Nothing,

        /// <summary>Only commands that may take for ever.</summary>
        EventRequests,

        /// <summary>Commands that should be completed soon.</summary>
        Commands,
    }

    /// <summary>The queues exist at the controller: from here on commands can be sent.</summary>
    internal void Start()
    {
        IsCreated = true;
        if (!HasThread)
            return;
        _thread = new Thread(ReapUntilStopped) { IsBackground = true, Name = $"NVMe queue pair {Id}" };
        _thread.UnsafeStart();
    }

    private void ReapUntilStopped()
    {
        while (!Volatile.Read(ref _isStopping))
        {
            if (Reap() > 0 || Volatile.Read(ref _needsAttention))
                _quietSinceInMilliseconds = 0;
            else if (_setup.Vector is { } vector && !_hasVectorEnded)
                SleepUntilInterrupt(vector, DescribeOutstanding());
            else
                PauseBetweenLooks(DescribeOutstanding());
        }
    }

    // The counter of the eventfd keeps what came between the last look and the wait.
    private void SleepUntilInterrupt(InterruptVector vector, Outstanding outstanding)
    {
        CheckClock();
        if (outstanding == Outstanding.Commands)
            Wait(vector, TimeSpan.FromMilliseconds(_checkPeriodInMilliseconds));
        else if (IsLingering())
            Wait(vector, TimeSpan.FromMilliseconds(LingerInMilliseconds));
        else if (TryPark(outstanding))
            Wait(vector, Timeout.InfiniteTimeSpan);
        Volatile.Write(ref _isParked, false);
    }

    // An admin command may take an hour, and a controller whose vector has ended is not what a processor should be spent on.
    private void PauseBetweenLooks(Outstanding outstanding)
    {
        if (outstanding == Outstanding.Commands && Id != 0 && !_hasVectorEnded)
        {
            Thread.SpinWait(1);
            return;
        }

        if (IsLingering())
        {
            Thread.SpinWait(20);
            return;
        }

        CheckClock();
        if (TryPark(outstanding))
        {
            _wake.WaitOne(outstanding switch
            {
                Outstanding.Nothing => Timeout.Infinite,
                Outstanding.EventRequests => LazyLookInMilliseconds,
                _ => 1,
            });
        }

        Volatile.Write(ref _isParked, false);
    }

    private bool IsLingering()
    {
        var now = NowInMilliseconds();
        if (_quietSinceInMilliseconds == 0)
            _quietSinceInMilliseconds = now;
        return now - _quietSinceInMilliseconds < LingerInMilliseconds;
    }

    private void Wait(InterruptVector vector, TimeSpan time)
    {
        try
        {
            vector.Wait(time);
        }
        catch (Exception exception) when (exception is ObjectDisposedException or VfioException)
        {
            // The device was closed, or its interrupts were switched off: whoever did that ends the queue pair, too.
            _hasVectorEnded = true;
            if (_setup.Logger is { } logger && !Volatile.Read(ref _isStopping))
                QueueLog.VectorEnded(logger, exception, Owner.Address, Id);
        }
    }

    private Outstanding DescribeOutstanding()
    {
        if (_freeSlots.Count == Depth)
            return Outstanding.Nothing;
        if (Id != 0)
            return Outstanding.Commands;
        foreach (var command in _inFlight)
        {
            if (command is { TimeoutInMilliseconds: > 0 })
                return Outstanding.Commands;
        }

        return Outstanding.EventRequests;
    }

    // Either this sees the command, or who sent it sees the flag: both write, then look, with a barrier in between.
    private bool TryPark(Outstanding outstanding)
    {
        Volatile.Write(ref _isParked, true);
        Interlocked.MemoryBarrier();
        return DescribeOutstanding() == outstanding && !Volatile.Read(ref _needsAttention) && !Volatile.Read(ref _isStopping);
    }

    private void WakeParkedThread()
    {
        Interlocked.MemoryBarrier();
        if (Volatile.Read(ref _isParked))
            WakeThread();
    }

    private void WakeThread()
    {
        if (!HasThread)
            return;
        try
        {
            _wake.Set();
            _setup.Vector?.Wake();
        }
        catch (ObjectDisposedException)
        {
            // The queue pair has been disposed, or its vector, which the thread notices by itself.
        }
    }
}
