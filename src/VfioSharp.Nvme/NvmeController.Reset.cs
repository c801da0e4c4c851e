using VfioSharp.Nvme.Diagnostics;
using VfioSharp.Nvme.Registers;

namespace VfioSharp.Nvme;

// Only one thread at a time brings the controller up or down: the one that holds _lifecycle. The order of taking it down is always the same: the
// controller stops, so that it reaches no memory any more; then commands end; then memory goes.
public sealed partial class NvmeController
{
    private readonly SemaphoreSlim _lifecycle = new(1, 1);

    // Taken for stopping the controller, so that who stops it because of a queue pair never meets the controller that came after that pair.
    private readonly SemaphoreSlim _stopping = new(1, 1);
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

    NvmeException? IQueueOwner.CheckHealth()
    {
        var status = _registers.PeekStatus();
        if (status.IsAbsent)
            return _registers.Absent();
        if (status.IsFatal)
            return ControllerStart.Fatal(Address);
        return status.IsReady
            ? null
            : new NvmeException(NvmeFailure.Reset, $"{Address} is not ready any more: somebody else has reset it.");
    }

    void IQueueOwner.BeginReset(NvmeQueuePair pair, NvmeException cause) => _ = Task.Run(() => RecoverAsync(pair, cause));

    // Never fails. A controller that failed or is gone stays down until somebody asks for a reset; one that is stuck gets it.
    private async Task RecoverAsync(NvmeQueuePair pair, NvmeException cause)
    {
        if (!_lifecycle.Wait(0))
        {
            // Whoever brings the controller up or down may be waiting for the very command that is stuck.
            await HaltAsync(pair, cause).ConfigureAwait(false);
            await _lifecycle.WaitAsync().ConfigureAwait(false);
        }

        try
        {
            // Another queue pair was quicker, or who had the controller took it down.
            if (!Knows(pair))
                return;
            _logger.Failed(cause, Address, cause.Reason);
            if (cause.Reason is NvmeFailure.ControllerFatal or NvmeFailure.Disconnected)
                await TakeDownAsync(cause).ConfigureAwait(false);
            else
                await RestartAsync(cause, pair, CancellationToken.None).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is NvmeException or VfioException or ObjectDisposedException)
        {
            _logger.NotRecovered(exception, Address);
        }
        finally
        {
            _lifecycle.Release();
        }
    }

    /// <summary>Stops the controller and ends its commands, and leaves the rest to whoever holds <see cref="_lifecycle"/>, or comes next.</summary>
    private async Task HaltAsync(NvmeQueuePair pair, NvmeException cause)
    {
        await _stopping.WaitAsync().ConfigureAwait(false);
        try
        {
            if (Knows(pair))
                await EndCommandsAsync(cause, pair).ConfigureAwait(false);
        }
        finally
        {
            _stopping.Release();
        }
    }

    /// <summary>Stops the controller, ends every command, and gives back what was made for it. Holding <see cref="_lifecycle"/>.</summary>
    private async Task TakeDownAsync(NvmeException reason, NvmeQueuePair? culprit = null)
    {
        await _stopping.WaitAsync().ConfigureAwait(false);
        try
        {
            await EndCommandsAsync(reason, culprit).ConfigureAwait(false);
            await StopHelpersAsync().ConfigureAwait(false);
            await DisposeQueuesAsync().ConfigureAwait(false);
        }
        finally
        {
            _stopping.Release();
        }

        _vectors?.Dispose();
        _vectors = null;
        _shadows?.Dispose();
        _shadows = null;
        _controllerMemory?.Dispose();
        _controllerMemory = null;
    }

    private async Task EndCommandsAsync(NvmeException reason, NvmeQueuePair? culprit)
    {
        Volatile.Write(ref _failure, reason);
        await StopControllerAsync().ConfigureAwait(false);
        FailQueues(reason, culprit);
    }

    /// <summary>Brings the controller to where it reaches no memory: disabled, its function reset, or gone.</summary>
    private async Task StopControllerAsync()
    {
        try
        {
            // A fatal error that outlasts CC.EN is one that the controller does not clear by itself.
            if (await ControllerStart.StopAsync(_registers, _readyTimeout).ConfigureAwait(false) && !_registers.ReadStatus().IsFatal)
                return;
            _logger.ResetsFunction(Address, _readyTimeout);
        }
        catch (NvmeException exception) when (exception.Reason == NvmeFailure.Disconnected)
        {
            _logger.DoesWithout(exception, Address, "to be stopped");
        }

        try
        {
            Device.Reset();
            Device.Config.EnableMemory();
        }
        catch (VfioException exception)
        {
            _logger.FunctionNotReset(exception, Address);
            CutOff();
        }
    }

    // The last resort: without bus mastering no request of the function's reaches memory. Where not even that can be written, nobody is there to send one.
    private void CutOff()
    {
        try
        {
            Device.Config.DisableBusMaster();
        }
        catch (VfioException exception)
        {
            _logger.CloseStepFailed(exception, Address);
        }
    }

    private void ThrowIfDisposed() => ObjectDisposedException.ThrowIf(_isDisposed, this);
}
