using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;

namespace VfioSharp.Nvme.Specification;

/// <summary>Identify Namespace (NVM Command Set 1.0, 4.1.5.1, figure 97).</summary>
/// <remarks>To be used by reference, over the bytes that came or go: <c>ref MemoryMarshal.AsRef&lt;IdentifyNamespace&gt;(bytes)</c>.</remarks>
[StructLayout(LayoutKind.Explicit, Size = SizeInBytes)]
public struct IdentifyNamespace
{
    /// <summary>How long it is.</summary>
    public const int SizeInBytes = 4096;

    /// <summary>NSZE.</summary>
    [FieldOffset(0)]
    public Le64 SizeInBlocks;

    /// <summary>NCAP.</summary>
    [FieldOffset(8)]
    public Le64 CapacityInBlocks;

    /// <summary>NUSE.</summary>
    [FieldOffset(16)]
    public Le64 UtilizationInBlocks;

    /// <summary>
    /// NSFEAT: bit 0 thin provisioning, bit 2 deallocated blocks can be told, bit 4 <see cref="PreferredWriteGranularity"/> and its kin.
    /// </summary>
    [FieldOffset(24)]
    public byte Features;

    /// <summary>NLBAF: formats, less one.</summary>
    [FieldOffset(25)]
    public byte FormatCount;

    /// <summary>FLBAS: the format's number, 3:0 with 6:5 above them; bit 4 metadata behind each block.</summary>
    [FieldOffset(26)]
    public byte FormattedAs;

    /// <summary>MC.</summary>
    [FieldOffset(27)]
    public byte MetadataCapabilities;

    /// <summary>DPC.</summary>
    [FieldOffset(28)]
    public byte ProtectionCapabilities;

    /// <summary>DPS: 2:0 the type of protection information, 0 for none.</summary>
    [FieldOffset(29)]
    public byte Protection;

    /// <summary>NMIC.</summary>
    [FieldOffset(30)]
    public byte Sharing;

    /// <summary>RESCAP.</summary>
    [FieldOffset(31)]
    public byte ReservationCapabilities;

    /// <summary>FPI.</summary>
    [FieldOffset(32)]
    public byte FormatProgress;

    /// <summary>DLFEAT: 2:0 what deallocated blocks read as (1 zeroes, 2 ones), bit 3 Write Zeroes can deallocate.</summary>
    [FieldOffset(33)]
    public byte DeallocateFeatures;

    /// <summary>NAWUN, in logical blocks, less one.</summary>
    [FieldOffset(34)]
    public Le16 AtomicWriteUnitNormal;

    /// <summary>NAWUPF, in logical blocks, less one.</summary>
    [FieldOffset(36)]
    public Le16 AtomicWriteUnitPowerFail;

    /// <summary>NACWU, in logical blocks, less one.</summary>
    [FieldOffset(38)]
    public Le16 AtomicCompareAndWriteUnit;

    /// <summary>NABSN.</summary>
    [FieldOffset(40)]
    public Le16 AtomicBoundary;

    /// <summary>NABO.</summary>
    [FieldOffset(42)]
    public Le16 AtomicBoundaryOffset;

    /// <summary>NABSPF.</summary>
    [FieldOffset(44)]
    public Le16 AtomicBoundaryPowerFail;

    /// <summary>NOIOB.</summary>
    [FieldOffset(46)]
    public Le16 OptimalIoBoundaryInBlocks;

    /// <summary>NVMCAP.</summary>
    [FieldOffset(48)]
    public Le128 NvmCapacityInBytes;

    /// <summary>NPWG, in logical blocks, less one.</summary>
    [FieldOffset(64)]
    public Le16 PreferredWriteGranularity;

    /// <summary>NPWA, in logical blocks, less one.</summary>
    [FieldOffset(66)]
    public Le16 PreferredWriteAlignment;

    /// <summary>NPDG, in logical blocks, less one.</summary>
    [FieldOffset(68)]
    public Le16 PreferredDeallocateGranularity;

    /// <summary>NPDA, in logical blocks, less one.</summary>
    [FieldOffset(70)]
    public Le16 PreferredDeallocateAlignment;

    /// <summary>NOWS, in logical blocks, less one.</summary>
    [FieldOffset(72)]
    public Le16 OptimalWriteSize;

    /// <summary>MSSRL.</summary>
    [FieldOffset(74)]
    public Le16 MaxCopyRangeInBlocks;

    /// <summary>MCL.</summary>
    [FieldOffset(76)]
    public Le32 MaxCopyInBlocks;

    /// <summary>MSRC, less one.</summary>
    [FieldOffset(80)]
    public byte MaxCopyRanges;

    /// <summary>KPIOS: bit 0 keys can be told for each command, bit 1 they are (NVM Command Set 1.1, 4.1.5.1).</summary>
    [FieldOffset(81)]
    public byte KeyPerIoStatus;

    /// <summary>NULBAF: of the formats, those that need not all be the same in an endurance group (NVM Command Set 1.0, 4.1.5.1).</summary>
    [FieldOffset(82)]
    public byte UniqueFormatCount;

    /// <summary>KPIODAAG, in logical blocks, less one (NVM Command Set 1.1, 4.1.5.1).</summary>
    [FieldOffset(84)]
    public Le32 KeyPerIoGranularity;

    /// <summary>ANAGRPID.</summary>
    [FieldOffset(92)]
    public Le32 AccessGroupId;

    /// <summary>NSATTR: bit 0 write-protected.</summary>
    [FieldOffset(99)]
    public byte Attributes;

    /// <summary>NVMSETID.</summary>
    [FieldOffset(100)]
    public Le16 NvmSetId;

    /// <summary>ENDGID.</summary>
    [FieldOffset(102)]
    public Le16 EnduranceGroupId;

    [FieldOffset(104)]
    private byte _nguid;

    [FieldOffset(120)]
    private byte _eui64;

    [FieldOffset(128)]
    private LbaFormat _formats;

    [FieldOffset(384)]
    private byte _vendorSpecific;

    /// <summary>NGUID, big-endian; zeroes for none.</summary>
    [UnscopedRef]
    public Span<byte> Nguid => MemoryMarshal.CreateSpan(ref _nguid, 16);

    /// <summary>EUI64, big-endian; zeroes for none.</summary>
    [UnscopedRef]
    public Span<byte> Eui64 => MemoryMarshal.CreateSpan(ref _eui64, 8);

    /// <summary>LBAF0 to LBAF63.</summary>
    [UnscopedRef]
    public Span<LbaFormat> Formats => MemoryMarshal.CreateSpan(ref _formats, 64);

    /// <summary>Vendor specific.</summary>
    [UnscopedRef]
    public Span<byte> VendorSpecific => MemoryMarshal.CreateSpan(ref _vendorSpecific, 3712);

    /// <summary>The number of the format that the namespace has, from <see cref="FormattedAs"/>.</summary>
    public readonly int FormatNumber => FormattedAs & 0xf | (FormattedAs >> 1 & 0x30);
}
