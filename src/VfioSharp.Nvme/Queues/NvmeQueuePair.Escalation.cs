using VfioSharp.Nvme.Diagnostics;

namespace VfioSharp.Nvme;

// What happens to commands that somebody no longer waits for, and to a controller that does not give them back. All of it in the thread that
// reaps: nothing ends while it is being looked at.
public sealed partial class NvmeQueuePair
{
    private const long LongestCheckPeriod = 250;
    private const long ShortestAbortTime = 100;
    private const long LongestAbortTime = 10_000;

    private long _checkPeriodInMilliseconds;
    private long _nextCheckInMilliseconds;
    private bool _hasCancellations;
    private bool _hasAskedForReset;

    // Why the queue pair has ended; set once, by any thread.
    private NvmeException? _failure;

    /// <summary>
    /// Ends the queue pair: what is outstanding ends with this, and so does whatever is submitted later. The caller knows that the controller writes
    /// to no memory of these commands any more: it is stopped or gone. Returns at once; the commands end in the thread that reaps, with Manual in the next
    /// <see cref="Poll"/>. A second call does nothing.
    /// </summary>
    /// <param name="failure">Why.</param>
    internal void Fail(NvmeException failure)
    {
        if (Interlocked.CompareExchange(ref _failure, failure, null) is null)
            CallForAttention();
    }

    /// <summary>A command's token was cancelled. From any thread, also one that is just sending that command.</summary>
    internal void OnCancelled()
    {
        Volatile.Write(ref _hasCancellations, true);
        CallForAttention();
    }

    private static long CheckPeriod(long timeoutInMilliseconds) =>
        timeoutInMilliseconds == 0 ? LongestCheckPeriod : Math.Clamp(timeoutInMilliseconds / 8, 1, LongestCheckPeriod);

    private void CallForAttention()
    {
        Volatile.Write(ref _needsAttention, true);
        WakeThread();
    }

    private void Attend()
    {
        // In this order: what is asked for from here on is asked for again.
        Volatile.Write(ref _needsAttention, false);
        Interlocked.MemoryBarrier();
        if (Volatile.Read(ref _failure) is { } failure)
        {
            FailAll(failure);
            return;
        }

        if (!Volatile.Read(ref _hasCancellations))
            return;
        Volatile.Write(ref _hasCancellations, false);
        Interlocked.MemoryBarrier();
        CancelWaiting();
        foreach (var command in _inFlight)
        {
            if (command is { IsCancelled: true, Escalation: CommandEscalation.None })
            {
                command.Escalation = CommandEscalation.AbortedOnCancellation;
                Owner.BeginAbort(this, command.Id);
            }
        }
    }

    // The callback of the token may have run before the command could be found in its slot.
    private void LookForCancellation(int slot)
    {
        Interlocked.MemoryBarrier();
        if (Volatile.Read(ref _inFlight[slot]) is { IsCancelled: true })
            OnCancelled();
    }

    private void CheckClock()
    {
        var now = NowInMilliseconds();
        if (now < _nextCheckInMilliseconds)
            return;
        _nextCheckInMilliseconds = now + _checkPeriodInMilliseconds;
        if (LookForLateCommands(now) && !_hasAskedForReset && Owner.CheckHealth() is { } failure)
            AskForReset(failure);
    }

    // The time of a command begins when it is first seen here, which spares the clock when it is sent. Says whether any has a time.
    private bool LookForLateCommands(long now)
    {
        var isAnyTimed = false;
        for (var slot = 0; slot < _inFlight.Length; slot++)
        {
            if (Volatile.Read(ref _inFlight[slot]) is not { TimeoutInMilliseconds: > 0 } command)
                continue;
            isAnyTimed = true;
            if (command.SeenAtInMilliseconds == 0)
                command.SeenAtInMilliseconds = now;
            else
                Escalate(command, now);
        }

        return isAnyTimed;
    }

    private void Escalate(NvmeCommand command, long now)
    {
        var elapsed = now - command.SeenAtInMilliseconds;
        switch (command.Escalation)
        {
            case CommandEscalation.None or CommandEscalation.AbortedOnCancellation when elapsed >= command.TimeoutInMilliseconds:
                command.Escalation = CommandEscalation.AbortedOnTimeout;
                command.SeenAtInMilliseconds = now;
                if (_setup.Logger is { } logger)
                    QueueLog.CommandLate(logger, Owner.Address, CommandText.Of(command.Entry, this), command.TimeoutInMilliseconds);
                NvmeMetrics.Timeouts.Add(1, Id == 0 ? NvmeMetrics.AdminQueue : NvmeMetrics.IoQueue);
                Owner.BeginAbort(this, command.Id);
                break;
            case CommandEscalation.AbortedOnTimeout when elapsed >= Math.Clamp(command.TimeoutInMilliseconds, ShortestAbortTime, LongestAbortTime):
                command.Escalation = CommandEscalation.ResetRequested;
                AskForReset(CommandText.Stuck(command.Entry, this, command.TimeoutInMilliseconds));
                break;
        }
    }

    private void AskForReset(NvmeException cause)
    {
        if (_hasAskedForReset)
            return;
        _hasAskedForReset = true;
        Owner.BeginReset(this, cause);
    }

    private void CancelWaiting()
    {
        NvmeCommand? cancelled = null;
        if (_gate is null)
        {
            cancelled = TakeCancelledLocked();
        }
        else
        {
            lock (_gate)
                cancelled = TakeCancelledLocked();
        }

        EndEach(cancelled, new NvmeException(NvmeFailure.Reset, "it was cancelled before it was sent."));
    }

    private NvmeCommand? TakeCancelledLocked()
    {
        NvmeCommand? cancelled = null;
        var all = _firstWaiting;
        _firstWaiting = _lastWaiting = null;
        while (all is { } command)
        {
            all = command.Next;
            command.Next = null;
            if (command.IsCancelled)
            {
                command.Next = cancelled;
                cancelled = command;
                continue;
            }

            if (_firstWaiting is null)
                _firstWaiting = command;
            else
                _lastWaiting!.Next = command;
            _lastWaiting = command;
        }

        return cancelled;
    }

    private void FailAll(NvmeException failure)
    {
        // Who submits after this sees the failure; who was quicker has the command where it is found.
        NvmeCommand? waiting;
        if (_gate is null)
        {
            waiting = TakeAllWaiting();
        }
        else
        {
            lock (_gate)
                waiting = TakeAllWaiting();
        }

        for (var slot = 0; slot < _inFlight.Length; slot++)
        {
            if (_inFlight[slot] is not { } command)
                continue;
            _inFlight[slot] = null;
            _freeSlots.Give(slot);
            command.Fail(failure);
        }

        EndEach(waiting, failure);
    }

    private NvmeCommand? TakeAllWaiting()
    {
        var all = _firstWaiting;
        _firstWaiting = _lastWaiting = null;
        return all;
    }

    private static void EndEach(NvmeCommand? first, NvmeException failure)
    {
        while (first is { } command)
        {
            first = command.Next;
            command.Next = null;
            command.Fail(failure);
        }
    }
}
