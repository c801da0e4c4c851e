using System.Runtime.InteropServices;

namespace VfioSharp.Nvme.Specification;

/// <summary>A range of a Dataset Management command (NVM Command Set 1.0, 3.2.3, figure 37).</summary>
[StructLayout(LayoutKind.Explicit, Size = SizeInBytes)]
public struct DatasetRange
{
    /// <summary>How long a range's description is.</summary>
    public const int SizeInBytes = 16;

    /// <summary>The most ranges that a command has.</summary>
    public const int MostRanges = 256;

    /// <summary>AD in CDW11: the ranges are not needed any more.</summary>
    public const uint Deallocate = 1 << 2;

    /// <summary>Context attributes: hints.</summary>
    [FieldOffset(0)]
    public Le32 Attributes;

    /// <summary>How many logical blocks.</summary>
    [FieldOffset(4)]
    public Le32 LengthInBlocks;

    /// <summary>The first logical block.</summary>
    [FieldOffset(8)]
    public Le64 StartLba;
}
