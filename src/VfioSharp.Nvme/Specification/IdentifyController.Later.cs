using System.Runtime.InteropServices;

namespace VfioSharp.Nvme.Specification;

// What the driver has no use for, but who shows an identity does: fields that came after NVMe Base 2.0 (NVMe Base 2.1, 5.1.13.2.1), which are 0 of an
// older controller, and those for controllers over fabrics.
public partial struct IdentifyController
{
    /// <summary>BPCAP: how boot partitions are protected.</summary>
    [FieldOffset(102)]
    public byte BootPartitionCapabilities;

    /// <summary>NSSL: how long a shutdown of the NVM subsystem may take; 0 where it is not said.</summary>
    [FieldOffset(104)]
    public Le32 ShutdownLatencyInMicroseconds;

    /// <summary>PLSI: bits 1:0 what power loss signaling there is.</summary>
    [FieldOffset(110)]
    public byte PowerLossSignaling;

    /// <summary>CRCAP: whether reachability is reported.</summary>
    [FieldOffset(134)]
    public byte ReachabilityCapabilities;

    /// <summary>KPIOC: bit 0 keys can be told for each command.</summary>
    [FieldOffset(358)]
    public byte KeyPerIoCapabilities;

    /// <summary>MPTFAWR, in units of 100 ms.</summary>
    [FieldOffset(360)]
    public Le16 FirmwareActivationTimeWithoutReset;

    /// <summary>TMPTHHA: bits 2:0 the hysteresis of temperature thresholds.</summary>
    [FieldOffset(384)]
    public byte TemperatureHysteresis;

    /// <summary>CQT, in milliseconds.</summary>
    [FieldOffset(386)]
    public Le16 CommandQuiesceTime;

    /// <summary>OAQD: commands over all queues with which it does best; 0 where it is not said.</summary>
    [FieldOffset(564)]
    public Le32 OptimalAggregatedQueueDepth;

    /// <summary>RHIRI: days between refreshes that the host asks for.</summary>
    [FieldOffset(568)]
    public byte RefreshInterval;

    /// <summary>HIRT: how long such a refresh takes.</summary>
    [FieldOffset(569)]
    public byte RefreshTime;

    /// <summary>CMMRTD: descriptors of memory that the controller tracks.</summary>
    [FieldOffset(570)]
    public Le16 MaxTrackingRangeDescriptors;

    /// <summary>NMMRTD: such descriptors of the whole NVM subsystem.</summary>
    [FieldOffset(572)]
    public Le16 MaxSubsystemTrackingRangeDescriptors;

    /// <summary>MINMRTG: the finest granularity of tracking, as a power of 2.</summary>
    [FieldOffset(574)]
    public byte MinTrackingGranularity;

    /// <summary>MAXMRTG: the coarsest granularity of tracking, as a power of 2.</summary>
    [FieldOffset(575)]
    public byte MaxTrackingGranularity;

    /// <summary>TRATTR: what can be tracked.</summary>
    [FieldOffset(576)]
    public byte TrackingAttributes;

    /// <summary>MCUDMQ: migration queues of user data of the controller.</summary>
    [FieldOffset(578)]
    public Le16 MaxUserDataMigrationQueues;

    /// <summary>MNSUDMQ: such queues of the whole NVM subsystem.</summary>
    [FieldOffset(580)]
    public Le16 MaxSubsystemUserDataMigrationQueues;

    /// <summary>MCMR: ranges of memory that the controller tracks.</summary>
    [FieldOffset(582)]
    public Le16 MaxTrackedMemoryRanges;

    /// <summary>NMCMR: such ranges of the whole NVM subsystem.</summary>
    [FieldOffset(584)]
    public Le16 MaxSubsystemTrackedMemoryRanges;

    /// <summary>MCDQPC: controller data queues at once.</summary>
    [FieldOffset(586)]
    public Le16 MaxDataQueuePairs;

    /// <summary>IOCCSZ, in units of 16 bytes; this and what follows is of controllers over fabrics alone.</summary>
    [FieldOffset(1792)]
    public Le32 IoCommandCapsuleSize;

    /// <summary>IORCSZ, in units of 16 bytes.</summary>
    [FieldOffset(1796)]
    public Le32 IoResponseCapsuleSize;

    /// <summary>ICDOFF, in units of 16 bytes.</summary>
    [FieldOffset(1800)]
    public Le16 InCapsuleDataOffset;

    /// <summary>FCATT.</summary>
    [FieldOffset(1802)]
    public byte FabricsAttributes;

    /// <summary>MSDBD.</summary>
    [FieldOffset(1803)]
    public byte MaxSglDataBlocks;

    /// <summary>OFCS.</summary>
    [FieldOffset(1804)]
    public Le16 OptionalFabricsCommands;
}
