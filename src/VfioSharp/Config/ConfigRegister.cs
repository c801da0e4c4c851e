namespace VfioSharp.Config;

/// <summary>Offsets in configuration space (PCI Express Base 7.5.1).</summary>
internal static class ConfigRegister
{
    public const int VendorId = 0x00;
    public const int DeviceId = 0x02;
    public const int Command = 0x04;
    public const int Status = 0x06;
    public const int RevisionAndClass = 0x08;
    public const int HeaderType = 0x0e;
    public const int Bar0 = 0x10;
    public const int CardBusCapabilityPointer = 0x14;
    public const int SubsystemVendorId = 0x2c;
    public const int SubsystemId = 0x2e;
    public const int CapabilityPointer = 0x34;
    public const int InterruptPin = 0x3d;

    /// <summary>The end of the header; capabilities begin here at the earliest.</summary>
    public const int HeaderEnd = 0x40;

    /// <summary>The end of what conventional PCI has.</summary>
    public const int ConventionalEnd = 0x100;

    /// <summary>The end of what PCI Express has.</summary>
    public const int ExtendedEnd = 0x1000;
}
