using System.Diagnostics;
using VfioSharp.Native;

namespace VfioSharp.Emulation;

// How a function is looked at again and again, by this object's thread. It stays in the gate from one look to the next, so that a look costs no lock; a
// monitor would give the gate back to it before others that wait, which is why those are counted.
internal sealed partial class FunctionGate
{
    // A look at queues with nothing in them takes a few tens of nanoseconds, and the clock as much again.
    private const int LooksBetweenClocks = 64;

    private readonly IPollingFunction? _polled;
    private readonly PollingPace _pace;
    private bool _isPollingAwake;
    private bool _restsUntilAsked;

    private enum NextStep
    {
        /// <summary>There is nothing to look at until somebody wakes the thread up.</summary>
        WaitForRequest,

        /// <summary>Others wait in front of the gate.</summary>
        GiveWay,

        /// <summary>Nothing was found for long enough.</summary>
        Rest,
    }

    /// <summary>Whether this object's thread looks at the function, without sleeping in the kernel until it is told of work.</summary>
    public bool IsPolling => Volatile.Read(ref _isPollingAwake);

    // Behind each access. What changed since this thread looked at the flags changed in the gate, and so did they: nothing is missed.
    private void WakePolling(bool isAskedFor)
    {
        if (_polled is null || Volatile.Read(ref _isPollingAwake) || (Volatile.Read(ref _restsUntilAsked) && !isAskedFor))
            return;
        if (!IsStopped && IsToBePolled(_polled))
            WakeUp();
    }

    private bool IsToBePolled(IPollingFunction polled)
    {
        try
        {
            return polled.IsPolling;
        }
        catch (Exception exception)
        {
            _reportFault(exception, nameof(IPollingFunction.IsPolling));
            return false;
        }
    }

    private void KeepPolling(IPollingFunction polled)
    {
        var rest = TimeSpan.Zero;
        while (true)
        {
            switch (LookUntilIdle(polled, ref rest))
            {
                case NextStep.WaitForRequest:
                    return;
                case NextStep.GiveWay:
                    LetOthersIn();
                    break;
                default:
                    rest = Sleep(rest);
                    break;
            }
        }
    }

    private NextStep LookUntilIdle(IPollingFunction polled, ref TimeSpan rest)
    {
        var step = NextStep.WaitForRequest;
        Monitor.Enter(_gate);
        Depth++;
        try
        {
            Volatile.Write(ref _isPollingAwake, true);
            Volatile.Write(ref _restsUntilAsked, false);
            if (_workingThread != 0)
                return step = NextStep.Rest;
            Volatile.Write(ref _workingThread, Environment.CurrentManagedThreadId);
            return step = Look(polled, ref rest);
        }
        catch (Exception exception)
        {
            // Who throws at one look throws at the next.
            _restsUntilAsked = true;
            _reportFault(exception, nameof(IPollingFunction.Poll));
            return step;
        }
        finally
        {
            if (IsWorkingHere)
                Volatile.Write(ref _workingThread, 0);
            if (step == NextStep.WaitForRequest)
                Volatile.Write(ref _isPollingAwake, false);
            Depth--;
            Monitor.Exit(_gate);
        }
    }

    private NextStep Look(IPollingFunction polled, ref TimeSpan rest)
    {
        var idleSince = 0L;
        var looks = 0;
        while (true)
        {
            if (Volatile.Read(ref _isClosed) || _isStopped)
                return NextStep.WaitForRequest;
            if (Volatile.Read(ref _waiting) != 0)
                return NextStep.GiveWay;
            if (_function.HasWork)
                _function.RunTurn(_host);
            else if (!polled.IsPolling)
                return NextStep.WaitForRequest;
            else if (!polled.Poll(_host))
            {
                if (rest != TimeSpan.Zero)
                    return AskForRest(polled);
                if (++looks < LooksBetweenClocks)
                    continue;
                looks = 0;
                if (!IsOver(ref idleSince) || _pace.NeverRests)
                    continue;
                if (AskForRest(polled) is var step && step == NextStep.WaitForRequest)
                    return step;
                // Not to sleep over what came while the function was busy with its answer.
                if (!polled.Poll(_host))
                    return step;
            }

            idleSince = 0;
            rest = TimeSpan.Zero;
        }
    }

    private bool IsOver(ref long idleSince)
    {
        // Whoever shares the processor with this thread may be the one that has something for it.
        Thread.Yield();
        var now = Stopwatch.GetTimestamp();
        if (idleSince == 0)
            idleSince = now;
        return now - idleSince >= _pace.SpinInTicks;
    }

    private NextStep AskForRest(IPollingFunction polled)
    {
        if (!polled.TryRest(_host))
            return NextStep.Rest;
        _restsUntilAsked = true;
        return NextStep.WaitForRequest;
    }

    // They are awake or about to be, since the gate was opened for one of them: this takes as long as that.
    private void LetOthersIn()
    {
        while (Volatile.Read(ref _waiting) != 0)
            Thread.Yield();
    }

    // Returns how long the next one is to be, should this one have been for nothing.
    private TimeSpan Sleep(TimeSpan rest)
    {
        if (rest == TimeSpan.Zero)
            rest = PollingPace.ShortestRest;
        if (rest < TimeSpan.FromMilliseconds(1))
            Libc.Sleep(rest);
        else
            // Only here it is worth while to be woken up before.
            _wakeUp!.WaitOne(rest);
        return rest + rest < _pace.LongestRest ? rest + rest : _pace.LongestRest;
    }
}
