using Microsoft.Extensions.Logging;
using VfioSharp.Dma;
using VfioSharp.Regions;

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

    [LoggerMessage(5, LogLevel.Warning, "{Device} has no IOMMU: it can read and write all of the machine's memory while it is open")]
    public static partial void HasNoIommu(ILogger logger, DeviceAddress device);

    [LoggerMessage(6, LogLevel.Debug, "Opened a window on {Region} of {Device}: {LengthInBytes} bytes at offset {Offset} by {Path}")]
    public static partial void WindowOpened(ILogger logger, string device, string region, ulong lengthInBytes, ulong offset, AccessPath path);

    [LoggerMessage(7, LogLevel.Debug, "Closed a window on {Region} of {Device} after {FaultCount} accesses that did not reach the device")]
    public static partial void WindowClosed(ILogger logger, string device, string region, long faultCount);

    [LoggerMessage(8, LogLevel.Warning, "{Region} of {Device} was offered for mapping and then refused; it is reached by {Path}, which is slower")]
    public static partial void MappingRefused(ILogger logger, Exception exception, string device, string region, AccessPath path);

    [LoggerMessage(9, LogLevel.Warning, "An access to {Region} of {Device} did not reach the device; this window counts further ones and does not log them")]
    public static partial void FirstFault(ILogger logger, string device, string region);

    [LoggerMessage(10, LogLevel.Debug, "Mapped {LengthInBytes} bytes for DMA at IOVA {Iova}")]
    public static partial void Mapped(ILogger logger, ulong lengthInBytes, Iova iova);

    [LoggerMessage(11, LogLevel.Debug, "Unmapped {LengthInBytes} bytes of DMA")]
    public static partial void Unmapped(ILogger logger, ulong lengthInBytes);
}
