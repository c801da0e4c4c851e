using System.Globalization;
using VfioSharp.Native;

namespace VfioSharp.Conformance.Trials;

/// <summary>
/// An eventfd of which can be told whether somebody has it open still: an epoll set forgets a file when its last descriptor is closed, and the
/// kernel lists what a set watches (proc(5), /proc/pid/fdinfo, "tfd").
/// </summary>
internal sealed unsafe class EventTracer : IDisposable
{
    private readonly EventFd _event = EventFd.Create();
    private readonly FileDescriptor _watch;

    public EventTracer()
    {
        _watch = Libc.epoll_create1(Libc.O_CLOEXEC);
        var watched = new byte[16];
        fixed (byte* none = watched)
        {
            if (!_watch.IsInvalid && Libc.epoll_ctl(_watch, Libc.EPOLL_CTL_ADD, _event.Descriptor, none) == 0)
                return;
        }

        var errno = Libc.LastErrno;
        Dispose();
        throw new VfioException("watch an eventfd", null, errno, EventFd.DescriptorAdvice(errno));
    }

    /// <summary>The number to send.</summary>
    public int Number => _event.Descriptor.Number;

    /// <summary>Closes this process's own copy; those that were sent are left.</summary>
    public void CloseHere() => _event.Dispose();

    /// <summary>Whether a copy is open, once this process's own is closed.</summary>
    public bool IsOpenElsewhere =>
        File.ReadAllText($"/proc/self/fdinfo/{_watch.Number.ToString(CultureInfo.InvariantCulture)}").Contains("tfd:", StringComparison.Ordinal);

    /// <summary>Waits until the last copy is closed.</summary>
    /// <returns>Whether it was in time.</returns>
    public bool WaitForClose(TimeSpan limit) => SpinWait.SpinUntil(() => !IsOpenElsewhere, limit);

    public void Dispose()
    {
        _event.Dispose();
        _watch?.Dispose();
    }
}
