using VfioSharp.Config;

namespace VfioSharp.Emulation;

// The driver's way in to configuration space, and what follows from what it writes there.
public abstract partial class PciFunction
{
    /// <summary>Raised on the caller's thread when a mask, an enable bit or the table of interrupts may have changed; for who delivers them.</summary>
    internal event Action? InterruptsChanged;

    /// <summary>Raised on the caller's thread at the end of a reset; for who delivers interrupts.</summary>
    internal event Action? HasBeenReset;

    /// <summary>A driver's read of configuration space.</summary>
    /// <param name="offset">The first byte.</param>
    /// <param name="destination">Takes the bytes, of any number.</param>
    /// <exception cref="ArgumentOutOfRangeException">The bytes do not lie within configuration space.</exception>
    public void ReadConfig(int offset, Span<byte> destination) => Config.Read(offset, destination);

    /// <summary>
    /// A driver's write of configuration space: bits that cannot be written keep their value. The function is reset where the driver asks for
    /// a function level reset and the function has one (PCI Express Base 7.5.3.4), and where it comes back from D3hot without keeping its state
    /// (7.5.2.2). Then <see cref="OnConfigWritten"/> is called.
    /// </summary>
    /// <param name="offset">The first byte.</param>
    /// <param name="source">The bytes, of any number.</param>
    /// <exception cref="ArgumentOutOfRangeException">The bytes do not lie within configuration space.</exception>
    public void WriteConfig(int offset, ReadOnlySpan<byte> source)
    {
        var wasAsleep = Config.PowerState == PowerState.D3Hot;
        Config.Write(offset, source);
        if (Config.AsksForReset(offset, source) || (wasAsleep && Config.PowerState == PowerState.D0 && !Config.KeepsStateInD3Hot))
            Reset();
        OnConfigWritten(offset, source.Length);
        InterruptsChanged?.Invoke();
    }

    /// <summary>
    /// Tells that a driver wrote to configuration space, which holds the new values already. Does nothing unless overridden. As in any handler, the
    /// host is not to be seen: ask for work.
    /// </summary>
    /// <param name="offset">The first byte.</param>
    /// <param name="lengthInBytes">How many bytes were written, whether they can be or not.</param>
    protected virtual void OnConfigWritten(int offset, int lengthInBytes)
    {
    }
}
