using System.Runtime.InteropServices;

namespace VfioSharp.Nvme.Specification;

/// <summary>A format that a namespace may have (NVM Command Set 1.0, 4.1.5.1, figure 98).</summary>
[StructLayout(LayoutKind.Explicit, Size = SizeInBytes)]
public struct LbaFormat
{
    /// <summary>How long a format's description is.</summary>
    public const int SizeInBytes = 4;

    /// <summary>MS: metadata of each logical block, in bytes.</summary>
    [FieldOffset(0)]
    public Le16 MetadataSizeInBytes;

    /// <summary>LBADS: a logical block has 2^LBADS bytes; less than 9 where the format does not exist.</summary>
    [FieldOffset(2)]
    public byte BlockShift;

    /// <summary>RP: 0 for the fastest formats to 3 for the slowest.</summary>
    [FieldOffset(3)]
    public byte RelativePerformance;
}
