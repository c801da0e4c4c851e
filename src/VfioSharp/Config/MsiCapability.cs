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
    public int EnabledVectors => VectorsOf(Control >> 4);

    /// <summary>Whether the message may go to a 64-bit address.</summary>
    /// <exception cref="VfioException">The read failed.</exception>
    public bool Has64BitAddress => (Control & Address64Bit) != 0;

    /// <summary>Whether each vector can be masked.</summary>
    /// <exception cref="VfioException">The read failed.</exception>
    public bool HasPerVectorMasking => (Control & PerVectorMaskingBit) != 0;

    private ushort Control => _config.Read16(Offset + ControlOffset);

    private static int VectorsOf(int field) => Math.Min(1 << (field & 7), MostVectors);
}
