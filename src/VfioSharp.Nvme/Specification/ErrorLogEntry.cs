using System.Runtime.InteropServices;

namespace VfioSharp.Nvme.Specification;

/// <summary>An entry of the error log (NVMe Base 2.0, 5.16.1.2, figure 206).</summary>
/// <remarks>To be used by reference, over the bytes that came or go: <c>ref MemoryMarshal.AsRef&lt;ErrorLogEntry&gt;(bytes)</c>.</remarks>
[StructLayout(LayoutKind.Explicit, Size = SizeInBytes)]
public struct ErrorLogEntry
{
    /// <summary>How long it is.</summary>
    public const int SizeInBytes = 64;

    /// <summary>Names the error; 0 where the entry holds none.</summary>
    [FieldOffset(0)]
    public Le64 ErrorCount;

    /// <summary>The command's queue, or 0xffff.</summary>
    [FieldOffset(8)]
    public Le16 SubmissionQueueId;

    /// <summary>The command, or 0xffff.</summary>
    [FieldOffset(10)]
    public Le16 CommandId;

    /// <summary>The status in 15:1, the phase tag in 0.</summary>
    [FieldOffset(12)]
    public Le16 Status;

    /// <summary>The byte of the command in 7:0 and its bit in 10:8; 0xffff for none.</summary>
    [FieldOffset(14)]
    public Le16 ParameterLocation;

    /// <summary>The first logical block concerned.</summary>
    [FieldOffset(16)]
    public Le64 Lba;

    /// <summary>The namespace.</summary>
    [FieldOffset(24)]
    public Le32 NamespaceId;

    /// <summary>A log page that says more, or 0.</summary>
    [FieldOffset(28)]
    public byte VendorLogPage;

    /// <summary>TRTYPE.</summary>
    [FieldOffset(29)]
    public byte TransportType;

    /// <summary>Specific to the command.</summary>
    [FieldOffset(32)]
    public Le64 CommandSpecific;

    /// <summary>Specific to the transport.</summary>
    [FieldOffset(40)]
    public Le16 TransportSpecific;
}
