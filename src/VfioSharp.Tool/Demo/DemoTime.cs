namespace VfioSharp.Tool.Demo;

/// <summary>Times as reports have them.</summary>
internal static class DemoTime
{
    public static double Milliseconds(TimeSpan time) => Math.Round(time.TotalMilliseconds, 2);

    public static double Microseconds(TimeSpan time) => Math.Round(time.TotalMicroseconds, 1);
}
