using System.Runtime.InteropServices;
using VfioSharp.Native;

namespace VfioSharp.Interrupts;

/// <summary>
/// The resample event of a level interrupt: signalling it unmasks the line in the kernel, and where the line is still up the vector fires
/// at once (drivers/vfio/pci/vfio_pci_intrs.c, vfio_pci_set_intx_unmask). Owns its eventfd. All members may be called from any thread.
/// </summary>
public sealed class InterruptResample : IDisposable
{
    private readonly DeviceInterrupts _device;
    private readonly InterruptIndex _index;
    private readonly EventFd _event;

    private InterruptResample(DeviceInterrupts device, InterruptIndex index, EventFd @event)
    {
        _device = device;
        _index = index;
        _event = @event;
    }

    /// <summary>
    /// The eventfd, to be handed to whoever signals the end of the interrupt, KVM's resampling irqfd for one. It stays this object's:
    /// hold it with <see cref="SafeHandle.DangerousAddRef"/> while its number is in use, do not dispose it, do not read it.
    /// </summary>
    public SafeHandle EventHandle => _event.Descriptor;

    internal bool IsClosed { get; private set; }

    /// <summary>Unmasks the line: one write(2) to the eventfd.</summary>
    /// <exception cref="ObjectDisposedException">The resample event, or the vectors that it belongs to, are disposed.</exception>
    public void Signal() => _event.Signal();

    /// <summary>Disconnects the event and closes it; the line keeps its mask. A second call does nothing.</summary>
    public void Dispose()
    {
        lock (_device.Gate)
        {
            if (IsClosed)
                return;
            try
            {
                _device.Backend.ConnectInterrupts(_index, InterruptAction.Unmask, 0, [-1]);
            }
            catch (VfioException exception)
            {
                _device.Logger.NotDisabled(exception, _index);
            }
            finally
            {
                Close();
            }
        }
    }

    internal static InterruptResample Connect(DeviceInterrupts device, InterruptIndex index)
    {
        var @event = EventFd.Create();
        try
        {
            device.Backend.ConnectInterrupts(index, InterruptAction.Unmask, 0, [@event.Descriptor.Number]);
            return new InterruptResample(device, index, @event);
        }
        catch
        {
            @event.Dispose();
            throw;
        }
    }

    /// <summary>Closes what the disabled interrupt no longer holds.</summary>
    internal void Close()
    {
        IsClosed = true;
        _event.Dispose();
    }
}
