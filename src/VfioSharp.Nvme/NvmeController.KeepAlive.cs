using VfioSharp.Nvme.Commands;
using VfioSharp.Nvme.Diagnostics;
using VfioSharp.Nvme.Specification;

namespace VfioSharp.Nvme;

// Keep Alive (NVMe Base 2.0, 3.9 and 5.18): a controller whose timer runs out takes its host for dead and fails (CSTS.CFS).
public sealed partial class NvmeController
{
    private CancellationTokenSource? _keepAliveEnd;
    private Task _keepAlive = Task.CompletedTask;

    private async Task StartKeepAliveAsync(CancellationToken cancellationToken)
    {
        if (Identity.KeepAliveGranularity == TimeSpan.Zero)
        {
            if (_options.KeepAliveTimeout is not null)
                throw NotOffered("be told that its host is alive (KAS)");
            return;
        }

        if (await SetUpKeepAliveAsync(cancellationToken).ConfigureAwait(false) is { Ticks: > 0 } timeout)
        {
            _keepAliveEnd = new CancellationTokenSource();
            _keepAlive = KeepAliveAsync(TimeSpan.FromTicks(timeout.Ticks / 2), _keepAliveEnd.Token);
        }
    }

    private async Task<TimeSpan> SetUpKeepAliveAsync(CancellationToken cancellationToken)
    {
        if (_options.KeepAliveTimeout is { } wanted)
        {
            await SetFeatureAsync(FeatureId.KeepAliveTimer, (uint)wanted.TotalMilliseconds, 0, cancellationToken).ConfigureAwait(false);
            return wanted;
        }

        try
        {
            return TimeSpan.FromMilliseconds(await GetFeatureAsync(FeatureId.KeepAliveTimer, cancellationToken: cancellationToken).ConfigureAwait(false));
        }
        catch (NvmeException exception) when (exception.Reason == NvmeFailure.CommandFailed)
        {
            _logger.DoesWithout(exception, Address, "to tell its keep-alive time");
            return TimeSpan.Zero;
        }
    }

    // Ends with its token, or with the admin queue.
    private async Task KeepAliveAsync(TimeSpan interval, CancellationToken cancellationToken)
    {
        try
        {
            while (true)
            {
                await Task.Delay(interval, cancellationToken).ConfigureAwait(false);
                await ExecuteAsync(AdminCommand.Plain(AdminOpcode.KeepAlive), cancellationToken).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException)
        {
            // The controller was taken down.
        }
        catch (Exception exception) when (exception is NvmeException or ObjectDisposedException)
        {
            if (!cancellationToken.IsCancellationRequested)
                _logger.KeepAliveFailed(exception, Address);
        }
    }

    /// <summary>Ends what runs beside the commands of callers. The admin queue has failed already, which is what ends requests for events.</summary>
    private async Task StopHelpersAsync()
    {
        _keepAliveEnd?.Cancel();
        await _keepAlive.ConfigureAwait(false);
        _keepAliveEnd?.Dispose();
        _keepAliveEnd = null;
        await Task.WhenAll(_eventFollowers).ConfigureAwait(false);
        _eventFollowers = [];
    }
}
