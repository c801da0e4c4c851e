using System.Diagnostics;

namespace VfioSharp.Emulation;

/// <summary>How a thread looks at an <see cref="IPollingFunction"/>. Immutable.</summary>
internal sealed class PollingPace
{
    /// <summary>The shortest sleep between two looks.</summary>
    public static readonly TimeSpan ShortestRest = TimeSpan.FromTicks(50 * TimeSpan.TicksPerMillisecond / 1000);

    /// <summary>Makes one.</summary>
    /// <param name="spin">How long the thread goes on looking without a pause once there is nothing.</param>
    /// <param name="longestRest">How long it sleeps at most between two looks, where the function cannot tell of new work.</param>
    /// <param name="neverRests">Whether it does neither sleep nor ask whether it may.</param>
    public PollingPace(TimeSpan spin, TimeSpan longestRest, bool neverRests)
    {
        SpinInTicks = (long)(spin.TotalSeconds * Stopwatch.Frequency);
        LongestRest = longestRest;
        NeverRests = neverRests;
    }

    /// <summary>What a function gets that nobody says anything else of.</summary>
    public static PollingPace Default { get; } = new(DefaultSpin, DefaultLongestRest, neverRests: false);

    /// <summary>How long to look without a pause.</summary>
    public static TimeSpan DefaultSpin => TimeSpan.FromTicks(TimeSpan.TicksPerMillisecond / 10);

    /// <summary>How long to sleep at most.</summary>
    public static TimeSpan DefaultLongestRest => TimeSpan.FromMilliseconds(1);

    /// <summary>How long to look without a pause, in ticks of <see cref="Stopwatch"/>.</summary>
    public long SpinInTicks { get; }

    /// <summary>How long to sleep at most.</summary>
    public TimeSpan LongestRest { get; }

    /// <summary>Whether not to sleep at all.</summary>
    public bool NeverRests { get; }
}
