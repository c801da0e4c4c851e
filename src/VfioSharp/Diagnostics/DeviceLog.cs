using Microsoft.Extensions.Logging;

namespace VfioSharp.Diagnostics;

/// <summary>What a device reports to its logger.</summary>
internal static partial class DeviceLog
{
    [LoggerMessage(1, LogLevel.Information, "Opened {Device} through {Backend}: {RegionCount} regions, {InterruptCount} interrupt indices")]
    public static partial void Opened(ILogger logger, DeviceAddress device, string backend, int regionCount, int interruptCount);

    [LoggerMessage(2, LogLevel.Information, "Closed {Device}")]
    public static partial void Closed(ILogger logger, DeviceAddress device);

    [LoggerMessage(3, LogLevel.Information, "Reset {Device}")]
    public static partial void Reset(ILogger logger, DeviceAddress device);

    [LoggerMessage(4, LogLevel.Information, "Reset {Device} with its slot or bus")]
    public static partial void HotReset(ILogger logger, DeviceAddress device);
}
