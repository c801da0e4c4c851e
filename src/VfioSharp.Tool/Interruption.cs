using System.Runtime.InteropServices;

namespace VfioSharp.Tool;

/// <summary>
/// Makes Ctrl-C and SIGTERM cancel the verb, so that it closes what it opened. A second signal ends the process at once, for a verb that
/// waits in the kernel.
/// </summary>
internal sealed class Interruption : IDisposable
{
    private readonly CancellationTokenSource _cancellation = new();
    private readonly PosixSignalRegistration[] _registrations;

    public Interruption() => _registrations =
        [PosixSignalRegistration.Create(PosixSignal.SIGINT, Handle), PosixSignalRegistration.Create(PosixSignal.SIGTERM, Handle)];

    /// <summary>Cancelled by the first signal.</summary>
    public CancellationToken Token => _cancellation.Token;

    /// <summary>What the command returns when it was cancelled.</summary>
    public int ExitCode { get; private set; } = Tool.ExitCode.Interrupted;

    public void Dispose()
    {
        foreach (var registration in _registrations)
            registration.Dispose();
        _cancellation.Dispose();
    }

    internal void Handle(PosixSignalContext signal)
    {
        if (_cancellation.IsCancellationRequested)
            return;

        signal.Cancel = true;
        if (signal.Signal == PosixSignal.SIGTERM)
            ExitCode = Tool.ExitCode.Terminated;
        _cancellation.Cancel();
    }
}
