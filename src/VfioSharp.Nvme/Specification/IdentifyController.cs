using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;

namespace VfioSharp.Nvme.Specification;

/// <summary>Identify Controller (NVMe Base 2.0, 5.17.2.1, figure 275).</summary>
/// <remarks>To be used by reference, over the bytes that came or go: <c>ref MemoryMarshal.AsRef&lt;IdentifyController&gt;(bytes)</c>.</remarks>
[StructLayout(LayoutKind.Explicit, Size = SizeInBytes)]
public partial struct IdentifyController
{
    /// <summary>How long it is.</summary>
    public const int SizeInBytes = 4096;

    /// <summary>VID.</summary>
    [FieldOffset(0)]
    public Le16 PciVendorId;

    /// <summary>SSVID.</summary>
    [FieldOffset(2)]
    public Le16 PciSubsystemVendorId;

    [FieldOffset(4)]
    private byte _serialNumber;

    [FieldOffset(24)]
    private byte _modelNumber;

    [FieldOffset(64)]
    private byte _firmwareRevision;

    /// <summary>RAB: 2^RAB commands.</summary>
    [FieldOffset(72)]
    public byte RecommendedArbitrationBurst;

    [FieldOffset(73)]
    private byte _ieeeOui;

    /// <summary>CMIC: ports, controllers and namespace sharing.</summary>
    [FieldOffset(76)]
    public byte MultiPath;

    /// <summary>MDTS: a command moves at most 2^MDTS pages of CAP.MPSMIN; 0 for no limit.</summary>
    [FieldOffset(77)]
    public byte MaxDataTransferShift;

    /// <summary>CNTLID.</summary>
    [FieldOffset(78)]
    public Le16 ControllerId;

    /// <summary>VER: as the register VS.</summary>
    [FieldOffset(80)]
    public Le32 Version;

    /// <summary>RTD3R.</summary>
    [FieldOffset(84)]
    public Le32 ResumeLatencyInMicroseconds;

    /// <summary>RTD3E: how long a shutdown may take; 0 where it is not said.</summary>
    [FieldOffset(88)]
    public Le32 EntryLatencyInMicroseconds;

    /// <summary>OAES: bit 8 namespace attributes, bit 9 firmware activation.</summary>
    [FieldOffset(92)]
    public Le32 OptionalAsyncEvents;

    /// <summary>CTRATT.</summary>
    [FieldOffset(96)]
    public Le32 Attributes;

    /// <summary>RRLS.</summary>
    [FieldOffset(100)]
    public Le16 ReadRecoveryLevels;

    /// <summary>CNTRLTYPE: 1 for I/O, 2 discovery, 3 administrative.</summary>
    [FieldOffset(111)]
    public byte ControllerType;

    [FieldOffset(112)]
    private byte _fruGuid;

    /// <summary>CRDT1, in units of 100 ms.</summary>
    [FieldOffset(128)]
    public Le16 RetryDelay1;

    /// <summary>CRDT2.</summary>
    [FieldOffset(130)]
    public Le16 RetryDelay2;

    /// <summary>CRDT3.</summary>
    [FieldOffset(132)]
    public Le16 RetryDelay3;

    /// <summary>NVMSR.</summary>
    [FieldOffset(253)]
    public byte SubsystemReport;

    /// <summary>VWCI.</summary>
    [FieldOffset(254)]
    public byte VpdWriteCycles;

    /// <summary>MEC.</summary>
    [FieldOffset(255)]
    public byte ManagementEndpoints;

    /// <summary>OACS: <see cref="OptionalAdminCommand"/>.</summary>
    [FieldOffset(256)]
    public Le16 OptionalAdminCommands;

    /// <summary>ACL: aborts under way at once, less one.</summary>
    [FieldOffset(258)]
    public byte AbortLimit;

    /// <summary>AERL: asynchronous event requests at once, less one.</summary>
    [FieldOffset(259)]
    public byte AsyncEventLimit;

    /// <summary>FRMW: bit 0 slot 1 is read-only, 3:1 slots, bit 4 activation without a reset.</summary>
    [FieldOffset(260)]
    public byte FirmwareUpdates;

    /// <summary>LPA: bit 0 SMART per namespace, bit 1 effects, bit 2 offsets and 32-bit lengths.</summary>
    [FieldOffset(261)]
    public byte LogPageAttributes;

    /// <summary>ELPE: entries of the error log, less one.</summary>
    [FieldOffset(262)]
    public byte ErrorLogEntries;

    /// <summary>NPSS: power states, less one.</summary>
    [FieldOffset(263)]
    public byte PowerStates;

    /// <summary>AVSCC.</summary>
    [FieldOffset(264)]
    public byte VendorCommandConfiguration;

    /// <summary>APSTA.</summary>
    [FieldOffset(265)]
    public byte AutonomousPowerStates;

    /// <summary>WCTEMP; 0 where it is not said.</summary>
    [FieldOffset(266)]
    public Le16 WarningTemperatureInKelvin;

    /// <summary>CCTEMP; 0 where it is not said.</summary>
    [FieldOffset(268)]
    public Le16 CriticalTemperatureInKelvin;

    /// <summary>MTFA, in units of 100 ms.</summary>
    [FieldOffset(270)]
    public Le16 FirmwareActivationTime;

    /// <summary>HMPRE, in units of 4 KiB.</summary>
    [FieldOffset(272)]
    public Le32 PreferredHostMemory;

    /// <summary>HMMIN, in units of 4 KiB.</summary>
    [FieldOffset(276)]
    public Le32 MinHostMemory;

    /// <summary>TNVMCAP.</summary>
    [FieldOffset(280)]
    public Le128 TotalCapacityInBytes;

    /// <summary>UNVMCAP.</summary>
    [FieldOffset(296)]
    public Le128 UnallocatedCapacityInBytes;

    /// <summary>RPMBS.</summary>
    [FieldOffset(312)]
    public Le32 ReplayProtectedMemory;

    /// <summary>EDSTT.</summary>
    [FieldOffset(316)]
    public Le16 SelfTestTimeInMinutes;

    /// <summary>DSTO.</summary>
    [FieldOffset(318)]
    public byte SelfTestOptions;

    /// <summary>FWUG.</summary>
    [FieldOffset(319)]
    public byte FirmwareGranularity;

    /// <summary>KAS, in units of 100 ms; 0 where Keep Alive is not offered.</summary>
    [FieldOffset(320)]
    public Le16 KeepAliveGranularity;

    /// <summary>HCTMA.</summary>
    [FieldOffset(322)]
    public Le16 ThermalManagement;

    /// <summary>MNTMT.</summary>
    [FieldOffset(324)]
    public Le16 MinThermalTemperatureInKelvin;

    /// <summary>MXTMT.</summary>
    [FieldOffset(326)]
    public Le16 MaxThermalTemperatureInKelvin;

    /// <summary>SANICAP.</summary>
    [FieldOffset(328)]
    public Le32 SanitizeCapabilities;

    /// <summary>HMMINDS.</summary>
    [FieldOffset(332)]
    public Le32 HostMemoryDescriptorSize;

    /// <summary>HMMAXD.</summary>
    [FieldOffset(336)]
    public Le16 HostMemoryDescriptors;

    /// <summary>NSETIDMAX.</summary>
    [FieldOffset(338)]
    public Le16 MaxNvmSetId;

    /// <summary>ENDGIDMAX.</summary>
    [FieldOffset(340)]
    public Le16 MaxEnduranceGroupId;

    /// <summary>ANATT.</summary>
    [FieldOffset(342)]
    public byte NamespaceAccessTime;

    /// <summary>ANACAP.</summary>
    [FieldOffset(343)]
    public byte NamespaceAccessCapabilities;

    /// <summary>ANAGRPMAX.</summary>
    [FieldOffset(344)]
    public Le32 MaxNamespaceAccessGroup;

    /// <summary>NANAGRPID.</summary>
    [FieldOffset(348)]
    public Le32 NamespaceAccessGroups;

    /// <summary>PELS, in units of 64 KiB.</summary>
    [FieldOffset(352)]
    public Le32 PersistentEventLogSize;

    /// <summary>Domain Identifier.</summary>
    [FieldOffset(356)]
    public Le16 DomainId;

    /// <summary>MEGCAP.</summary>
    [FieldOffset(368)]
    public Le128 MaxEnduranceGroupCapacityInBytes;

    /// <summary>SQES: 3:0 the required, 7:4 the largest, as powers of 2.</summary>
    [FieldOffset(512)]
    public byte SubmissionEntrySizes;

    /// <summary>CQES: 3:0 the required, 7:4 the largest, as powers of 2.</summary>
    [FieldOffset(513)]
    public byte CompletionEntrySizes;

    /// <summary>MAXCMD.</summary>
    [FieldOffset(514)]
    public Le16 MaxOutstandingCommands;

    /// <summary>NN: the highest namespace.</summary>
    [FieldOffset(516)]
    public Le32 NamespaceCount;

    /// <summary>ONCS: <see cref="OptionalIoCommand"/>.</summary>
    [FieldOffset(520)]
    public Le16 OptionalIoCommands;

    /// <summary>FUSES.</summary>
    [FieldOffset(522)]
    public Le16 FusedOperations;

    /// <summary>FNA: bit 0 a format concerns all namespaces, bit 1 an erasure does, bit 2 cryptographic erasure.</summary>
    [FieldOffset(524)]
    public byte FormatAttributes;

    /// <summary>VWC: bit 0 there is one; 2:1 what Flush of all namespaces does (2 refused, 3 done).</summary>
    [FieldOffset(525)]
    public byte VolatileWriteCache;

    /// <summary>AWUN, in logical blocks, less one.</summary>
    [FieldOffset(526)]
    public Le16 AtomicWriteUnitNormal;

    /// <summary>AWUPF, in logical blocks, less one.</summary>
    [FieldOffset(528)]
    public Le16 AtomicWriteUnitPowerFail;

    /// <summary>ICSVSCC.</summary>
    [FieldOffset(530)]
    public byte VendorIoConfiguration;

    /// <summary>NWPC.</summary>
    [FieldOffset(531)]
    public byte WriteProtection;

    /// <summary>ACWU, in logical blocks, less one.</summary>
    [FieldOffset(532)]
    public Le16 AtomicCompareAndWriteUnit;

    /// <summary>Optional Copy Formats Supported.</summary>
    [FieldOffset(534)]
    public Le16 CopyFormats;

    /// <summary>SGLS: 1:0 1 for SGLs of any alignment, 2 of multiples of 4; bit 2 keyed, bit 16 bit buckets, bit 20 offsets.</summary>
    [FieldOffset(536)]
    public Le32 SglSupport;

    /// <summary>MNAN.</summary>
    [FieldOffset(540)]
    public Le32 MaxAllowedNamespaces;

    /// <summary>MAXDNA.</summary>
    [FieldOffset(544)]
    public Le128 MaxDomainAttachments;

    /// <summary>MAXCNA.</summary>
    [FieldOffset(560)]
    public Le32 MaxIoControllerAttachments;

    [FieldOffset(768)]
    private byte _subsystemName;

    [FieldOffset(2048)]
    private PowerStateDescriptor _powerStateDescriptors;

    [FieldOffset(3072)]
    private byte _vendorSpecific;

    /// <summary>SN: ASCII, filled up with spaces.</summary>
    [UnscopedRef]
    public Span<byte> SerialNumber => MemoryMarshal.CreateSpan(ref _serialNumber, 20);

    /// <summary>MN: ASCII, filled up with spaces.</summary>
    [UnscopedRef]
    public Span<byte> ModelNumber => MemoryMarshal.CreateSpan(ref _modelNumber, 40);

    /// <summary>FR: ASCII, filled up with spaces.</summary>
    [UnscopedRef]
    public Span<byte> FirmwareRevision => MemoryMarshal.CreateSpan(ref _firmwareRevision, 8);

    /// <summary>IEEE: the vendor's OUI, lowest byte first.</summary>
    [UnscopedRef]
    public Span<byte> IeeeOui => MemoryMarshal.CreateSpan(ref _ieeeOui, 3);

    /// <summary>FGUID.</summary>
    [UnscopedRef]
    public Span<byte> FruGuid => MemoryMarshal.CreateSpan(ref _fruGuid, 16);

    /// <summary>SUBNQN: UTF-8, ended by 0.</summary>
    [UnscopedRef]
    public Span<byte> SubsystemName => MemoryMarshal.CreateSpan(ref _subsystemName, 256);

    /// <summary>PSD0 to PSD31.</summary>
    [UnscopedRef]
    public Span<PowerStateDescriptor> PowerStateDescriptors => MemoryMarshal.CreateSpan(ref _powerStateDescriptors, 32);

    /// <summary>Vendor specific.</summary>
    [UnscopedRef]
    public Span<byte> VendorSpecific => MemoryMarshal.CreateSpan(ref _vendorSpecific, 1024);
}
