using VfioSharp.Interrupts;

namespace VfioSharp.Emulation.VfioUser;

/// <summary>
/// The interrupts of a function as its client has connected them. The client's word alone decides what is delivered: a vector with an eventfd is
/// on. What is written to the MSI-X table and to the capabilities does not count, since clients keep those to themselves: QEMU shows its guest a
/// table of its own and writes none of it here, and libvfio-user asks for none either. Calls are made one at a time.
/// </summary>
internal sealed class InterruptTable : IDisposable
{
    /// <summary>How many indices a PCI function has.</summary>
    public const int IndexCount = 5;

    private readonly FunctionConfigSpace _config;
    private readonly InterruptVectorState[][] _vectors;
    private bool _isLineAsserted;

    public InterruptTable(PciFunction function)
    {
        _config = function.Config;
        _vectors =
        [
            MakeVectors(function.Identity.InterruptPin == 0 ? 0 : 1, masksThemselves: true),
            MakeVectors(function.Config.MsiVectorCount),
            MakeVectors(function.Msix?.VectorCount ?? 0),
            MakeVectors(1),
            MakeVectors(1),
        ];
    }

    /// <summary>Whether messages are on, so that the line is to be left alone.</summary>
    public bool UsesMessages => IsConnected(InterruptIndex.Msix) || IsConnected(InterruptIndex.Msi);

    // There is one, or the function has none.
    private InterruptVectorState? Line => _vectors[(int)InterruptIndex.Intx] is [var line] ? line : null;

    /// <summary>The vectors of an index.</summary>
    public ReadOnlySpan<InterruptVectorState> this[InterruptIndex index] => _vectors[(int)index];

    /// <summary>What can be done with an index: the line masks itself as it fires, as the kernel's VFIO has it.</summary>
    public static InterruptFlags GetFlags(InterruptIndex index) => index == InterruptIndex.Intx
        ? InterruptFlags.EventFd | InterruptFlags.Maskable | InterruptFlags.AutoMasked
        : InterruptFlags.EventFd;

    /// <summary>Fires a vector, the way that the client has switched on.</summary>
    public Errno Signal(int vector)
    {
        if (vector < 0)
            return Errno.None;
        if (IsConnected(InterruptIndex.Msix))
            return SignalOf(InterruptIndex.Msix, vector);
        if (IsConnected(InterruptIndex.Msi))
        {
            // Vectors beyond those granted are the last one's.
            var last = Array.FindLastIndex(_vectors[(int)InterruptIndex.Msi], state => state.IsConnected);
            return SignalOf(InterruptIndex.Msi, vector < _vectors[(int)InterruptIndex.Msi].Length ? Math.Min(vector, last) : int.MaxValue);
        }

        // Up and down at once: no level stays, so that a line that is held back has to remember.
        if (Line is not { } line)
            return Errno.None;
        line.Remember();
        return UpdateLine();
    }

    /// <summary>Sets the level of the interrupt line.</summary>
    public Errno SetLine(bool isAsserted)
    {
        if (_isLineAsserted == isAsserted || Line is null || UsesMessages)
            return Errno.None;
        _isLineAsserted = isAsserted;
        _config.SetInterruptStatus(isAsserted);
        return UpdateLine();
    }

    /// <summary>Fires the line where its level asks for that, or a pulse that was held back, and nothing holds it back now.</summary>
    public Errno UpdateLine() => Line is { IsMasked: false } line && (_isLineAsserted || line.IsPending) && !_config.IsInterruptLineDisabled
        ? line.Signal()
        : Errno.None;

    /// <summary>Whether a vector of the index has an eventfd.</summary>
    public bool IsConnected(InterruptIndex index)
    {
        foreach (var vector in _vectors[(int)index])
        {
            if (vector.IsConnected)
                return true;
        }

        return false;
    }

    /// <summary>Forgets what a reset forgets: the line's level, and what masks held back. Eventfds stay, as with the kernel's VFIO.</summary>
    public void Reset()
    {
        _isLineAsserted = false;
        foreach (var vectors in _vectors)
        {
            foreach (var vector in vectors)
                vector.ForgetPending();
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var vectors in _vectors)
        {
            foreach (var vector in vectors)
                vector.Dispose();
        }
    }

    private Errno SignalOf(InterruptIndex index, int vector) =>
        vector < _vectors[(int)index].Length ? _vectors[(int)index][vector].Signal() : Errno.None;

    private static InterruptVectorState[] MakeVectors(int count, bool masksThemselves = false)
    {
        var vectors = new InterruptVectorState[count];
        for (var i = 0; i < count; i++)
            vectors[i] = new InterruptVectorState(masksThemselves);
        return vectors;
    }
}
