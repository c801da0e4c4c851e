using Microsoft.Extensions.Logging;
using VfioSharp.Nvme.Specification;

namespace VfioSharp.Nvme.Diagnostics;

/// <summary>What a controller reports to its logger.</summary>
internal static partial class NvmeLog
{
    [LoggerMessage(1, LogLevel.Information,
        "Opened the NVMe {Version} controller {Model}, serial {Serial}, at {Device}: {Namespaces} namespaces, {QueuePairs} queue pairs, up to {MaxTransferInBytes} bytes a command")]
    public static partial void Opened(
        this ILogger logger, string device, NvmeVersion version, string model, string serial, int namespaces, int queuePairs, int maxTransferInBytes);

    [LoggerMessage(2, LogLevel.Information, "Closed the controller {Device}")]
    public static partial void Closed(this ILogger logger, string device);

    [LoggerMessage(3, LogLevel.Information, "Reset the controller {Device}")]
    public static partial void Reset(this ILogger logger, string device);

    [LoggerMessage(4, LogLevel.Error, "The controller {Device} failed ({Reason}): every command that is under way ends")]
    public static partial void Failed(this ILogger logger, Exception exception, string device, NvmeFailure reason);

    [LoggerMessage(5, LogLevel.Warning, "The controller {Device} did not stop by CC.EN within {Timeout}; its function is reset")]
    public static partial void ResetsFunction(this ILogger logger, string device, TimeSpan timeout);

    [LoggerMessage(6, LogLevel.Warning, "The controller {Device} did not finish its shutdown within {Timeout}")]
    public static partial void ShutdownUnfinished(this ILogger logger, string device, TimeSpan timeout);

    [LoggerMessage(7, LogLevel.Debug, "The controller {Device} granted {Granted} of {Asked} queue pairs")]
    public static partial void QueuesGranted(this ILogger logger, string device, int granted, int asked);

    [LoggerMessage(8, LogLevel.Debug, "Created the queue pair {QueueId} of {Device} with {Entries} entries")]
    public static partial void QueueCreated(this ILogger logger, string device, int queueId, int entries);

    [LoggerMessage(9, LogLevel.Debug, "Deleted the queue pair {QueueId} of {Device}")]
    public static partial void QueueDeleted(this ILogger logger, string device, int queueId);

    [LoggerMessage(10, LogLevel.Warning, "The controller {Device} refused {What}; the driver does without")]
    public static partial void DoesWithout(this ILogger logger, Exception exception, string device, string what);

    [LoggerMessage(104, LogLevel.Information, "{Device} keeps its submission queues in the host's memory: of a controller memory buffer {Obstacle}")]
    public static partial void HasNoControllerMemory(this ILogger logger, string device, string obstacle);

    [LoggerMessage(11, LogLevel.Information, "The controller {Device} reports an event: {Event}")]
    public static partial void EventReported(this ILogger logger, string device, NvmeEvent @event);

    [LoggerMessage(12, LogLevel.Warning, "Events of the controller {Device} are not followed any more")]
    public static partial void EventsEnded(this ILogger logger, Exception exception, string device);

    [LoggerMessage(14, LogLevel.Warning, "Namespace {NamespaceId} of {Device} is listed and cannot be read or written: {Obstacle}")]
    public static partial void NamespaceUnusable(this ILogger logger, string device, uint namespaceId, string obstacle);

    [LoggerMessage(15, LogLevel.Warning, "A step of closing the controller {Device} failed; the others are made all the same")]
    public static partial void CloseStepFailed(this ILogger logger, Exception exception, string device);

    [LoggerMessage(16, LogLevel.Warning, "The controller {Device} did not answer Keep Alive")]
    public static partial void KeepAliveFailed(this ILogger logger, Exception exception, string device);

    [LoggerMessage(17, LogLevel.Warning, "The function {Device} was not reset; it is kept from memory by its command register")]
    public static partial void FunctionNotReset(this ILogger logger, Exception exception, string device);

    [LoggerMessage(18, LogLevel.Warning, "The controller {Device} did not delete queue pair {QueueId}")]
    public static partial void QueueNotDeleted(this ILogger logger, Exception exception, string device, int queueId);

    [LoggerMessage(19, LogLevel.Warning, "The controller {Device} could not be asked to abort a command of queue {QueueId}")]
    public static partial void NotAborted(this ILogger logger, Exception exception, string device, int queueId);

    [LoggerMessage(20, LogLevel.Error, "The controller {Device} did not come back from a reset")]
    public static partial void NotRecovered(this ILogger logger, Exception exception, string device);

    [LoggerMessage(21, LogLevel.Debug, "The controller {Device} has no queue {QueueId} to delete")]
    public static partial void QueueNotThere(this ILogger logger, string device, int queueId);

    [LoggerMessage(105, LogLevel.Warning, "Events of the controller {Device} are not followed: its function has neither MSI-X nor MSI")]
    public static partial void EventsNotFollowed(this ILogger logger, string device);
}
