namespace VfioSharp.Config;

/// <summary>The kinds of PCI Express functions (PCI Express Base 7.5.3.2). Other values are reserved.</summary>
public enum PciExpressPortType
{
    /// <summary>An endpoint.</summary>
    Endpoint = 0,
    /// <summary>An endpoint with features of conventional PCI, such as I/O BARs.</summary>
    LegacyEndpoint = 1,
    /// <summary>A root port.</summary>
    RootPort = 4,
    /// <summary>The port of a switch that looks to the root.</summary>
    UpstreamSwitchPort = 5,
    /// <summary>A port of a switch that looks away from the root.</summary>
    DownstreamSwitchPort = 6,
    /// <summary>A bridge from PCI Express to PCI.</summary>
    PciExpressToPciBridge = 7,
    /// <summary>A bridge from PCI to PCI Express.</summary>
    PciToPciExpressBridge = 8,
    /// <summary>An endpoint within the root complex, which has no link.</summary>
    IntegratedEndpoint = 9,
    /// <summary>An event collector of the root complex.</summary>
    EventCollector = 10,
}

/// <summary>The registers that every PCI Express function has (PCI Express Base 7.5.3). Each property reads the device.</summary>
public sealed class PciExpressCapability
{
    /// <summary>Up to the link status register, which is what version 1 has of every function.</summary>
    internal const int LengthInBytes = 20;

    private const int CapabilitiesOffset = 0x02;
    private const int DeviceCapabilitiesOffset = 0x04;
    private const int DeviceControlOffset = 0x08;
    private const int LinkCapabilitiesOffset = 0x0c;
    private const int LinkStatusOffset = 0x12;
    private const uint FunctionLevelResetBit = 1u << 28;

    private readonly ConfigSpace _config;

    internal PciExpressCapability(ConfigSpace config, int offset)
    {
        _config = config;
        Offset = offset;
    }

    /// <summary>Where the capability begins in configuration space.</summary>
    public int Offset { get; }

    /// <summary>The version of the layout; 2 today.</summary>
    /// <exception cref="VfioException">The read failed.</exception>
    public int Version => _config.Read16(Offset + CapabilitiesOffset) & 0xf;

    /// <summary>What kind of function it is.</summary>
    /// <exception cref="VfioException">The read failed.</exception>
    public PciExpressPortType PortType => (PciExpressPortType)((_config.Read16(Offset + CapabilitiesOffset) >> 4) & 0xf);

    /// <summary>Whether the function can be reset alone (PCI Express Base 6.6.2).</summary>
    /// <exception cref="VfioException">The read failed.</exception>
    public bool SupportsFunctionLevelReset => (_config.Read32(Offset + DeviceCapabilitiesOffset) & FunctionLevelResetBit) != 0;

    /// <summary>The longest payload that the function can take, in bytes: 128 to 4096; null where the encoding is reserved.</summary>
    /// <exception cref="VfioException">The read failed.</exception>
    public int? SupportedPayloadInBytes => PayloadOf(_config.Read32(Offset + DeviceCapabilitiesOffset));

    /// <summary>The longest payload that the function may send, in bytes: 128 to 4096; null where the encoding is reserved.</summary>
    /// <exception cref="VfioException">The read failed.</exception>
    public int? MaxPayloadInBytes => PayloadOf((uint)_config.Read16(Offset + DeviceControlOffset) >> 5);

    /// <summary>The most that the function may ask for in one read request, in bytes: 128 to 4096; null where the encoding is reserved.</summary>
    /// <exception cref="VfioException">The read failed.</exception>
    public int? MaxReadRequestInBytes => PayloadOf((uint)_config.Read16(Offset + DeviceControlOffset) >> 12);

    /// <summary>The highest speed of the link in GT/s per lane: 2.5, 5, 8, 16, 32, 64; null where there is no link or the encoding is reserved.</summary>
    /// <exception cref="VfioException">The read failed.</exception>
    public double? MaxLinkSpeed => SpeedOf(_config.Read32(Offset + LinkCapabilitiesOffset));

    /// <summary>The widest that the link can be, in lanes; 0 where there is no link.</summary>
    /// <exception cref="VfioException">The read failed.</exception>
    public int MaxLinkWidth => WidthOf(_config.Read32(Offset + LinkCapabilitiesOffset));

    /// <summary>The speed of the link now, as <see cref="MaxLinkSpeed"/>.</summary>
    /// <exception cref="VfioException">The read failed.</exception>
    public double? LinkSpeed => SpeedOf(_config.Read16(Offset + LinkStatusOffset));

    /// <summary>The width of the link now, in lanes; 0 where there is no link.</summary>
    /// <exception cref="VfioException">The read failed.</exception>
    public int LinkWidth => WidthOf(_config.Read16(Offset + LinkStatusOffset));

    // 0 is 128 bytes, 5 is 4096 (7.5.3.3, 7.5.3.4).
    private static int? PayloadOf(uint register) => (register & 7) <= 5 ? 128 << (int)(register & 7) : null;

    // 7.5.3.6, 7.5.3.8, with the vector of 7.5.3.18, whose bits the number counts.
    private static double? SpeedOf(uint register) => (register & 0xf) switch
    {
        1 => 2.5,
        2 => 5,
        3 => 8,
        4 => 16,
        5 => 32,
        6 => 64,
        _ => null,
    };

    private static int WidthOf(uint register) => (int)((register >> 4) & 0x3f);
}
