namespace VfioSharp.Config;

/// <summary>
/// Message-signalled interrupts with a table (PCI Express Base 7.7.2). Each property reads the device. To enable vectors, use the
/// device's interrupts: VFIO keeps the registers to itself.
/// </summary>
public sealed class MsixCapability
{
    internal const int LengthInBytes = 12;

    private const int ControlOffset = 2;
    private const int TableOffset = 4;
    private const int PendingOffset = 8;
    private const ushort EnableBit = 1 << 15;
    private const ushort FunctionMaskBit = 1 << 14;
    private const ushort SizeMask = 0x7ff;
    private const uint BarMask = 7;
    private const int EntryLengthInBytes = 16;
    private const int PendingBitsPerWord = 64;

    private readonly ConfigSpace _config;

    internal MsixCapability(ConfigSpace config, int offset)
    {
        _config = config;
        Offset = offset;
    }

    /// <summary>Where the capability begins in configuration space.</summary>
    public int Offset { get; }

    /// <summary>Whether MSI-X is on.</summary>
    /// <exception cref="VfioException">The read failed.</exception>
    public bool IsEnabled => (Control & EnableBit) != 0;

    /// <summary>Whether all vectors are masked at once.</summary>
    /// <exception cref="VfioException">The read failed.</exception>
    public bool IsFunctionMasked => (Control & FunctionMaskBit) != 0;

    /// <summary>How many vectors the table has: 1 to 2048.</summary>
    /// <exception cref="VfioException">The read failed.</exception>
    public int VectorCount => (Control & SizeMask) + 1;

    /// <summary>Where the table lies. It has 16 bytes for each vector.</summary>
    /// <exception cref="VfioException">The read failed.</exception>
    public MsixLocation Table => Locate(TableOffset, VectorCount * EntryLengthInBytes);

    /// <summary>Where the bits of pending interrupts lie: one for each vector, in words of 64 bit.</summary>
    /// <exception cref="VfioException">The read failed.</exception>
    public MsixLocation Pending => Locate(PendingOffset, (VectorCount + PendingBitsPerWord - 1) / PendingBitsPerWord * 8);

    /// <summary>Lets the vectors out, where they are not: for a function whose registers no kernel keeps to itself.</summary>
    /// <exception cref="VfioException">The access failed.</exception>
    internal void SwitchOn()
    {
        if ((Control & (EnableBit | FunctionMaskBit)) != EnableBit)
            _config.Change16(Offset + ControlOffset, keep: unchecked((ushort)~FunctionMaskBit), set: EnableBit);
    }

    /// <summary>Holds the vectors back, where they are not.</summary>
    /// <inheritdoc cref="SwitchOn"/>
    internal void SwitchOff()
    {
        if (IsEnabled)
            _config.Change16(Offset + ControlOffset, keep: unchecked((ushort)~EnableBit), set: 0);
    }

    private ushort Control => _config.Read16(Offset + ControlOffset);

    private MsixLocation Locate(int register, int lengthInBytes)
    {
        var value = _config.Read32(Offset + register);
        return new MsixLocation((int)(value & BarMask), value & ~BarMask, lengthInBytes);
    }
}

/// <summary>A place in a BAR, as the function says: nothing has been checked against the BAR's size. Immutable.</summary>
/// <param name="Bar">The BAR's number; 6 and 7 are reserved.</param>
/// <param name="Offset">The first byte in the BAR, a multiple of 8.</param>
/// <param name="LengthInBytes">The length.</param>
public readonly record struct MsixLocation(int Bar, uint Offset, int LengthInBytes);
