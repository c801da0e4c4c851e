namespace VfioSharp.Emulation.Nvme;

// One interrupt for a vector and a look, whatever was posted meanwhile (NVMe over PCIe 1.0, 3.2).
internal sealed partial class ActiveController
{
    private const int VectorsInWord = 64;

    private readonly ulong[] _vectors = new ulong[256 / VectorsInWord];
    private bool _isLineUp;
    private bool _isMaskNew;
    private uint _mask;

    /// <summary>INTMS and INTMC (3.1.3.3): the vectors that are masked, where there is no MSI-X.</summary>
    public uint InterruptMask
    {
        get => _mask;
        set
        {
            _mask = value;
            _isMaskNew = true;
        }
    }

    private void Interrupt(FunctionHost host)
    {
        var hasNews = false;
        foreach (var queue in _completions)
        {
            if (!queue.HasNews)
                continue;
            queue.HasNews = false;
            if (queue.Vector is not { } vector)
                continue;
            _vectors[vector / VectorsInWord] |= 1ul << (vector % VectorsInWord);
            hasNews = true;
        }

        // The line goes down by a doorbell, and up and down by the mask.
        if (!hasNews && !_isLineUp && !_isMaskNew)
            return;
        _isMaskNew = false;
        if (host.UsesMessages)
        {
            _isLineUp = false;
            SendMessages(host);
        }
        else
        {
            Array.Clear(_vectors, 0, _vectors.Length);
            SetLine(host, IsLineWanted());
        }
    }

    private void SetLine(FunctionHost host, bool isUp)
    {
        if (isUp == _isLineUp)
            return;
        _isLineUp = isUp;
        host.SetInterruptLine(isUp);
    }

    private bool IsLineWanted()
    {
        foreach (var queue in _completions)
        {
            if (queue is { Vector: { } vector, IsOccupied: true } && (vector >= 32 || (_mask >> vector & 1) == 0))
                return true;
        }

        return false;
    }

    private void SendMessages(FunctionHost host)
    {
        for (var word = 0; word < _vectors.Length; word++)
        {
            var vectors = _vectors[word];
            if (vectors == 0)
                continue;
            _vectors[word] = 0;
            for (var bit = 0; bit < VectorsInWord; bit++)
            {
                if ((vectors >> bit & 1) != 0)
                    host.SignalInterrupt(word * VectorsInWord + bit);
            }
        }
    }
}
