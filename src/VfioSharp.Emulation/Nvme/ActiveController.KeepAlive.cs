using System.Diagnostics;
using VfioSharp.Nvme.Specification;

namespace VfioSharp.Emulation.Nvme;

// Keep Alive (NVMe Base 2.0, 3.9 and 5.27.1.12): a driver that has set a time tells that it is there, and a controller that does not hear of it
// stops.
internal sealed partial class ActiveController
{
    /// <summary>KAS: what times are rounded up to.</summary>
    public const int KeepAliveGranularityInMilliseconds = 100;

    private Timer? _keepAlive;
    private long _heardAt;
    private uint _keepAliveInMilliseconds;

    /// <summary>Sets the time after which the driver is taken for gone; 0 for never.</summary>
    /// <returns>The time that holds: what was asked for, rounded up.</returns>
    public uint KeepAlive(uint milliseconds)
    {
        var granules = ((ulong)milliseconds + KeepAliveGranularityInMilliseconds - 1) / KeepAliveGranularityInMilliseconds;
        _keepAliveInMilliseconds = (uint)Math.Min(granules * KeepAliveGranularityInMilliseconds, int.MaxValue);
        HearKeepAlive();
        if (_keepAliveInMilliseconds == 0)
            StopKeepAlive();
        else
            WatchKeepAlive(_keepAliveInMilliseconds);
        return _keepAliveInMilliseconds;
    }

    /// <summary>The driver is there.</summary>
    public void HearKeepAlive() => _heardAt = Stopwatch.GetTimestamp();

    /// <summary>Stops where the driver has not been heard of for too long. To be called when the controller has asked for work.</summary>
    public void CheckKeepAlive()
    {
        if (_keepAliveInMilliseconds == 0 || IsStopped)
            return;
        var left = _keepAliveInMilliseconds - Stopwatch.GetElapsedTime(_heardAt).TotalMilliseconds;
        if (left > 0)
        {
            WatchKeepAlive((uint)left + 1);
            return;
        }

        _parts.Errors.Add(0, ErrorLog.None, StatusCode.KeepAliveTimerExpired, 0, 0);
        StopKeepAlive();
        Fail();
    }

    private void StopKeepAlive()
    {
        _keepAlive?.Dispose();
        _keepAlive = null;
    }

    private void WatchKeepAlive(uint milliseconds)
    {
        _keepAlive ??= new Timer(static controller => ((ActiveController)controller!)._parts.RequestWork(), this, Timeout.Infinite, Timeout.Infinite);
        _keepAlive.Change(milliseconds, Timeout.Infinite);
    }
}
