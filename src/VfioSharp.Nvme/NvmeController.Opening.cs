using VfioSharp.Nvme.Diagnostics;

namespace VfioSharp.Nvme;

public sealed partial class NvmeController
{
    /// <summary>Opens a function and initialises its controller. What the controller was doing is lost: it is reset.</summary>
    /// <param name="address">The address as a person writes it; see <see cref="DeviceAddress"/>.</param>
    /// <param name="options">How; null for the defaults.</param>
    /// <param name="cancellationToken">Ends the wait; the function is closed then.</param>
    /// <returns>The controller, which the caller owns, and which owns the function.</returns>
    /// <exception cref="ArgumentException">An option has no meaning.</exception>
    /// <exception cref="FormatException">The text is no device address.</exception>
    /// <exception cref="NvmeException">The function is no controller that this driver can use, or does not become ready.</exception>
    /// <exception cref="VfioException">The function cannot be opened; the message says why and what to do. Nothing is left open.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public static async Task<NvmeController> OpenAsync(string address, NvmeOptions? options = null, CancellationToken cancellationToken = default)
    {
        options ??= new NvmeOptions();
        options.Validate();
        cancellationToken.ThrowIfCancellationRequested();
        var device = VfioDevice.Open(address, options.Device ?? new VfioOptions { Logger = options.Logger });
        return await OpenAsync(device, options, ownsDevice: true, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Initialises the controller of a function that is open. What the controller was doing is lost: it is reset.</summary>
    /// <param name="device">The function. It stays the caller's, who closes it after the controller and leaves its registers, interrupts and command register alone until then.</param>
    /// <param name="options">How; null for the defaults.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>The controller, which the caller owns.</returns>
    /// <exception cref="ArgumentException">An option has no meaning.</exception>
    /// <exception cref="InvalidOperationException">The function's interrupts are enabled already.</exception>
    /// <exception cref="NvmeException">The function is no controller that this driver can use, or does not become ready.</exception>
    /// <exception cref="VfioException">The function does not give what the driver needs: memory, interrupts. The controller is stopped then.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public static Task<NvmeController> OpenAsync(VfioDevice device, NvmeOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(device);
        options ??= new NvmeOptions();
        options.Validate();
        return OpenAsync(device, options, ownsDevice: false, cancellationToken);
    }

    /// <summary>
    /// Shuts the controller down in order (<see cref="ShutdownAsync"/>), stops it, gives back what was made for it, and closes the function where the
    /// controller owns it. Commands that are under way end first. Queue pairs and buffers of callers are theirs to dispose of, before or after. A second
    /// call does nothing.
    /// </summary>
    /// <returns>A task that ends when all of it is done. It does not fail: what goes wrong is logged.</returns>
    public async ValueTask DisposeAsync()
    {
        await _lifecycle.WaitAsync().ConfigureAwait(false);
        try
        {
            if (_isDisposed)
                return;
            lock (_subscriptions)
                _isDisposed = true;
            await CloseAsync().ConfigureAwait(false);
        }
        finally
        {
            _lifecycle.Release();
        }
    }

    /// <inheritdoc cref="DisposeAsync"/>
    public void Dispose() => DisposeAsync().AsTask().GetAwaiter().GetResult();

    private static async Task<NvmeController> OpenAsync(VfioDevice device, NvmeOptions options, bool ownsDevice, CancellationToken cancellationToken)
    {
        NvmeController? controller = null;
        try
        {
            controller = new NvmeController(device, options, ownsDevice);
            await controller.StartAsync(cancellationToken).ConfigureAwait(false);
            return controller;
        }
        catch
        {
            if (controller is not null)
                await controller.DisposeAsync().ConfigureAwait(false);
            else if (ownsDevice)
                device.Dispose();
            throw;
        }
    }

    private async Task StartAsync(CancellationToken cancellationToken)
    {
        await _lifecycle.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            await InitialiseAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (Exception exception)
        {
            // Not to be shut down in order: a controller that did not start would only be waited for once more.
            Volatile.Write(ref _failure, exception as NvmeException ?? new NvmeException(NvmeFailure.NotReady, $"{Address} was not initialised.", exception));
            throw;
        }
        finally
        {
            _lifecycle.Release();
        }

        _logger.Opened(Address, Version, Identity.ModelNumber, Identity.SerialNumber, Namespaces.Count, MaxQueuePairs, MaxTransferInBytes);
    }

    // Each step is made whatever the one before did.
    private async Task CloseAsync()
    {
        await MakeStepAsync(ShutDownAsync).ConfigureAwait(false);
        MakeStep(CutOff);
        EndSubscriptions();
        MakeStep(Bounce.Dispose);
        MakeStep(_adminBuffers.Dispose);
        MakeStep(_registers.Dispose);
        if (_ownsDevice)
            MakeStep(Device.Dispose);
        _logger.Closed(Address);
    }

    private async Task MakeStepAsync(Func<Task> step)
    {
        try
        {
            await step().ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is NvmeException or VfioException or ObjectDisposedException)
        {
            _logger.CloseStepFailed(exception, Address);
        }
    }

    private void MakeStep(Action step)
    {
        try
        {
            step();
        }
        catch (Exception exception) when (exception is NvmeException or VfioException or ObjectDisposedException)
        {
            _logger.CloseStepFailed(exception, Address);
        }
    }
}
