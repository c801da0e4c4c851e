using System.Runtime.CompilerServices;
using VfioSharp.Nvme.Commands;
using VfioSharp.Nvme.Diagnostics;
using VfioSharp.Nvme.Events;
using VfioSharp.Nvme.Specification;

namespace VfioSharp.Nvme;

// Asynchronous events (NVMe Base 2.0, 5.2): requests are kept at the controller, which completes one for each event. An event of the same kind
// comes only after its log page was read.
public sealed partial class NvmeController
{
    private const int EventRequests = 4;
    private const int EventLogInBytes = 512;

    // Feature 0Bh (5.27.1.7): critical warnings in 4:0, notices where OAES says that there are such.
    private const uint CriticalWarnings = 0x1f;
    private const uint NamespaceAndFirmwareNotices = 0x300;

    // A controller that floods its driver with events gets no more of its time than this.
    private static readonly TimeSpan PauseAfterEvent = TimeSpan.FromMilliseconds(20);

    private readonly List<EventSubscription> _subscriptions = [];
    private Task[] _eventFollowers = [];

    /// <summary>
    /// The controller's events, from the first step of the enumeration on. There may be several enumerations, each of which sees every event;
    /// one that falls behind by more than 256 loses the oldest. An enumeration goes on over resets, and ends when the controller is disposed. A function
    /// that has neither MSI-X nor MSI gives none.
    /// </summary>
    /// <param name="cancellationToken">Ends the enumeration.</param>
    /// <returns>The events in the order in which the driver took them.</returns>
    /// <exception cref="ObjectDisposedException">The controller is disposed already.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public async IAsyncEnumerable<NvmeEvent> ReadEventsAsync([EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var subscription = new EventSubscription();
        lock (_subscriptions)
        {
            ThrowIfDisposed();
            _subscriptions.Add(subscription);
        }

        try
        {
            while (await subscription.TakeAsync(cancellationToken).ConfigureAwait(false) is { } @event)
                yield return @event;
        }
        finally
        {
            lock (_subscriptions)
                _subscriptions.Remove(subscription);
        }
    }

    private async Task StartEventsAsync(CancellationToken cancellationToken)
    {
        try
        {
            var wanted = CriticalWarnings | (Identity.Structure.OptionalAsyncEvents.Value & NamespaceAndFirmwareNotices);
            await SetFeatureAsync(FeatureId.AsyncEventConfiguration, wanted, 0, cancellationToken).ConfigureAwait(false);
        }
        catch (NvmeException exception) when (exception.Reason == NvmeFailure.CommandFailed)
        {
            // It then tells of what it told of after its reset.
            _logger.DoesWithout(exception, Address, "to say which events it tells of");
        }

        if (_vectors is null)
        {
            // A queue without interrupts is polled for as long as anything is outstanding, and requests for events always are.
            _logger.EventsNotFollowed(Address);
            return;
        }

        _eventFollowers = new Task[Math.Min(EventRequests, Identity.AsyncEventLimit)];
        for (var request = 0; request < _eventFollowers.Length; request++)
            _eventFollowers[request] = FollowEventsAsync();
    }

    // Ends with the admin queue, or where the controller takes no request: a follower never fails.
    private async Task FollowEventsAsync()
    {
        while (true)
        {
            try
            {
                var completion = await ExecuteAsync(AdminCommand.Plain(AdminOpcode.AsyncEventRequest), default, Timeout.InfiniteTimeSpan, CancellationToken.None)
                    .ConfigureAwait(false);
                await TakeEventAsync(NvmeEvent.Parse(completion.Result)).ConfigureAwait(false);
                await Task.Delay(PauseAfterEvent).ConfigureAwait(false);
            }
            catch (NvmeException exception)
            {
                if (exception.Reason == NvmeFailure.CommandFailed && exception.Status is not { Code: StatusCode.AsyncEventRequestLimitExceeded })
                    _logger.EventsEnded(exception, Address);
                return;
            }
            catch (ObjectDisposedException)
            {
                // The admin queue ended between two requests.
                return;
            }
        }
    }

    private async Task TakeEventAsync(NvmeEvent @event)
    {
        try
        {
            @event = await ReadEventLogAsync(@event).ConfigureAwait(false);
        }
        catch (NvmeException exception) when (exception.Reason is NvmeFailure.CommandFailed or NvmeFailure.ProtocolViolation or NvmeFailure.Unsupported)
        {
            // Whoever follows the events is told all the same; the controller may keep further ones of the kind to itself.
            _logger.DoesWithout(exception, Address, $"the log page of an event ({@event})");
        }

        _logger.EventReported(Address, @event);
        lock (_subscriptions)
        {
            foreach (var subscription in _subscriptions)
                subscription.Add(@event);
        }
    }

    private async Task<NvmeEvent> ReadEventLogAsync(NvmeEvent @event)
    {
        if (!@event.TellsOfNamespaces)
        {
            await ReadLogAsync(@event.LogPage, new byte[EventLogInBytes]).ConfigureAwait(false);
            return @event;
        }

        var changed = await ReadChangedNamespacesAsync().ConfigureAwait(false);
        await RefreshNamespacesAsync().ConfigureAwait(false);
        return @event with { ChangedNamespaces = changed ?? [.. Namespaces.Select(@namespace => @namespace.Id)] };
    }

    private void EndSubscriptions()
    {
        lock (_subscriptions)
        {
            foreach (var subscription in _subscriptions)
                subscription.End();
        }
    }
}
