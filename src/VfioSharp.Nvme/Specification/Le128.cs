using System.Runtime.InteropServices;

namespace VfioSharp.Nvme.Specification;

/// <summary>
/// A count of 128 bit as it lies in a structure of NVMe: little-endian, whatever the host is. Most counts never need the upper half.
/// </summary>
[StructLayout(LayoutKind.Sequential, Size = 16)]
public struct Le128
{
    /// <summary>Bits 63:0.</summary>
    public Le64 Low;

    /// <summary>Bits 127:64.</summary>
    public Le64 High;

    /// <summary>The count, or the largest that 64 bit can say where it is larger.</summary>
    public readonly ulong Saturated => High.Value == 0 ? Low.Value : ulong.MaxValue;
}
