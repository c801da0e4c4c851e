using System.Runtime.ExceptionServices;

namespace VfioSharp.Nvme;

// Commands of namespaces that come while the controller is being reset. A reset that the controller got because of somebody else's command is
// nothing that each caller should have to know of: they wait for its end.
public sealed partial class NvmeController
{
    // Set while the controller is being reset; completed when that is over, however it ended.
    private TaskCompletionSource<bool>? _restart;

    /// <summary>Finds the queue pair for a command, and waits where a reset is about to make it.</summary>
    /// <param name="failure">
    /// Why the command could not be sent by an earlier one, null where there was none; it is thrown again where no other queue pair would send the command
    /// either.
    /// </param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>The queue pair.</returns>
    /// <exception cref="NvmeException">The controller does not run, or has no I/O queues.</exception>
    /// <exception cref="ObjectDisposedException">The controller is disposed.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    internal async ValueTask<NvmeQueuePair> FindNextQueueAsync(Exception? failure, CancellationToken cancellationToken)
    {
        if (failure is NvmeException { Reason: NvmeFailure.Unsupported })
            ExceptionDispatchInfo.Capture(failure).Throw();
        if (Volatile.Read(ref _restart) is { } restart)
        {
            var cancelled = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
            using (cancellationToken.Register(static source => ((TaskCompletionSource<bool>)source!).TrySetResult(true), cancelled))
                await Task.WhenAny(restart.Task, cancelled.Task).ConfigureAwait(false);
            cancellationToken.ThrowIfCancellationRequested();
        }

        return DefaultQueue;
    }
}
