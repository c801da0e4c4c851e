using VfioSharp.Nvme.Specification;

namespace VfioSharp.Emulation.Nvme;

// When the queues are looked at: by whoever makes an access, for trapped doorbells, or by a thread that looks again and again.
public sealed partial class NvmeFunction
{
    // What a driver may add meanwhile is left to the thread that looks, so that accesses are answered.
    private const int MostLooksAtOnce = 256;

    /// <inheritdoc/>
    public bool IsPolling => Volatile.Read(ref _active) is { NeedsPolling: true };

    /// <inheritdoc/>
    public bool Poll(FunctionHost host)
    {
        if (_active is not { } active)
            return false;
        _isExecuting = true;
        try
        {
            return active.Poll(Reach(host));
        }
        finally
        {
            _isExecuting = false;
            if (active.IsOver)
                Restart(active);
        }
    }

    /// <inheritdoc/>
    public bool TryRest(FunctionHost host) => _active is not { } active || active.TryRest(Reach(host));

    /// <inheritdoc/>
    protected override void DoWork(FunctionHost host)
    {
        if (_shutdown == ShutdownStatus.Occurring)
            FinishShutdown();
        _active?.CheckKeepAlive();
        _active?.CheckTemperature();
        for (var looks = 0; looks < MostLooksAtOnce && Poll(host); looks++)
        {
        }
    }

    // The driver's memory, with what it has switched on of the controller's over it.
    private FunctionHost Reach(FunctionHost host) => _buffer is { IsReachable: true } ? _buffer.Over(host) : host;

    // What was enabled or reset while a command waited for memory.
    private void Restart(ActiveController over)
    {
        if (!ReferenceEquals(_active, over))
            return;
        _active = null;
        if (new ControllerConfiguration(_configuration).IsEnabled)
            Enable();
    }

    // 3.6.1. What cannot be written has nobody left to be told to; a Flush would have told.
    private void FinishShutdown()
    {
        _ = _parts.Io.FlushAll();
        _shutdown = ShutdownStatus.Complete;
    }
}
