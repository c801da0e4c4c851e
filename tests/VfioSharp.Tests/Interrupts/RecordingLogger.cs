using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace VfioSharp.Tests.Interrupts;

/// <summary>Keeps what is logged, for the test to look at.</summary>
internal sealed class RecordingLogger : ILogger
{
    public ConcurrentQueue<string> Messages { get; } = [];

    public ConcurrentQueue<Exception> Exceptions { get; } = [];

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(
        LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        if (exception is not null)
            Exceptions.Enqueue(exception);
        Messages.Enqueue(formatter(state, exception));
    }
}
