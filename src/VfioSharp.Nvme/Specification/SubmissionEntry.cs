using System.Runtime.InteropServices;

namespace VfioSharp.Nvme.Specification;

/// <summary>A command as it lies in a submission queue (NVMe Base 2.0, 3.3.3.1, figure 87).</summary>
[StructLayout(LayoutKind.Explicit, Size = SizeInBytes)]
public struct SubmissionEntry
{
    /// <summary>How long an entry is.</summary>
    public const int SizeInBytes = 64;

    /// <summary>OPC: an <see cref="AdminOpcode"/> or <see cref="IoOpcode"/>.</summary>
    [FieldOffset(0)]
    public byte Opcode;

    /// <summary>FUSE in 1:0, PSDT in 7:6.</summary>
    [FieldOffset(1)]
    public byte Flags;

    /// <summary>CID: names the command among those of its queue; 0xffff is no command's.</summary>
    [FieldOffset(2)]
    public Le16 CommandId;

    /// <summary>NSID: the namespace; 0 where none is meant, 0xffffffff for all.</summary>
    [FieldOffset(4)]
    public Le32 NamespaceId;

    /// <summary>CDW2.</summary>
    [FieldOffset(8)]
    public Le32 Dword2;

    /// <summary>CDW3.</summary>
    [FieldOffset(12)]
    public Le32 Dword3;

    /// <summary>MPTR: metadata.</summary>
    [FieldOffset(16)]
    public Le64 MetadataPointer;

    /// <summary>PRP1: the first page of the data.</summary>
    [FieldOffset(24)]
    public Le64 Prp1;

    /// <summary>PRP2: its second page, or a list of all but the first.</summary>
    [FieldOffset(32)]
    public Le64 Prp2;

    /// <summary>SGL1: in place of <see cref="Prp1"/> and <see cref="Prp2"/>, where <see cref="Flags"/> says so.</summary>
    [FieldOffset(24)]
    public SglDescriptor Sgl;

    /// <summary>CDW10.</summary>
    [FieldOffset(40)]
    public Le32 Dword10;

    /// <summary>CDW11.</summary>
    [FieldOffset(44)]
    public Le32 Dword11;

    /// <summary>CDW12.</summary>
    [FieldOffset(48)]
    public Le32 Dword12;

    /// <summary>CDW13.</summary>
    [FieldOffset(52)]
    public Le32 Dword13;

    /// <summary>CDW14.</summary>
    [FieldOffset(56)]
    public Le32 Dword14;

    /// <summary>CDW15.</summary>
    [FieldOffset(60)]
    public Le32 Dword15;

    /// <summary>SLBA of an I/O command: CDW10 and CDW11 as one (NVM Command Set 1.0, 3.2).</summary>
    [FieldOffset(40)]
    public Le64 StartLba;

    /// <summary>FUSE: 0 for a command on its own.</summary>
    public readonly int Fuse => Flags & 3;

    /// <summary>PSDT: how the data is described.</summary>
    public readonly DataPointerKind DataPointer => (DataPointerKind)(Flags >> 6);
}

/// <summary>PSDT of a command (NVMe Base 2.0, figure 86).</summary>
public enum DataPointerKind
{
    /// <summary>By PRPs.</summary>
    Prp = 0,

    /// <summary>By SGLs; metadata in one piece.</summary>
    Sgl = 1,

    /// <summary>By SGLs; metadata by an SGL, too.</summary>
    SglWithMetadataSgl = 2,
}
