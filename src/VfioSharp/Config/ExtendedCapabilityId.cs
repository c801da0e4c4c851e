namespace VfioSharp.Config;

/// <summary>Extended capabilities, from offset 0x100 on (PCI Code and ID Assignment, section 3).</summary>
public enum ExtendedCapabilityId : ushort
{
    /// <summary>Null.</summary>
    Null = 0x0000,
    /// <summary>Advanced Error Reporting.</summary>
    AdvancedErrorReporting = 0x0001,
    /// <summary>Virtual Channel.</summary>
    VirtualChannel = 0x0002,
    /// <summary>Device Serial Number.</summary>
    DeviceSerialNumber = 0x0003,
    /// <summary>Power Budgeting.</summary>
    PowerBudgeting = 0x0004,
    /// <summary>Root Complex Link Declaration.</summary>
    RootComplexLinkDeclaration = 0x0005,
    /// <summary>Root Complex Internal Link Control.</summary>
    RootComplexInternalLinkControl = 0x0006,
    /// <summary>Root Complex Event Collector Endpoint Association.</summary>
    RootComplexEventCollector = 0x0007,
    /// <summary>Multi-Function Virtual Channel.</summary>
    MultiFunctionVirtualChannel = 0x0008,
    /// <summary>Virtual Channel (with MFVC).</summary>
    VirtualChannelWithMultiFunction = 0x0009,
    /// <summary>Root Complex Register Block Header.</summary>
    RootComplexRegisterBlock = 0x000a,
    /// <summary>Vendor-Specific.</summary>
    VendorSpecific = 0x000b,
    /// <summary>Configuration Access Correlation.</summary>
    ConfigurationAccessCorrelation = 0x000c,
    /// <summary>Access Control Services.</summary>
    AccessControlServices = 0x000d,
    /// <summary>Alternative Routing-ID Interpretation.</summary>
    AlternativeRoutingId = 0x000e,
    /// <summary>Address Translation Services.</summary>
    AddressTranslationServices = 0x000f,
    /// <summary>Single Root I/O Virtualization.</summary>
    SingleRootIov = 0x0010,
    /// <summary>Multi-Root I/O Virtualization.</summary>
    MultiRootIov = 0x0011,
    /// <summary>Multicast.</summary>
    Multicast = 0x0012,
    /// <summary>Page Request Interface.</summary>
    PageRequest = 0x0013,
    /// <summary>Reserved for AMD.</summary>
    ReservedForAmd = 0x0014,
    /// <summary>Resizable BAR.</summary>
    ResizableBar = 0x0015,
    /// <summary>Dynamic Power Allocation.</summary>
    DynamicPowerAllocation = 0x0016,
    /// <summary>TPH Requester.</summary>
    TphRequester = 0x0017,
    /// <summary>Latency Tolerance Reporting.</summary>
    LatencyToleranceReporting = 0x0018,
    /// <summary>Secondary PCI Express.</summary>
    SecondaryPciExpress = 0x0019,
    /// <summary>Protocol Multiplexing.</summary>
    ProtocolMultiplexing = 0x001a,
    /// <summary>Process Address Space ID.</summary>
    ProcessAddressSpaceId = 0x001b,
    /// <summary>LN Requester.</summary>
    LightweightNotification = 0x001c,
    /// <summary>Downstream Port Containment.</summary>
    DownstreamPortContainment = 0x001d,
    /// <summary>L1 PM Substates.</summary>
    L1PmSubstates = 0x001e,
    /// <summary>Precision Time Measurement.</summary>
    PrecisionTimeMeasurement = 0x001f,
    /// <summary>PCI Express over M-PHY.</summary>
    PciExpressOverMPhy = 0x0020,
    /// <summary>FRS Queueing.</summary>
    FrsQueueing = 0x0021,
    /// <summary>Readiness Time Reporting.</summary>
    ReadinessTimeReporting = 0x0022,
    /// <summary>Designated Vendor-Specific.</summary>
    DesignatedVendorSpecific = 0x0023,
    /// <summary>VF Resizable BAR.</summary>
    VfResizableBar = 0x0024,
    /// <summary>Data Link Feature.</summary>
    DataLinkFeature = 0x0025,
    /// <summary>Physical Layer 16.0 GT/s.</summary>
    PhysicalLayer16 = 0x0026,
    /// <summary>Lane Margining at the Receiver.</summary>
    LaneMargining = 0x0027,
    /// <summary>Hierarchy ID.</summary>
    HierarchyId = 0x0028,
    /// <summary>Native PCIe Enclosure Management.</summary>
    NativeEnclosureManagement = 0x0029,
    /// <summary>Physical Layer 32.0 GT/s.</summary>
    PhysicalLayer32 = 0x002a,
    /// <summary>Alternate Protocol.</summary>
    AlternateProtocol = 0x002b,
    /// <summary>System Firmware Intermediary.</summary>
    SystemFirmwareIntermediary = 0x002c,
    /// <summary>Shadow Functions.</summary>
    ShadowFunctions = 0x002d,
    /// <summary>Data Object Exchange.</summary>
    DataObjectExchange = 0x002e,
    /// <summary>Device 3.</summary>
    Device3 = 0x002f,
    /// <summary>Integrity and Data Encryption.</summary>
    IntegrityAndDataEncryption = 0x0030,
    /// <summary>Physical Layer 64.0 GT/s.</summary>
    PhysicalLayer64 = 0x0031,
    /// <summary>Flit Logging.</summary>
    FlitLogging = 0x0032,
    /// <summary>Flit Performance Measurement.</summary>
    FlitPerformance = 0x0033,
    /// <summary>Flit Error Injection.</summary>
    FlitErrorInjection = 0x0034,
    /// <summary>Streamlined Virtual Channel.</summary>
    StreamlinedVirtualChannel = 0x0035,
    /// <summary>MMIO Register Block Locator.</summary>
    MmioRegisterBlockLocator = 0x0036,
}
