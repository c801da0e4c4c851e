namespace VfioSharp.Nvme.Tests.Faults;

/// <summary>Whatever takes longer than <see cref="FaultyDevice.Patience"/> hangs.</summary>
internal static class Deadlines
{
    /// <summary>Waits for the end of a call.</summary>
    /// <exception cref="TimeoutException">It hangs.</exception>
    public static Task InTime(this Task call) => call.WaitAsync(FaultyDevice.Patience, TestContext.Current.CancellationToken);

    /// <inheritdoc cref="InTime(Task)"/>
    public static Task<T> InTime<T>(this Task<T> call) => call.WaitAsync(FaultyDevice.Patience, TestContext.Current.CancellationToken);

    /// <inheritdoc cref="InTime(Task)"/>
    public static Task InTime(this ValueTask call) => call.AsTask().InTime();

    /// <inheritdoc cref="InTime(Task)"/>
    public static Task<T> InTime<T>(this ValueTask<T> call) => call.AsTask().InTime();
}
