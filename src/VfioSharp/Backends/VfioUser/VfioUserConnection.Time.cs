using System.Diagnostics;

namespace VfioSharp.Backends.VfioUser;

// How long a reply may take, and who sees to it. A socket with a time-out (SO_RCVTIMEO) has the kernel set a timer for each message that is waited for, and
// stop it again: a sixth of a round trip. So the watch's thread keeps the time wherever it is awake while requests are made.
internal sealed partial class VfioUserConnection
{
    // Of the request that is under way, by Stopwatch.GetTimestamp; written in the gate.
    private long _replyDeadline = long.MaxValue;
    private bool _watchKeepsTime;

    // A request that begins while the watch's thread sleeps is noticed to be late by no more than this.
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

    /// <summary>Ends the connection where a reply is late. Called by the watch's thread while a request is under way.</summary>
    /// <returns>How long that may sleep, in milliseconds.</returns>
    private int KeepTime()
    {
        var left = Volatile.Read(ref _replyDeadline) - Stopwatch.GetTimestamp();
        if (left > 0)
            return (int)Math.Min(MostTimeToSleep, left / (Stopwatch.Frequency / 1000) + 1);
        // The socket is shut down with it, which wakes the thread that waits.
        Break(LateReply());
        return 0;
    }

    private ConnectionEnd LateReply() => ConnectionEnd.TimedOut($"did not answer within {Seconds}");
}
