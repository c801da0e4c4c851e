namespace VfioSharp.Emulation.Nvme;

// One interrupt for a vector and a look, whatever was posted meanwhile (NVMe over PCIe 1.0, 3.2). The line, where that is what the driver has, is
// no level here: what the driver has taken is often found by looking alone, and until then it would be called again and again for nothing. An
// interrupt that comes while the line is masked is remembered (FunctionHost.SignalInterrupt), so that none is lost.
internal sealed partial class ActiveController
{
    private const int VectorsInWord = 64;

    // Of the vectors 0 to 255: those that are to be signalled.
    private readonly ulong[] _vectors = new ulong[256 / VectorsInWord];
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
        var hasNews = _isMaskNew;
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

        if (!hasNews)
            return;
        _isMaskNew = false;
        Signal(host, 0, _vectors[0] & ~(host.UsesMessages ? 0ul : _mask));
        for (var word = 1; word < _vectors.Length; word++)
            Signal(host, word, _vectors[word]);
    }

    // Those that are masked stay until they are not.
    private void Signal(FunctionHost host, int word, ulong vectors)
    {
        _vectors[word] &= ~vectors;
        for (var bit = 0; vectors != 0; bit++, vectors >>= 1)
        {
            if ((vectors & 1) != 0)
                host.SignalInterrupt(word * VectorsInWord + bit);
        }
    }
}
