using VfioSharp.Nvme.Diagnostics;
using VfioSharp.Nvme.Registers;
using VfioSharp.Nvme.Specification;

namespace VfioSharp.Nvme;

// Taking the controller down, because somebody wants it or because it failed. The order is always the same: the controller stops, so that it reaches
// no memory any more; then commands end; then memory goes.
public sealed partial class NvmeController
{
    // Taken for stopping the controller, so that who stops it because of a queue pair never meets the controller that came after that pair.
    private readonly SemaphoreSlim _stopping = new(1, 1);

    NvmeException? IQueueOwner.CheckHealth()
    {
        try
        {
            return FindFault(_registers.PeekStatus());
        }
        catch (ObjectDisposedException exception)
        {
            // A queue pair looked while the controller was being disposed of: its commands end in a moment.
            return new NvmeException(NvmeFailure.NotReady, $"{Address} is closed.", exception);
        }
    }

    private NvmeException? FindFault(ControllerStatus status)
    {
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
}
