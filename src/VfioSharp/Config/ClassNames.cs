namespace VfioSharp.Config;

/// <summary>Short names of classes (PCI Code and ID Assignment, section 1): those that a person meets, and every base class.</summary>
internal static class ClassNames
{
    private static readonly string[] BaseNames =
    [
        "unclassified device", "mass storage controller", "network controller", "display controller", "multimedia device",
        "memory controller", "bridge", "communication controller", "system peripheral", "input controller",
        "docking station", "processor", "serial bus controller", "wireless controller", "intelligent I/O controller",
        "satellite communication controller", "encryption controller", "signal processing controller", "processing accelerator",
        "non-essential instrumentation",
    ];

    public static string Of(ClassCode code) => OfInterface(code) ?? OfSubClass(code) ?? OfBase(code.Base);

    private static string? OfInterface(ClassCode code) => (code.Value & 0xff_ffff) switch
    {
        0x01_06_01 => "AHCI controller",
        0x01_08_02 => "NVM Express controller",
        0x01_08_03 => "NVM Express administrative controller",
        0x07_00_02 => "16550 serial controller",
        0x0c_03_00 => "UHCI USB controller",
        0x0c_03_10 => "OHCI USB controller",
        0x0c_03_20 => "EHCI USB controller",
        0x0c_03_30 => "xHCI USB controller",
        0x0c_03_40 => "USB4 controller",
        0x0c_03_fe => "USB device",
        _ => null,
    };

    private static string? OfSubClass(ClassCode code) => ((code.Value >> 8) & 0xffff) switch
    {
        0x00_01 => "VGA-compatible device",
        0x01_00 => "SCSI controller",
        0x01_01 => "IDE controller",
        0x01_04 => "RAID controller",
        0x01_06 => "SATA controller",
        0x01_07 => "SAS controller",
        0x01_08 => "non-volatile memory controller",
        0x01_09 => "universal flash storage controller",
        0x02_00 => "Ethernet controller",
        0x02_07 => "InfiniBand controller",
        0x02_08 => "host fabric controller",
        0x03_00 => "VGA controller",
        0x03_02 => "3D controller",
        0x04_00 => "video device",
        0x04_01 => "audio device",
        0x04_03 => "high-definition audio device",
        0x05_00 => "RAM controller",
        0x05_01 => "flash memory controller",
        0x05_02 => "CXL memory device",
        0x06_00 => "host bridge",
        0x06_01 => "ISA bridge",
        0x06_04 => "PCI-to-PCI bridge",
        0x06_07 => "CardBus bridge",
        0x06_09 => "semi-transparent PCI-to-PCI bridge",
        0x07_00 => "serial controller",
        0x07_02 => "multi-port serial controller",
        0x08_00 => "interrupt controller",
        0x08_01 => "DMA controller",
        0x08_02 => "system timer",
        0x08_03 => "real-time clock",
        0x08_05 => "SD host controller",
        0x08_06 => "IOMMU",
        0x08_07 => "root complex event collector",
        0x0c_00 => "FireWire controller",
        0x0c_03 => "USB controller",
        0x0c_04 => "Fibre Channel controller",
        0x0c_05 => "SMBus controller",
        0x0c_07 => "IPMI interface",
        0x0d_11 => "Bluetooth controller",
        0x0d_20 or 0x0d_21 => "Wi-Fi controller",
        0x10_00 => "network and computing encryption controller",
        0x11_80 => "signal processing controller",
        _ => null,
    };

    private static string OfBase(byte number) => number switch
    {
        _ when number < BaseNames.Length => BaseNames[number],
        0x40 => "co-processor",
        0xff => "vendor's own class",
        _ => "unknown class",
    };
}
