using VfioSharp.Nvme.Specification;

namespace VfioSharp.Emulation.Nvme;

// Asynchronous events (NVMe Base 2.0, 5.2): each waits for a request of the driver, and a kind that was told waits for its log page to be read.
internal sealed partial class ActiveController
{
    /// <summary>AERL, and one: how many requests there may be at once.</summary>
    public const int MostEventRequests = 4;

    // More than one of each is never to be told.
    private const int MostWaitingEvents = 16;

    // The bit of a critical warning, and what the event of SMART / health status tells (figure 148).
    private const uint TemperatureWarning = 2;
    private const byte TemperatureThreshold = 1;

    private readonly Queue<ushort> _eventRequests = new(MostEventRequests);
    private readonly Queue<ushort> _aborted = new();
    private readonly Queue<AsyncEvent> _events = new();

    private bool _wasTemperatureCritical;

    // A bit for each kind.
    private uint _told;

    /// <summary>Asynchronous Event Configuration (5.27.1.8): critical warnings in 7:0, notices from bit 8 on.</summary>
    public uint EventConfiguration { get; set; }

    /// <summary>Keeps a request for an event.</summary>
    /// <param name="command">The command's identifier.</param>
    /// <returns>False where there are as many as may be.</returns>
    public bool TryRequestEvent(ushort command)
    {
        if (_eventRequests.Count == MostEventRequests)
            return false;
        _eventRequests.Enqueue(command);
        return true;
    }

    /// <summary>Gives up a request for an event; the driver gets its completion as one that was aborted.</summary>
    /// <returns>False where there is no such request.</returns>
    public bool TryAbortEventRequest(ushort command)
    {
        var isFound = false;
        for (var left = _eventRequests.Count; left != 0; left--)
        {
            var request = _eventRequests.Dequeue();
            if (request == command && !isFound)
            {
                isFound = true;
                _aborted.Enqueue(request);
            }
            else
            {
                _eventRequests.Enqueue(request);
            }
        }

        return isFound;
    }

    /// <summary>Tells the driver of an event, unless one of the kind waits to be dealt with.</summary>
    public void Report(AsyncEvent @event)
    {
        if (_events.Count == MostWaitingEvents || _events.Contains(@event))
            return;
        _events.Enqueue(@event);
        _parts.RequestWork();
    }

    /// <summary>The driver has read the log page of a kind, so that the next event of it is told.</summary>
    public void Acknowledge(AsyncEventKind kind) => _told &= ~Bit(kind);

    /// <summary>
    /// Tells of a temperature that has gone beyond a threshold, where the driver wants to know. To be called when either may have changed.
    /// </summary>
    public void CheckTemperature()
    {
        var isCritical = _admin.IsTemperatureCritical;
        if (isCritical && !_wasTemperatureCritical && (EventConfiguration & TemperatureWarning) != 0)
            Report(new AsyncEvent(AsyncEventKind.SmartHealth, TemperatureThreshold, LogPageId.SmartHealth));
        _wasTemperatureCritical = isCritical;
    }

    private void ReportDoorbell(AsyncErrorEvent what, int queue)
    {
        _parts.Errors.Add(
            (ushort)queue, ErrorLog.None,
            NvmeStatus.Final(what == AsyncErrorEvent.InvalidDoorbellRegister ? StatusCode.InvalidQueueIdentifier : StatusCode.InvalidField), 0, 0);
        Report(new AsyncEvent(AsyncEventKind.Error, (byte)what, LogPageId.ErrorInformation));
    }

    private bool PostEvents(FunctionHost host)
    {
        if (_aborted.Count == 0 && (_events.Count == 0 || _eventRequests.Count == 0))
            return false;
        var queue = _completions[0];
        if (queue.Room == 0)
            LookAtHead(queue);
        var hasPosted = false;
        while (queue.Room != 0 && _aborted.Count != 0)
        {
            PostEvent(_aborted.Dequeue(), 0, StatusCode.AbortRequested, host);
            hasPosted = true;
        }

        for (var left = _events.Count; left != 0 && queue.Room != 0 && _eventRequests.Count != 0; left--)
        {
            var next = _events.Dequeue();
            if ((_told & Bit(next.Kind)) != 0)
            {
                _events.Enqueue(next);
                continue;
            }

            _told |= Bit(next.Kind);
            PostEvent(_eventRequests.Dequeue(), next.Result, NvmeStatus.Success, host);
            hasPosted = true;
        }

        Post(queue, host);
        return hasPosted;
    }

    private void PostEvent(ushort command, uint result, NvmeStatus status, FunctionHost host)
    {
        var queue = _completions[0];
        if (queue.IsGatheringFull)
            Post(queue, host);
        queue.Add(result, _submissions[0].Head, 0, command, status);
    }

    private static uint Bit(AsyncEventKind kind) => 1u << (int)kind;
}
