namespace VfioSharp.Nvme.Specification;

/// <summary>
/// Statuses: the type (SCT) in 10:8 and the code (SC) in 7:0 (NVMe Base 2.0, 3.3.3.2.1, figures 93 to 101; NVM Command Set 1.0, figures 26
/// and 27).
/// </summary>
public enum StatusCode : ushort
{
    /// <summary>Successful Completion.</summary>
    Success = 0x000,

    /// <summary>Invalid Command Opcode.</summary>
    InvalidOpcode = 0x001,

    /// <summary>Invalid Field in Command.</summary>
    InvalidField = 0x002,

    /// <summary>Command ID Conflict.</summary>
    CommandIdConflict = 0x003,

    /// <summary>Data Transfer Error: the data could not be moved.</summary>
    DataTransferError = 0x004,

    /// <summary>Commands Aborted due to Power Loss Notification.</summary>
    PowerLossAbort = 0x005,

    /// <summary>Internal Error.</summary>
    InternalError = 0x006,

    /// <summary>Command Abort Requested.</summary>
    AbortRequested = 0x007,

    /// <summary>Command Aborted due to SQ Deletion.</summary>
    SubmissionQueueDeleted = 0x008,

    /// <summary>Command Aborted due to Failed Fused Command.</summary>
    FailedFusedCommand = 0x009,

    /// <summary>Command Aborted due to Missing Fused Command.</summary>
    MissingFusedCommand = 0x00a,

    /// <summary>Invalid Namespace or Format.</summary>
    InvalidNamespaceOrFormat = 0x00b,

    /// <summary>Command Sequence Error.</summary>
    CommandSequenceError = 0x00c,

    /// <summary>Invalid SGL Segment Descriptor.</summary>
    InvalidSglSegmentDescriptor = 0x00d,

    /// <summary>Invalid Number of SGL Descriptors.</summary>
    InvalidSglDescriptorCount = 0x00e,

    /// <summary>Data SGL Length Invalid.</summary>
    DataSglLengthInvalid = 0x00f,

    /// <summary>Metadata SGL Length Invalid.</summary>
    MetadataSglLengthInvalid = 0x010,

    /// <summary>SGL Descriptor Type Invalid.</summary>
    SglDescriptorTypeInvalid = 0x011,

    /// <summary>Invalid Use of Controller Memory Buffer.</summary>
    InvalidUseOfControllerMemoryBuffer = 0x012,

    /// <summary>PRP Offset Invalid.</summary>
    PrpOffsetInvalid = 0x013,

    /// <summary>Atomic Write Unit Exceeded.</summary>
    AtomicWriteUnitExceeded = 0x014,

    /// <summary>Operation Denied.</summary>
    OperationDenied = 0x015,

    /// <summary>SGL Offset Invalid.</summary>
    SglOffsetInvalid = 0x016,

    /// <summary>Host Identifier Inconsistent Format.</summary>
    HostIdInconsistentFormat = 0x018,

    /// <summary>Keep Alive Timer Expired.</summary>
    KeepAliveTimerExpired = 0x019,

    /// <summary>Keep Alive Timeout Invalid.</summary>
    KeepAliveTimeoutInvalid = 0x01a,

    /// <summary>Command Aborted due to Preempt and Abort.</summary>
    PreemptAbort = 0x01b,

    /// <summary>Sanitize Failed.</summary>
    SanitizeFailed = 0x01c,

    /// <summary>Sanitize In Progress.</summary>
    SanitizeInProgress = 0x01d,

    /// <summary>SGL Data Block Granularity Invalid.</summary>
    SglDataBlockGranularityInvalid = 0x01e,

    /// <summary>Command Not Supported for Queue in CMB.</summary>
    CommandNotSupportedInControllerMemoryBuffer = 0x01f,

    /// <summary>Namespace is Write Protected.</summary>
    NamespaceWriteProtected = 0x020,

    /// <summary>Command Interrupted.</summary>
    CommandInterrupted = 0x021,

    /// <summary>Transient Transport Error.</summary>
    TransientTransportError = 0x022,

    /// <summary>Admin Command Media Not Ready.</summary>
    AdminCommandMediaNotReady = 0x024,

    /// <summary>LBA Out of Range.</summary>
    LbaOutOfRange = 0x080,

    /// <summary>Capacity Exceeded.</summary>
    CapacityExceeded = 0x081,

    /// <summary>Namespace Not Ready.</summary>
    NamespaceNotReady = 0x082,

    /// <summary>Reservation Conflict.</summary>
    ReservationConflict = 0x083,

    /// <summary>Format In Progress.</summary>
    FormatInProgress = 0x084,

    /// <summary>Completion Queue Invalid.</summary>
    CompletionQueueInvalid = 0x100,

    /// <summary>Invalid Queue Identifier.</summary>
    InvalidQueueIdentifier = 0x101,

    /// <summary>Invalid Queue Size.</summary>
    InvalidQueueSize = 0x102,

    /// <summary>Abort Command Limit Exceeded.</summary>
    AbortCommandLimitExceeded = 0x103,

    /// <summary>Asynchronous Event Request Limit Exceeded.</summary>
    AsyncEventRequestLimitExceeded = 0x105,

    /// <summary>Invalid Firmware Slot.</summary>
    InvalidFirmwareSlot = 0x106,

    /// <summary>Invalid Firmware Image.</summary>
    InvalidFirmwareImage = 0x107,

    /// <summary>Invalid Interrupt Vector.</summary>
    InvalidInterruptVector = 0x108,

    /// <summary>Invalid Log Page.</summary>
    InvalidLogPage = 0x109,

    /// <summary>Invalid Format.</summary>
    InvalidFormat = 0x10a,

    /// <summary>Firmware Activation Requires Conventional Reset.</summary>
    FirmwareNeedsConventionalReset = 0x10b,

    /// <summary>Invalid Queue Deletion.</summary>
    InvalidQueueDeletion = 0x10c,

    /// <summary>Feature Identifier Not Saveable.</summary>
    FeatureNotSaveable = 0x10d,

    /// <summary>Feature Not Changeable.</summary>
    FeatureNotChangeable = 0x10e,

    /// <summary>Feature Not Namespace Specific.</summary>
    FeatureNotNamespaceSpecific = 0x10f,

    /// <summary>Firmware Activation Requires NVM Subsystem Reset.</summary>
    FirmwareNeedsSubsystemReset = 0x110,

    /// <summary>Firmware Activation Requires Controller Level Reset.</summary>
    FirmwareNeedsControllerReset = 0x111,

    /// <summary>Overlapping Range.</summary>
    OverlappingRange = 0x114,

    /// <summary>Namespace Insufficient Capacity.</summary>
    NamespaceInsufficientCapacity = 0x115,

    /// <summary>Namespace Identifier Unavailable.</summary>
    NamespaceIdUnavailable = 0x116,

    /// <summary>Namespace Already Attached.</summary>
    NamespaceAlreadyAttached = 0x118,

    /// <summary>Namespace Is Private.</summary>
    NamespaceIsPrivate = 0x119,

    /// <summary>Namespace Not Attached.</summary>
    NamespaceNotAttached = 0x11a,

    /// <summary>Controller List Invalid.</summary>
    ControllerListInvalid = 0x11c,

    /// <summary>Device Self-test In Progress.</summary>
    SelfTestInProgress = 0x11d,

    /// <summary>I/O Command Set Combination Rejected.</summary>
    CommandSetCombinationRejected = 0x12b,

    /// <summary>Conflicting Attributes.</summary>
    ConflictingAttributes = 0x180,

    /// <summary>Invalid Protection Information.</summary>
    InvalidProtectionInformation = 0x181,

    /// <summary>Attempted Write to Read Only Range.</summary>
    WriteToReadOnlyRange = 0x182,

    /// <summary>Command Size Limit Exceeded.</summary>
    CommandSizeLimitExceeded = 0x183,

    /// <summary>Write Fault.</summary>
    WriteFault = 0x280,

    /// <summary>Unrecovered Read Error.</summary>
    UnrecoveredReadError = 0x281,

    /// <summary>End-to-end Guard Check Error.</summary>
    GuardCheckError = 0x282,

    /// <summary>End-to-end Application Tag Check Error.</summary>
    ApplicationTagCheckError = 0x283,

    /// <summary>End-to-end Reference Tag Check Error.</summary>
    ReferenceTagCheckError = 0x284,

    /// <summary>Compare Failure.</summary>
    CompareFailure = 0x285,

    /// <summary>Access Denied.</summary>
    AccessDenied = 0x286,

    /// <summary>Deallocated or Unwritten Logical Block.</summary>
    DeallocatedOrUnwrittenBlock = 0x287,

    /// <summary>Host Pathing Error.</summary>
    HostPathError = 0x370,

    /// <summary>Command Aborted By Host.</summary>
    AbortedByHost = 0x371,
}
