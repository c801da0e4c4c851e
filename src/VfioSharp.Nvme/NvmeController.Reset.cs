using VfioSharp.Nvme.Diagnostics;
using VfioSharp.Nvme.Registers;

namespace VfioSharp.Nvme;

// Only one thread at a time brings the controller up or down: the one that holds _lifecycle.
public sealed partial class NvmeController
{
    private readonly SemaphoreSlim _lifecycle = new(1, 1);
    private NvmeException? _failure;
    private bool _isShutDown;
    private bool _isDisposed;

    /// <summary>
    /// Why no command reaches the controller: it failed, it is gone, it was shut down, or a reset did not bring it back. Null while it runs.
    /// </summary>
    public NvmeException? Failure => Volatile.Read(ref _failure);

    /// <summary>
    /// Resets the controller (CC.EN; where that does not stop it, the function) and initialises it again. It brings back a controller that failed
    /// or was shut down. Commands that are under way end with <see cref="NvmeFailure.Reset"/>, and whether the controller carried them out is not known.
    /// </summary>
    /// <remarks>
    /// Reads and writes through <see cref="NvmeNamespace"/> that begin meanwhile wait for its end, and <see cref="Namespaces"/> has the same objects for the
    /// namespaces that are still there. Queue pairs of <see cref="CreateQueuePairAsync"/> end with the reset, since whoever uses one has to know that
    /// commands were lost: each further use throws with <see cref="NvmeFailure.Reset"/>. Dispose of them and create others. Enumerations of
    /// <see cref="ReadEventsAsync"/> go on.
    /// </remarks>
    /// <param name="cancellationToken">Ends the wait for the controller to become ready; it is stopped then, as after a failure.</param>
    /// <returns>A task that ends when the controller takes commands again.</returns>
    /// <exception cref="ObjectDisposedException">The controller is disposed.</exception>
    /// <exception cref="NvmeException">The controller does not come back; <see cref="Failure"/> says why, and this can be called again.</exception>
    /// <exception cref="VfioException">The function does not let itself be reset, or what the driver needs (memory, interrupts) is not to be had.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public async Task ResetAsync(CancellationToken cancellationToken = default)
    {
        await _lifecycle.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            ThrowIfDisposed();
            await RestartAsync(new NvmeException(NvmeFailure.Reset, $"{Address} is reset."), null, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            _lifecycle.Release();
        }
    }

    /// <summary>
    /// Shuts the controller down in order (NVMe Base 2.0, 3.6.1): its queues are deleted, and it writes what it has cached to the medium. Commands
    /// that are under way end with <see cref="NvmeFailure.NotReady"/>, as do all later ones until <see cref="ResetAsync"/>. A second call does nothing.
    /// </summary>
    /// <returns>A task that ends when the controller has finished, or did not within the time that it states (RTD3E), which is logged.</returns>
    /// <exception cref="ObjectDisposedException">The controller is disposed.</exception>
    /// <exception cref="NvmeException">The controller is gone.</exception>
    public async Task ShutdownAsync()
    {
        await _lifecycle.WaitAsync().ConfigureAwait(false);
        try
        {
            ThrowIfDisposed();
            if (_isShutDown)
                return;
            await ShutDownAsync().ConfigureAwait(false);
        }
        finally
        {
            _lifecycle.Release();
        }
    }

    // Holding _lifecycle. Whatever goes wrong, nothing of a half-made start is left, and the failure is known to all.
    private async Task RestartAsync(NvmeException reason, NvmeQueuePair? culprit, CancellationToken cancellationToken)
    {
        NvmeMetrics.Resets.Add(1);
        var restart = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
        Volatile.Write(ref _restart, restart);
        try
        {
            await TakeDownAsync(reason, culprit).ConfigureAwait(false);
            await InitialiseAsync(cancellationToken).ConfigureAwait(false);
            _isShutDown = false;
            Volatile.Write(ref _failure, null);
        }
        catch (Exception exception)
        {
            var failure = exception as NvmeException
                ?? new NvmeException(NvmeFailure.NotReady, $"{Address} could not be initialised again: {exception.Message}", exception);
            await TakeDownAsync(failure).ConfigureAwait(false);
            throw;
        }
        finally
        {
            Volatile.Write(ref _restart, null);
            restart.SetResult(true);
        }

        _logger.Reset(Address);
    }

    private async Task ShutDownAsync()
    {
        var timeout = _identity?.ShutdownTimeout ?? ShutdownTimeoutBeforeIdentify;
        try
        {
            if (_failure is null)
            {
                await DeleteAllQueuesAsync().ConfigureAwait(false);
                if (_failure is null && !await ControllerStart.ShutDownAsync(_registers, timeout).ConfigureAwait(false))
                    _logger.ShutdownUnfinished(Address, timeout);
            }
        }
        finally
        {
            await TakeDownAsync(Down()).ConfigureAwait(false);
            _isShutDown = true;
        }
    }

    private NvmeException Down() => new(NvmeFailure.NotReady, $"{Address} is shut down; a reset starts it again.");

    private void ThrowIfDisposed() => ObjectDisposedException.ThrowIf(_isDisposed, this);
}
