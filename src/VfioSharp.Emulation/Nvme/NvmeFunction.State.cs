using VfioSharp.Nvme.Specification;

namespace VfioSharp.Emulation.Nvme;

// Enabled, disabled, shut down, failed (NVMe Base 2.0, 3.5 and 3.6).
public sealed partial class NvmeFunction
{
    private const uint Ready = 1;
    private const uint Fatal = 2;
    private const int ShutdownShift = 2;
    private const uint HadSubsystemReset = 1 << 4;

    private ActiveController? _active;
    private ShutdownStatus _shutdown;
    private bool _hasFailedToStart;
    private bool _hadSubsystemReset;

    // A command waits for memory, and the thread that executes it will be back.
    private bool _isExecuting;

    private uint Status => (_active is not null ? Ready : 0)
        | (_hasFailedToStart || _active is { IsFatal: true } ? Fatal : 0)
        | (uint)_shutdown << ShutdownShift
        | (_hadSubsystemReset ? HadSubsystemReset : 0);

    /// <inheritdoc/>
    protected override void OnReset()
    {
        Stop();
        _active = null;
        (_configuration, _interruptMask, _adminQueues) = (0, 0, default);
        (_shutdown, _hasFailedToStart, _hadSubsystemReset) = (ShutdownStatus.Normal, false, false);
        if (_buffer is not null)
            _buffer.Control = 0;
    }

    private void Configure(ControllerConfiguration configuration)
    {
        var before = new ControllerConfiguration(_configuration);
        _configuration = configuration.Value;
        if (before.IsEnabled && !configuration.IsEnabled)
            Disable();
        else if (!before.IsEnabled && configuration.IsEnabled)
            Enable();
        if (before.Shutdown == ShutdownNotification.None && configuration.Shutdown != ShutdownNotification.None)
            BeginShutdown();
        else if (before.Shutdown != ShutdownNotification.None && configuration.Shutdown == ShutdownNotification.None)
            _shutdown = ShutdownStatus.Normal;
    }

    // 3.5.1. A command of the run before may still wait for memory: the controller is then not ready before that is over.
    private void Enable()
    {
        if (_active is { IsOver: true })
            return;
        var configuration = new ControllerConfiguration(_configuration);
        _hasFailedToStart = !CanStart(configuration);
        if (_hasFailedToStart)
            return;
        _active = new ActiveController(_parts, configuration, _adminQueues, _page) { InterruptMask = _interruptMask };
        RequestWork();
    }

    // 3.7.2: a controller reset keeps AQA, ASQ and ACQ, and clears the rest.
    private void Disable()
    {
        Stop();
        if (!_isExecuting)
            _active = null;
        _hasFailedToStart = false;
        _interruptMask = 0;
        _shutdown = ShutdownStatus.Normal;
    }

    private void Stop()
    {
        _active?.End();
        _page?.GetSpan(NvmeRegister.FirstDoorbell, DoorbellsInBytes).Clear();
    }

    private bool CanStart(ControllerConfiguration configuration)
    {
        var pageMask = (1ul << configuration.PageShift) - 1;
        var capabilities = _parts.Capabilities;
        return ((_adminQueues.SubmissionAddress | _adminQueues.CompletionAddress) & pageMask) == 0
            && _adminQueues is { SubmissionEntries: >= 2, CompletionEntries: >= 2 }
            && (capabilities.CommandSets >> configuration.CommandSet & 1) != 0
            && configuration.Arbitration == 0
            && 1L << configuration.PageShift >= capabilities.MinPageSizeInBytes
            && 1L << configuration.PageShift <= capabilities.MaxPageSizeInBytes;
    }

    // 3.6.1: what the images have in their caches is written before the shutdown is complete.
    private void BeginShutdown()
    {
        _shutdown = ShutdownStatus.Occurring;
        RequestWork();
    }

    // 3.7.1.
    private void ResetSubsystem()
    {
        OnReset();
        _hadSubsystemReset = true;
    }
}
