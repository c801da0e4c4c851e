namespace VfioSharp.Config;

/// <summary>What kind of function it is (PCI Express Base 7.5.1.1.6). An immutable value.</summary>
/// <param name="Value">24 bit: base class, sub-class, programming interface; higher bits are ignored.</param>
public readonly record struct ClassCode(uint Value)
{
    /// <summary>The base class: 0x01 is mass storage.</summary>
    public byte Base => (byte)(Value >> 16);

    /// <summary>The sub-class: 0x08 of mass storage is non-volatile memory.</summary>
    public byte Sub => (byte)(Value >> 8);

    /// <summary>The programming interface: 0x02 of that is NVM Express.</summary>
    public byte Interface => (byte)Value;

    /// <summary>A short name, of the interface or sub-class where that is known, else of the base class.</summary>
    public string Name => ClassNames.Of(this);

    /// <summary>The number and the name.</summary>
    /// <returns>"010802 (NVM Express controller)".</returns>
    public override string ToString() => $"{Value & 0xff_ffff:x6} ({Name})";
}
