using System.Diagnostics;

namespace VfioSharp.Backends.VfioUser;

// How long a reply may take, and who sees to it. A socket with a time-out (SO_RCVTIMEO) has the kernel set a timer for each message that is waited for, and
// stop it again: a sixth of a round trip. So the watch's thread keeps the time wherever it is awake while requests are made.
internal sealed partial class VfioUserConnection
{
    // Which reply is waited for while the watch keeps the time, by a number of its own; 0 for none. Written in the gate.
    private long _awaitedReply;
    private long _lastAwaitedReply;
    private bool _watchKeepsTime;

    // The watch's thread alone uses these: which reply it keeps the time of, and until when it may come. To look at the clock is left to it, which does so
    // once while thousands of replies come.
    private long _timedReply;
    private long _replyDeadline;

    // For so long the watch's thread sleeps at most. A request that begins meanwhile gets this much time more, and may get it twice.
    private int MostTimeToSleep => (int)Math.Min(ConnectionWatch.IdleTime.TotalMilliseconds, Math.Max(1, _timeout?.TotalMilliseconds ?? double.MaxValue));

    /// <summary>Leaves the time to the watch's thread, or takes it back where that sleeps during requests. Called in the gate, or before anybody knows the connection.</summary>
    private void ShareTime()
    {
        var watchKeepsTime = _watch is not null && !ListensAtOnce;
        if (watchKeepsTime == _watchKeepsTime || End is not null)
            return;
        _socket.SetTimeouts(watchKeepsTime ? null : _timeout, _timeout);
        _watchKeepsTime = watchKeepsTime;
    }

    // The time until which this thread itself waits for the reply to a request that it has just sent; for ever where the watch sees to it.
    private long BeginTime()
    {
        if (_timeoutInTicks == 0)
            return long.MaxValue;
        // A thread that spins looks at the clock by itself.
        if (!_watchKeepsTime || _busyPoll)
            return Stopwatch.GetTimestamp() + _timeoutInTicks;
        Volatile.Write(ref _awaitedReply, ++_lastAwaitedReply);
        return long.MaxValue;
    }

    private void EndTime() => Volatile.Write(ref _awaitedReply, 0);

    /// <summary>Ends the connection where a reply is late. Called by the watch's thread while a request is under way.</summary>
    /// <returns>How long that may sleep, in milliseconds.</returns>
    private int KeepTime()
    {
        var awaited = Volatile.Read(ref _awaitedReply);
        if (awaited == 0)
            return MostTimeToSleep;
        var now = Stopwatch.GetTimestamp();
        if (awaited != _timedReply)
        {
            _timedReply = awaited;
            _replyDeadline = now + _timeoutInTicks;
        }

        var left = _replyDeadline - now;
        if (left > 0)
            return (int)Math.Min(MostTimeToSleep, left / (Stopwatch.Frequency / 1000) + 1);
        // The socket is shut down with it, which wakes the thread that waits.
        Break(LateReply());
        return 0;
    }

    private ConnectionEnd LateReply() => ConnectionEnd.TimedOut($"did not answer within {Seconds}");
}
