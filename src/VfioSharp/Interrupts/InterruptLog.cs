using Microsoft.Extensions.Logging;

namespace VfioSharp.Interrupts;

/// <summary>What interrupts report to the device's logger. Numbers start at 101: those below are the device's own.</summary>
internal static partial class InterruptLog
{
    [LoggerMessage(101, LogLevel.Error, "A handler of the event {Event} threw; the other handlers were called all the same.")]
    public static partial void HandlerThrew(this ILogger logger, Exception exception, string @event);

    [LoggerMessage(102, LogLevel.Error, "The event {Event} is raised no more: waiting for it failed.")]
    public static partial void EventEnded(this ILogger logger, Exception exception, string @event);

    [LoggerMessage(103, LogLevel.Warning, "The device did not let {Index} be disabled; the kernel disables it when the device is closed.")]
    public static partial void NotDisabled(this ILogger logger, Exception exception, InterruptIndex index);

    [LoggerMessage(104, LogLevel.Error, "Whoever waited for an interrupt could not be told of it.")]
    public static partial void WaiterNotTold(this ILogger logger, Exception exception);

    [LoggerMessage(105, LogLevel.Critical, "Interrupts of this device reach asynchronous waits no more: the thread that watches them failed.")]
    public static partial void LoopFailed(this ILogger logger, Exception exception);

    [LoggerMessage(106, LogLevel.Debug, "Connected vectors {First} to {Last} of {Index} of {Device}")]
    public static partial void Connected(this ILogger logger, int first, int last, InterruptIndex index, string? device);

    [LoggerMessage(107, LogLevel.Debug, "Disabled {Index} of {Device}")]
    public static partial void Disabled(this ILogger logger, InterruptIndex index, string? device);

    [LoggerMessage(108, LogLevel.Warning, "{Device} is in error state: its registers answer all ones, which counts as a fault, until it is reset")]
    public static partial void InErrorState(this ILogger logger, string? device);

    [LoggerMessage(109, LogLevel.Warning, "{Device} reported an error and answers again: the kernel recovered it, and its driver may have to set it up anew")]
    public static partial void RecoveredFromError(this ILogger logger, string? device);

    [LoggerMessage(110, LogLevel.Warning, "Errors that {Device} reports are not noticed: the error interrupt could not be connected")]
    public static partial void ErrorsNotWatched(this ILogger logger, Exception exception, string? device);
}
