namespace VfioSharp.Config;

/// <summary>Capabilities of the list in the first 256 bytes (PCI Code and ID Assignment, section 2).</summary>
public enum CapabilityId : byte
{
    /// <summary>Null.</summary>
    Null = 0x00,
    /// <summary>Power Management.</summary>
    PowerManagement = 0x01,
    /// <summary>AGP.</summary>
    Agp = 0x02,
    /// <summary>Vital Product Data.</summary>
    VitalProductData = 0x03,
    /// <summary>Slot Identification.</summary>
    SlotIdentification = 0x04,
    /// <summary>MSI.</summary>
    Msi = 0x05,
    /// <summary>CompactPCI Hot Swap.</summary>
    CompactPciHotSwap = 0x06,
    /// <summary>PCI-X.</summary>
    PciX = 0x07,
    /// <summary>HyperTransport.</summary>
    HyperTransport = 0x08,
    /// <summary>Vendor-Specific.</summary>
    VendorSpecific = 0x09,
    /// <summary>Debug Port.</summary>
    DebugPort = 0x0a,
    /// <summary>CompactPCI Central Resource Control.</summary>
    CompactPciResourceControl = 0x0b,
    /// <summary>Hot-Plug.</summary>
    HotPlug = 0x0c,
    /// <summary>Bridge Subsystem Vendor ID.</summary>
    BridgeSubsystem = 0x0d,
    /// <summary>AGP 8x.</summary>
    Agp8x = 0x0e,
    /// <summary>Secure Device.</summary>
    SecureDevice = 0x0f,
    /// <summary>PCI Express.</summary>
    PciExpress = 0x10,
    /// <summary>MSI-X.</summary>
    Msix = 0x11,
    /// <summary>Serial ATA Data/Index.</summary>
    SerialAta = 0x12,
    /// <summary>Advanced Features.</summary>
    AdvancedFeatures = 0x13,
    /// <summary>Enhanced Allocation.</summary>
    EnhancedAllocation = 0x14,
    /// <summary>Flattening Portal Bridge.</summary>
    FlatteningPortalBridge = 0x15,
}
