using System.Runtime.InteropServices;

namespace VfioSharp.Native;

#pragma warning disable IDE1006, CA1707 // libc's own names

internal static unsafe partial class Libc
{
    /// <summary>Sleeps, also for less than the millisecond that the class library counts in; a signal ends it early.</summary>
    /// <param name="duration">How long, not negative.</param>
    public static void Sleep(TimeSpan duration)
    {
        var time = new TimeSpecification
        {
            Seconds = duration.Ticks / TimeSpan.TicksPerSecond,
            Nanoseconds = duration.Ticks % TimeSpan.TicksPerSecond * (1_000_000_000 / TimeSpan.TicksPerSecond),
        };
        _ = nanosleep(&time, null);
    }

    [DllImport("libc")]
    private static extern int nanosleep(TimeSpecification* requested, TimeSpecification* remaining);

    /// <summary>struct timespec of 64-bit hosts.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct TimeSpecification
    {
        public long Seconds;
        public long Nanoseconds;
    }
}
