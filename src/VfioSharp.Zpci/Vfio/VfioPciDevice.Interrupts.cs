using System.Buffers.Binary;
using VfioSharp.Interrupts;
using VfioSharp.Zpci.Kernel;

namespace VfioSharp.Zpci.Vfio;

// drivers/vfio/pci/vfio_pci_intrs.c. An eventfd is whatever the caller passes as an action: the model knows no file descriptors.
public partial class VfioPciDevice
{
    private readonly Dictionary<int, Action> _messages = [];
    private int _messageCount;
    private Action? _error;
    private Action? _request;

    /// <summary>
    /// VFIO_DEVICE_SET_IRQS with eventfds (VFIO_IRQ_SET_DATA_EVENTFD and ACTION_TRIGGER), from one vector on.
    /// </summary>
    /// <param name="index">MSI-X, ERR or REQ.</param>
    /// <param name="start">The first vector.</param>
    /// <param name="events">What each vector calls; null disconnects it.</param>
    /// <returns>
    /// 0, or EINVAL for an index or vectors that the function does not have, or for more MSI-X vectors than were enabled at first.
    /// </returns>
    public KernelResult ConnectInterrupts(InterruptIndex index, int start, IReadOnlyList<Action?> events)
    {
        if (!HasVectors(index, start, events.Count))
            return Errno.EINVAL;
        switch (index)
        {
            case InterruptIndex.Error:
                _error = events[0];
                break;
            case InterruptIndex.Request:
                _request = events[0];
                break;
            case InterruptIndex.Msix when _messageCount != 0 && start + events.Count > _messageCount:
                // VFIO_IRQ_INFO_NORESIZE: the vectors that were enabled first are all there are until they are disabled.
                return Errno.EINVAL;
            case InterruptIndex.Msix:
                ConnectMessages(start, events);
                break;
        }

        return KernelResult.Success;
    }

    /// <summary>VFIO_DEVICE_SET_IRQS without data and with ACTION_TRIGGER: fires what is connected, for testing.</summary>
    /// <param name="index">The interrupt index.</param>
    /// <param name="start">The first vector.</param>
    /// <param name="count">How many.</param>
    /// <returns>0, or EINVAL for vectors that the function does not have or that are not enabled.</returns>
    public KernelResult TriggerInterrupts(InterruptIndex index, int start, int count)
    {
        if (!HasVectors(index, start, count) || (index == InterruptIndex.Msix && _messageCount == 0))
            return Errno.EINVAL;
        for (var vector = start; vector < start + count; vector++)
            EventOf(index, vector)?.Invoke();
        return KernelResult.Success;
    }

    /// <summary>VFIO_DEVICE_SET_IRQS without data and with count 0: disconnects every vector of an index.</summary>
    /// <param name="index">The interrupt index.</param>
    /// <returns>0, or EINVAL for an index that the function does not have.</returns>
    public KernelResult DisableInterrupts(InterruptIndex index)
    {
        if (GetInterruptInfo((int)index, out _).IsError)
            return Errno.EINVAL;
        switch (index)
        {
            case InterruptIndex.Error:
                _error = null;
                break;
            case InterruptIndex.Request:
                _request = null;
                break;
            case InterruptIndex.Msix:
                DisconnectMessages();
                break;
        }

        return KernelResult.Success;
    }

    /// <summary>
    /// The host wants the device back (vfio_pci_core_request()): the REQ interrupt fires. The function goes when nothing holds the device any
    /// more.
    /// </summary>
    /// <returns>Whether somebody listens; else the kernel writes to its log that the device is in use.</returns>
    public bool RequestBack()
    {
        _request?.Invoke();
        if (_request is null)
            Host.Log.PrintRatelimited($"vfio-pci {Function.Address}: No device request channel registered, blocked until released by user");
        return _request is not null;
    }

    // vfio_set_irqs_validate_and_prepare()
    private bool HasVectors(InterruptIndex index, int start, int count) => !GetInterruptInfo((int)index, out var info).IsError
        && start >= 0 && count > 0 && start < info.Count && count <= info.Count - start;

    private Action? EventOf(InterruptIndex index, int vector) => index switch
    {
        InterruptIndex.Error => _error,
        InterruptIndex.Request => _request,
        _ => _messages.GetValueOrDefault(vector),
    };

    private void ConnectMessages(int start, IReadOnlyList<Action?> events)
    {
        if (_messageCount == 0)
            _messageCount = start + events.Count;
        for (var i = 0; i < events.Count; i++)
        {
            if (events[i] is { } action)
                _messages[start + i] = action;
            else
                _messages.Remove(start + i);
            SetMessage(start + i, events[i] is not null);
        }

        SetMessagesEnabled(true);
        Function.InterruptSink = vector => _messages.GetValueOrDefault(vector)?.Invoke();
    }

    private void DisconnectMessages()
    {
        foreach (var vector in _messages.Keys)
            SetMessage(vector, false);
        _messages.Clear();
        _messageCount = 0;
        SetMessagesEnabled(false);
        Function.InterruptSink = null;
    }

    private void DisconnectAllInterrupts()
    {
        DisconnectMessages();
        (_error, _request) = (null, null);
    }

    private void RestoreMessages()
    {
        foreach (var vector in _messages.Keys)
            SetMessage(vector, true);
    }

    // drivers/pci/msi/msi.c, __pci_write_msi_msg(): the kernel writes the table through a mapping of its own. It cannot for a function without
    // MIO addresses on a machine that uses MIO: then the entry stays masked and no interrupt arrives.
    private void SetMessage(int vector, bool isEnabled)
    {
        if (Function.Device.Msix is not { } msix || Function.FindBar(msix.Bar) is not { } bar)
            return;
        Span<byte> entry = stackalloc byte[16];
        entry.Clear();
        BinaryPrimitives.WriteUInt64LittleEndian(entry, MessageAddress);
        BinaryPrimitives.WriteUInt32LittleEndian(entry[8..], (uint)vector);
        entry[12] = isEnabled ? (byte)0 : (byte)1;
        for (var i = 0; i < entry.Length; i += sizeof(uint))
            KernelPciMemory.Write(Host, bar.Start + msix.TableOffset + (ulong)(vector * 16 + i), entry.Slice(i, sizeof(uint)));
    }

    private void SetMessagesEnabled(bool isEnabled)
    {
        if (DeviceConfig.MsixOffset != 0)
            DeviceConfig.Write(DeviceConfig.MsixOffset + 3, [isEnabled ? (byte)0x80 : (byte)0]);
    }

    private void OnError() => _error?.Invoke();
}
