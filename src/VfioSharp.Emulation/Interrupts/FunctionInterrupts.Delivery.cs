using VfioSharp.Interrupts;

namespace VfioSharp.Emulation.Interrupts;

// What the function raises, and what becomes of it.
internal sealed partial class FunctionInterrupts
{
    private bool _isLineUp;
    private bool _isLinePulsed;

    /// <summary>Raises an interrupt; see <see cref="FunctionHost.SignalInterrupt"/>.</summary>
    public void Signal(int vector)
    {
        lock (_gate)
        {
            switch (_on)
            {
                case InterruptIndex.Msix when vector >= 0 && vector < _msix.Count:
                    Raise(_msix, vector);
                    break;
                case InterruptIndex.Msi when vector >= 0:
                    // Without one to itself an interrupt shares the last that was granted.
                    Raise(_msi, Math.Min(vector, Math.Min(_msi.SwitchedOn, _function.Config.GrantedMsiVectors) - 1));
                    break;
                case InterruptIndex.Intx when vector >= 0:
                    _isLinePulsed = true;
                    FireLine();
                    break;
            }
        }
    }

    /// <summary>Sets the level of the line; see <see cref="FunctionHost.SetInterruptLine"/>.</summary>
    public void SetLine(bool isUp)
    {
        lock (_gate)
        {
            _isLineUp = isUp;
            _function.Config.SetInterruptStatus(isUp);
            FireLine();
        }
    }

    /// <summary>Fires what VFIO has for errors of the device, or for the host that wants it back.</summary>
    public void Notify(InterruptIndex index)
    {
        lock (_gate)
            (index == InterruptIndex.Error ? _error : _request).Fire(0);
    }

    private void Raise(EventVectors vectors, int vector)
    {
        if (IsHeldBack(vectors, vector))
            SetPending(vectors, vector, true);
        else
            vectors.Fire(vector);
    }

    // PCI Express 7.7.1.8 and 7.7.2.10: a masked vector's message is sent when the mask goes.
    private void DeliverHeldBack()
    {
        lock (_gate)
            DeliverHeldBackLocked();
    }

    private void DeliverHeldBackLocked()
    {
        switch (_on)
        {
            case InterruptIndex.Msix:
                Deliver(_msix);
                break;
            case InterruptIndex.Msi:
                Deliver(_msi);
                break;
            case InterruptIndex.Intx:
                FireLine();
                break;
        }
    }

    private void Deliver(EventVectors vectors)
    {
        for (var vector = 0; vector < vectors.Count; vector++)
        {
            if (!IsPending(vectors, vector) || IsHeldBack(vectors, vector))
                continue;
            SetPending(vectors, vector, false);
            vectors.Fire(vector);
        }
    }

    private bool IsHeldBack(EventVectors vectors, int vector) => vectors.IsMasked(vector)
        || (ReferenceEquals(vectors, _msix) ? _function.Config.IsMsixMasked || _function.Msix!.IsMasked(vector) : _function.Config.IsMsiMasked(vector));

    private bool IsPending(EventVectors vectors, int vector) => vectors.IsPending(vector)
        || (ReferenceEquals(vectors, _msix) ? _function.Msix!.IsPending(vector) : _function.Config.IsMsiPending(vector));

    // A driver sees it among the function's own bits, where there are such; MSI need not have them.
    private void SetPending(EventVectors vectors, int vector, bool isPending)
    {
        vectors.SetPending(vector, isPending);
        if (ReferenceEquals(vectors, _msix))
            _function.Msix!.SetPending(vector, isPending);
        else
            _function.Config.SetMsiPending(vector, isPending);
    }

    // vfio_intx_handler(): the line masks itself when it fires, and fires again when it is unmasked while it is up.
    private void FireLine()
    {
        if (_on != InterruptIndex.Intx || !(_isLineUp || _isLinePulsed) || _line.IsMasked(0) || _function.Config.IsInterruptLineDisabled || !_line.IsConnected(0))
            return;
        _isLinePulsed = false;
        _line.SetMask(0, true);
        _line.Fire(0);
    }

    // What is connected stays so over a reset, for which the kernel saves and restores what it had set (pci_restore_msi_state()).
    private void OnReset()
    {
        lock (_gate)
        {
            (_isLineUp, _isLinePulsed) = (false, false);
            SetInConfig(isOn: true);
            for (var vector = 0; vector < _msi.Count; vector++)
                _msi.SetPending(vector, false);
            for (var vector = 0; vector < _msix.Count; vector++)
                _msix.SetPending(vector, false);
            for (var vector = 0; _on == InterruptIndex.Msix && vector < _msix.Count; vector++)
                _function.Msix!.SetMask(vector, !_msix.IsConnected(vector));
        }
    }
}
