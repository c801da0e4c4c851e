using Microsoft.Extensions.Logging;

namespace VfioSharp.Nvme;

/// <summary>What queue pairs report.</summary>
internal static partial class QueueLog
{
    [LoggerMessage(101, LogLevel.Warning, "{Address}: queue pair {Queue} got a completion for command 0x{Command:x4} of queue {CompletedQueue}, which is none of its own; {Count} so far")]
    public static partial void StrayCompletion(ILogger logger, string address, int queue, int command, int completedQueue, long count);

    [LoggerMessage(102, LogLevel.Warning, "{Address}: {Command} was not completed within {Milliseconds} ms; it is aborted")]
    public static partial void CommandLate(ILogger logger, string address, string command, long milliseconds);

    [LoggerMessage(103, LogLevel.Warning, "{Address}: the interrupts of queue pair {Queue} have ended; it looks for completions from time to time")]
    public static partial void VectorEnded(ILogger logger, Exception exception, string address, int queue);
}
