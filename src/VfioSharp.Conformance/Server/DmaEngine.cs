namespace VfioSharp.Conformance.Server;

/// <summary>Makes a device that the suite knows do DMA.</summary>
internal static class DmaEngine
{
    public static bool Knows(DeviceSurvey device) => device is { Vendor: 0x1234, Device: 0x11e8 };
}
