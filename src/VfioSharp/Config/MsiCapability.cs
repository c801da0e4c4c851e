namespace VfioSharp.Config;

/// <summary>
/// Message-signalled interrupts (PCI Express Base 7.7.1). Each property reads the device. To enable vectors, use the device's interrupts:
/// VFIO keeps the registers to itself.
/// </summary>
public sealed class MsiCapability
{
    internal const int ShortestLengthInBytes = 10;
    internal const ushort Address64Bit = 1 << 7;
    internal const ushort PerVectorMaskingBit = 1 << 8;

    private const int ControlOffset = 2;
    private const ushort EnableBit = 1;
    private const int EnabledVectorsShift = 4;
    private const ushort EnabledVectorsMask = 7 << EnabledVectorsShift;
    private const int MaskOffset = 12;
    private const int MaskOffsetWith64BitAddress = 16;
    private const int MostVectors = 32;

    private readonly ConfigSpace _config;

    internal MsiCapability(ConfigSpace config, int offset)
    {
        _config = config;
        Offset = offset;
    }

    /// <summary>Where the capability begins in configuration space.</summary>
    public int Offset { get; }

    /// <summary>Whether MSI is on.</summary>
    /// <exception cref="VfioException">The read failed.</exception>
    public bool IsEnabled => (Control & EnableBit) != 0;

    /// <summary>How many vectors the function wants: 1 to 32, a power of two. Reserved encodings read as 32.</summary>
    /// <exception cref="VfioException">The read failed.</exception>
    public int RequestedVectors => VectorsOf(Control >> 1);

    /// <summary>How many vectors it was given: 1 to 32, a power of two. Reserved encodings read as 32.</summary>
    /// <exception cref="VfioException">The read failed.</exception>
    public int EnabledVectors => VectorsOf(Control >> EnabledVectorsShift);

    /// <summary>Whether the message may go to a 64-bit address.</summary>
    /// <exception cref="VfioException">The read failed.</exception>
    public bool Has64BitAddress => (Control & Address64Bit) != 0;

    /// <summary>Whether each vector can be masked.</summary>
    /// <exception cref="VfioException">The read failed.</exception>
    public bool HasPerVectorMasking => (Control & PerVectorMaskingBit) != 0;

    /// <summary>
    /// Lets vectors out, where they are not, or fewer of them: for a function whose registers no kernel keeps to itself. It gets the next power of two
    /// where it asks for that many.
    /// </summary>
    /// <param name="count">How many vectors are in use, from 0 on.</param>
    /// <exception cref="VfioException">The access failed.</exception>
    internal void SwitchOn(int count)
    {
        var field = 0;
        while (VectorsOf(field) < Math.Min(count, RequestedVectors))
            field++;
        if (!IsEnabled || EnabledVectors < VectorsOf(field))
            _config.Change16(Offset + ControlOffset, keep: unchecked((ushort)~EnabledVectorsMask), set: (ushort)(EnableBit | field << EnabledVectorsShift));
        if (!HasPerVectorMasking)
            return;
        var maskOffset = Offset + (Has64BitAddress ? MaskOffsetWith64BitAddress : MaskOffset);
        var inUse = uint.MaxValue >> (MostVectors - Math.Clamp(count, 1, MostVectors));
        var masked = _config.Read32(maskOffset);
        if ((masked & inUse) != 0)
            _config.Write32(maskOffset, masked & ~inUse);
    }

    /// <summary>Holds the vectors back, where they are not.</summary>
    /// <exception cref="VfioException">The access failed.</exception>
    internal void SwitchOff()
    {
        if (IsEnabled)
            _config.Change16(Offset + ControlOffset, keep: unchecked((ushort)~EnableBit), set: 0);
    }

    private ushort Control => _config.Read16(Offset + ControlOffset);

    private static int VectorsOf(int field) => Math.Min(1 << (field & 7), MostVectors);
}
