using Microsoft.Extensions.Logging;
using VfioSharp.Backends;

namespace VfioSharp.Interrupts;

/// <summary>
/// The interrupts of a device: its line, MSI and MSI-X, of which one is active at a time, and VFIO's own two signals, an uncorrected
/// error and the host's wish to have the device back. Belongs to the device and ends with it. All members may be called from any thread.
/// </summary>
public sealed partial class DeviceInterrupts
{
    private readonly InterruptSource[] _sources;
    private bool _closed;

    internal DeviceInterrupts(DeviceBackend backend, ILogger logger, string? address = null, Func<bool?>? answersConfig = null)
    {
        Backend = backend;
        Logger = logger;
        Address = address;
        Loop = new EventLoop(logger);
        Errors = new ErrorWatch(this, answersConfig ?? (static () => null));
        _sources = Array.ConvertAll(
            new[] { InterruptIndex.Intx, InterruptIndex.Msi, InterruptIndex.Msix, InterruptIndex.Error, InterruptIndex.Request },
            index => new InterruptSource(this, backend.DescribeInterrupt(index)));
        _deviceInError = new InterruptEvent(Error, this, nameof(DeviceInError));
        _hostWantsDeviceBack = new InterruptEvent(Request, this, nameof(HostWantsDeviceBack));
    }

    /// <summary>The interrupt line; a level interrupt that masks itself each time it fires. Never present on IBM Z.</summary>
    public InterruptSource Intx => _sources[(int)InterruptIndex.Intx];

    /// <summary>Message-signalled interrupts.</summary>
    public InterruptSource Msi => _sources[(int)InterruptIndex.Msi];

    /// <summary>Message-signalled interrupts with a table.</summary>
    public InterruptSource Msix => _sources[(int)InterruptIndex.Msix];

    /// <summary>
    /// Fires when an uncorrected error of the device was reported; PCI Express functions only. Enable it to wait for it as for any
    /// vector, or subscribe to <see cref="DeviceInError"/>, which enables it: not both.
    /// </summary>
    public InterruptSource Error => _sources[(int)InterruptIndex.Error];

    /// <summary>
    /// Fires when the host wants the device back, and again every ten seconds until it has it. Enable it to wait for it as for any
    /// vector, or subscribe to <see cref="HostWantsDeviceBack"/>, which enables it: not both.
    /// </summary>
    public InterruptSource Request => _sources[(int)InterruptIndex.Request];

    /// <summary>Which of INTx, MSI and MSI-X is enabled; null where none is.</summary>
    public InterruptSource? Active => Array.Find(_sources, source => source.IsExclusive && source.IsEnabled);

    internal DeviceBackend Backend { get; }

    internal ILogger Logger { get; }

    /// <summary>The device's address for messages, or null.</summary>
    internal string? Address { get; }

    internal EventLoop Loop { get; }

    /// <summary>Held while vectors are connected, disconnected or acted upon. Taken before the gate of a vector and that of the loop.</summary>
    internal object Gate { get; } = new();

    /// <summary>Knows whether the device is in error state.</summary>
    internal ErrorWatch Errors { get; }

    /// <summary>Whether the device is closed; read in the gate.</summary>
    internal bool IsClosed => _closed;

    internal void ThrowIfClosed() => ObjectDisposedException.ThrowIf(_closed, this);

    /// <summary>
    /// Disables what is enabled, ends every wait with <see cref="ObjectDisposedException"/>, and returns when the thread that watched has
    /// ended. A handler of an event that runs now is not waited for: it may be the one who closes the device. Called before the backend
    /// is disposed; a second call does nothing.
    /// </summary>
    internal void Close()
    {
        lock (Gate)
        {
            _closed = true;
            foreach (var source in _sources)
                source.Enabled?.Dispose();
            Errors.Close();
        }

        Loop.Close();
    }
}
