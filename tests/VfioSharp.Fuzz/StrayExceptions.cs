namespace VfioSharp.Fuzz;

/// <summary>Keeps the first exception of this process that nobody caught: of a thread, which ends the process soon, or of a task.</summary>
internal sealed class StrayExceptions : IDisposable
{
    private string? _first;

    public StrayExceptions()
    {
        AppDomain.CurrentDomain.UnhandledException += OnUnhandled;
        TaskScheduler.UnobservedTaskException += OnUnobserved;
    }

    public string? First => Volatile.Read(ref _first);

    public void Dispose()
    {
        AppDomain.CurrentDomain.UnhandledException -= OnUnhandled;
        TaskScheduler.UnobservedTaskException -= OnUnobserved;
    }

    private void OnUnhandled(object sender, UnhandledExceptionEventArgs occasion) =>
        Interlocked.CompareExchange(ref _first, $"An exception ended a thread: {occasion.ExceptionObject}", null);

    private void OnUnobserved(object? sender, UnobservedTaskExceptionEventArgs occasion) =>
        Interlocked.CompareExchange(ref _first, $"Nobody looked at the exception of a task: {occasion.Exception}", null);
}
