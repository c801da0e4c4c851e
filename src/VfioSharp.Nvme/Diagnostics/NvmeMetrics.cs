using System.Diagnostics.Metrics;

namespace VfioSharp.Nvme.Diagnostics;

/// <summary>The instruments of the meter "VfioSharp.Nvme". Each costs one test of a flag while nobody listens.</summary>
internal static class NvmeMetrics
{
    private static readonly Meter Meter = new("VfioSharp.Nvme");

    /// <summary>Commands that were submitted, tagged by queue: "admin" or "io".</summary>
    public static readonly Counter<long> Commands =
        Meter.CreateCounter<long>("nvme.commands", "{command}", "Commands submitted, by kind of queue.");

    /// <summary>Commands that ended with an error status, tagged by queue.</summary>
    public static readonly Counter<long> Errors =
        Meter.CreateCounter<long>("nvme.errors", "{command}", "Commands that the controller completed with an error, by kind of queue.");

    /// <summary>Commands that were not completed in time, tagged by queue.</summary>
    public static readonly Counter<long> Timeouts =
        Meter.CreateCounter<long>("nvme.timeouts", "{command}", "Commands that were not completed in time, by kind of queue.");

    /// <summary>Resets of controllers.</summary>
    public static readonly Counter<long> Resets =
        Meter.CreateCounter<long>("nvme.resets", "{reset}", "Resets of controllers after they were opened.");

    /// <summary>The tag of the admin queue.</summary>
    public static readonly KeyValuePair<string, object?> AdminQueue = new("queue", "admin");

    /// <summary>The tag of I/O queues.</summary>
    public static readonly KeyValuePair<string, object?> IoQueue = new("queue", "io");
}
