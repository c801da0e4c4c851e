using System.Diagnostics;
using VfioSharp.Tool.Demo.Reporting;

namespace VfioSharp.Tool.Demo.Acts;

/// <summary>Makes the function interrupt, and waits for it.</summary>
internal static class InterruptAct
{
    private const int Vector = 1;
    private const int Count = 200;

    // The first ones are compiled while they run.
    private const int Warming = 50;

    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(5);

    public static InterruptReport Perform(DemoStage stage)
    {
        var driver = stage.Driver;
        var source = driver.Device.Interrupts.Msix;
        using var vectors = source.Enable(Vector + 1);
        var times = new TimeSpan[Count];
        for (var number = -Warming; number < Count; number++)
        {
            stage.Cancellation.ThrowIfCancellationRequested();
            var triggering = Stopwatch.GetTimestamp();
            driver.Interrupt(Vector);
            var arrived = vectors[Vector].Wait(LongestWait, out var fired);
            var elapsed = Stopwatch.GetElapsedTime(triggering);
            Check.That(arrived && fired == 1, stage.Address, "an interrupt arrives once", $"vector {Vector} fired {fired} times.");
            if (number >= 0)
                times[number] = elapsed;
        }

        Check.That(!vectors[0].TryTake(out var strayed), stage.Address, "an interrupt arrives at its vector alone", $"vector 0 fired {strayed} times.");
        Array.Sort(times);
        return new InterruptReport(
            source.Name, Vector, Count, DemoTime.Microseconds(times[Count / 2]), DemoTime.Microseconds(times[0]), DemoTime.Microseconds(times[^1]));
    }
}
