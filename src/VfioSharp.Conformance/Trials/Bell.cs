using System.Diagnostics;
using VfioSharp.Native;

namespace VfioSharp.Conformance.Trials;

/// <summary>Owns an eventfd that is given to a server as an interrupt.</summary>
internal sealed class Bell : IDisposable
{
    private readonly EventFd _event = EventFd.Create();
    private ulong _count;

    /// <summary>The number to send.</summary>
    public int Number => _event.Descriptor.Number;

    /// <summary>How often it rang so far.</summary>
    public ulong Count
    {
        get
        {
            if (_event.TryTake(out var more))
                _count += more;
            return _count;
        }
    }

    /// <summary>Waits until it has rung so often.</summary>
    /// <returns>Whether it did in time.</returns>
    public bool WaitFor(ulong count, TimeSpan limit)
    {
        var watch = Stopwatch.StartNew();
        while (Count < count)
        {
            var rest = limit - watch.Elapsed;
            if (rest <= TimeSpan.Zero)
                return false;
            _event.Wait((int)Math.Max(1, rest.TotalMilliseconds));
        }

        return true;
    }

    public void Dispose() => _event.Dispose();
}
