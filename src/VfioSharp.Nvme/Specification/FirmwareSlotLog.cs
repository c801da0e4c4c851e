using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;

namespace VfioSharp.Nvme.Specification;

/// <summary>Firmware Slot Information (NVMe Base 2.0, 5.16.1.4, figure 208).</summary>
/// <remarks>To be used by reference, over the bytes that came or go: <c>ref MemoryMarshal.AsRef&lt;FirmwareSlotLog&gt;(bytes)</c>.</remarks>
[StructLayout(LayoutKind.Explicit, Size = SizeInBytes)]
public struct FirmwareSlotLog
{
    /// <summary>How long it is.</summary>
    public const int SizeInBytes = 512;

    /// <summary>AFI: the slot in use in 2:0, the one after the next reset in 6:4, or 0.</summary>
    [FieldOffset(0)]
    public byte ActiveFirmware;

    [FieldOffset(8)]
    private byte _revisions;

    /// <summary>FRS1 to FRS7: 8 bytes of ASCII for each slot; zeroes where it is empty.</summary>
    [UnscopedRef]
    public Span<byte> Revisions => MemoryMarshal.CreateSpan(ref _revisions, 56);
}
