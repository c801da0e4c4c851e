using Microsoft.Extensions.Logging;

namespace VfioSharp.Tool.Serving;

/// <summary>Writes what a server reports to standard error, a line each. For the threads of several servers.</summary>
/// <param name="error">Standard error.</param>
/// <param name="name">The function, which lines begin with.</param>
/// <param name="minimum">What is not worth a line is below this.</param>
internal sealed class ServeLog(TextWriter error, string name, LogLevel minimum) : ILogger
{
    // One for all functions, so that lines do not mix.
    private static readonly Lock Lines = new();

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => logLevel >= minimum && logLevel != LogLevel.None;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        if (!IsEnabled(logLevel))
            return;
        var cause = exception is null ? string.Empty : $": {exception.Message}";
        var line = $"vfio serve: {name}: {formatter(state, exception)}{cause}";
        lock (Lines)
            error.WriteLine(string.Concat(line.Select(character => char.IsControl(character) ? ' ' : character)));
    }
}
