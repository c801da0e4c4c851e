using System.Runtime.InteropServices;

namespace VfioSharp.Nvme.Specification;

/// <summary>One descriptor of a scatter gather list (NVMe Base 2.0, 4.1.2).</summary>
[StructLayout(LayoutKind.Explicit, Size = SizeInBytes)]
public struct SglDescriptor
{
    /// <summary>How long a descriptor is.</summary>
    public const int SizeInBytes = 16;

    /// <summary>Where the data, or the next segment, begins.</summary>
    [FieldOffset(0)]
    public Le64 Address;

    /// <summary>How long it is, in bytes.</summary>
    [FieldOffset(8)]
    public Le32 LengthInBytes;

    /// <summary>The descriptor's type in 7:4 and its subtype in 3:0.</summary>
    [FieldOffset(15)]
    public byte Identifier;

    /// <summary>The descriptor's type.</summary>
    public readonly SglDescriptorType Type => (SglDescriptorType)(Identifier >> 4);

    /// <summary>The descriptor's subtype: 0 for an address.</summary>
    public readonly int Subtype => Identifier & 0xf;

    /// <summary>Makes a descriptor of an address.</summary>
    /// <param name="type">What it describes.</param>
    /// <param name="address">Where that begins.</param>
    /// <param name="lengthInBytes">How long it is.</param>
    public static SglDescriptor Of(SglDescriptorType type, ulong address, uint lengthInBytes) =>
        new() { Address = address, LengthInBytes = lengthInBytes, Identifier = (byte)((int)type << 4) };
}

/// <summary>What an SGL descriptor describes (NVMe Base 2.0, figure 97).</summary>
public enum SglDescriptorType
{
    /// <summary>Data.</summary>
    DataBlock = 0,

    /// <summary>Bytes of a read that nobody wants.</summary>
    BitBucket = 1,

    /// <summary>A segment of descriptors that is not the last.</summary>
    Segment = 2,

    /// <summary>The last segment of descriptors.</summary>
    LastSegment = 3,

    /// <summary>Data, named by a key; for fabrics.</summary>
    KeyedDataBlock = 4,

    /// <summary>Data of a transport; for fabrics.</summary>
    TransportDataBlock = 5,
}
