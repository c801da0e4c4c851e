namespace VfioSharp.Tool.Scripts;

/// <summary>What a script is played on: a device through the library.</summary>
internal class ScriptTarget : IDisposable
{
    private readonly Lazy<DevicePlayer> _device;

    /// <param name="open">Opens the device, which the target owns, when a step first needs it.</param>
    public ScriptTarget(Func<VfioDevice> open) => _device = new Lazy<DevicePlayer>(() => new DevicePlayer(open()));

    /// <summary>Plays what the library can do.</summary>
    /// <exception cref="VfioException">On first use: the device cannot be opened.</exception>
    public DevicePlayer Device => _device.Value;

    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    protected virtual void Dispose(bool disposing)
    {
        if (_device.IsValueCreated)
            _device.Value.Dispose();
    }
}
