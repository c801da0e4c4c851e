using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace VfioSharp.Nvme;

// One thread is in here: the queue pair's own, or with Manual the caller's. With Manual a continuation runs in the middle of it, and may
// come in here again: everything is as it should be whenever one runs.
public sealed partial class NvmeQueuePair
{
    // How many looks go by between two at the clock, which costs as much as many looks.
    private const uint LooksPerClock = 64;

    private long _strayCompletions;
    private uint _looks;

    // Somebody else wants something of the thread that reaps: see Attend.
    private bool _needsAttention;

    /// <summary>
    /// Looks for completions and ends their commands: what awaits them runs before this returns, in this thread. Notices time-outs, too. Only for
    /// <see cref="NvmeCompletionMode.Manual"/>.
    /// </summary>
    /// <returns>How many completions there were, at most as many as the queue holds; 0 where there were none.</returns>
    /// <exception cref="InvalidOperationException">The queue pair reaps by a thread of its own.</exception>
    public int Poll()
    {
        if (HasThread)
            ThrowReapsItself();
        return Reap();
    }

    private int Reap()
    {
        if (_needsAttention)
            Attend();
        // What a controller that was stopped has left in the queue is nobody's any more.
        if (_failure is not null || _isClosed)
            return 0;
        if ((++_looks & (LooksPerClock - 1)) == 0)
            CheckClock();
        // Inside of a continuation: what was sent before it has to be told of now, as the caller may be waiting for it.
        if (_isReaping)
            RingAlone();

        var count = 0;
        if (!_completions.TryTake(out var completion))
            return 0;
        var wasReaping = _isReaping;
        _isReaping = !HasThread;
        try
        {
            do
            {
                count++;
                End(in completion);
            }
            // A controller that completes without end must not keep the caller for ever; and what follows an await may have disposed of the queue pair.
            while (!_isClosed && count < _completions.EntryCount && _completions.TryTake(out completion));
        }
        finally
        {
            _isReaping = wasReaping;
            if (!_isClosed)
                EndReaping();
        }

        return count;
    }

    private void EndReaping()
    {
        _completions.Acknowledge();
        if (HasThread)
        {
            // With the barrier of the thread that submits: see Wait.
            Interlocked.MemoryBarrier();
        }

        if (Volatile.Read(ref _firstWaiting) is not null)
            SendWaiting();
        if (!HasThread)
            RingAlone();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void End(in Completion completion)
    {
        var id = completion.CommandId;
        var slot = id & ((1 << _slotBits) - 1);
        if (completion.SubmissionQueueId != _setup.Id || (uint)slot >= (uint)_inFlight.Length
            || Volatile.Read(ref _inFlight[slot]) is not { } command || command.Id != id)
        {
            OnStray(in completion);
            return;
        }

        _inFlight[slot] = null;
        _freeSlots.Give(slot);
        command.End(completion.Result, completion.Status);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void OnStray(in Completion completion)
    {
        var count = Interlocked.Increment(ref _strayCompletions);
        // A controller that sends nothing else must not fill the log: 1, 2, 4, 8, ...
        if ((count & (count - 1)) == 0 && _setup.Logger is { } logger)
            QueueLog.StrayCompletion(logger, Owner.Address, Id, completion.CommandId, completion.SubmissionQueueId, count);
    }

    private static void ThrowReapsItself() =>
        throw new InvalidOperationException($"A queue pair is polled by its caller only where it was made with {nameof(NvmeCompletionMode)}.{nameof(NvmeCompletionMode.Manual)}.");

    private static long NowInMilliseconds() => Stopwatch.GetTimestamp() / (Stopwatch.Frequency / 1000) + 1;
}
