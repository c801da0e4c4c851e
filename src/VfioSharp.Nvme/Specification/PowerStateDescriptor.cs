using System.Runtime.InteropServices;

namespace VfioSharp.Nvme.Specification;

/// <summary>A power state (NVMe Base 2.0, figure 276).</summary>
[StructLayout(LayoutKind.Explicit, Size = SizeInBytes)]
public struct PowerStateDescriptor
{
    /// <summary>How long it is.</summary>
    public const int SizeInBytes = 32;

    /// <summary>MP, in units of 10 mW, or of 0.1 mW where bit 0 of <see cref="Flags"/> is set.</summary>
    [FieldOffset(0)]
    public Le16 MaxPower;

    /// <summary>MXPS in 0, NOPS in 1.</summary>
    [FieldOffset(3)]
    public byte Flags;

    /// <summary>ENLAT.</summary>
    [FieldOffset(4)]
    public Le32 EntryLatencyInMicroseconds;

    /// <summary>EXLAT.</summary>
    [FieldOffset(8)]
    public Le32 ExitLatencyInMicroseconds;

    /// <summary>RRT.</summary>
    [FieldOffset(12)]
    public byte RelativeReadThroughput;

    /// <summary>RRL.</summary>
    [FieldOffset(13)]
    public byte RelativeReadLatency;

    /// <summary>RWT.</summary>
    [FieldOffset(14)]
    public byte RelativeWriteThroughput;

    /// <summary>RWL.</summary>
    [FieldOffset(15)]
    public byte RelativeWriteLatency;

    /// <summary>IDLP.</summary>
    [FieldOffset(16)]
    public Le16 IdlePower;

    /// <summary>IPS in 7:6.</summary>
    [FieldOffset(18)]
    public byte IdlePowerScale;

    /// <summary>ACTP.</summary>
    [FieldOffset(20)]
    public Le16 ActivePower;

    /// <summary>APW in 2:0, APS in 7:6.</summary>
    [FieldOffset(22)]
    public byte ActivePowerScale;

    /// <summary>EPFRT: until it is ready again after a power failure (NVMe Base 2.1, 5.1.13.2.1).</summary>
    [FieldOffset(23)]
    public byte EmergencyRecoveryTime;

    /// <summary>FQVT (NVMe Base 2.1, 5.1.13.2.1).</summary>
    [FieldOffset(24)]
    public byte ForcedQuiesceTime;

    /// <summary>EPFVT (NVMe Base 2.1, 5.1.13.2.1).</summary>
    [FieldOffset(25)]
    public byte EmergencyVaultTime;

    /// <summary>The unit of EPFRT in 3:0, of FQVT in 7:4 (NVMe Base 2.1, 5.1.13.2.1).</summary>
    [FieldOffset(26)]
    public byte EmergencyRecoveryScale;

    /// <summary>The unit of EPFVT in 3:0 (NVMe Base 2.1, 5.1.13.2.1).</summary>
    [FieldOffset(27)]
    public byte EmergencyVaultScale;
}
