namespace VfioSharp.Regions;

/// <summary>What a window does when an access does not reach the device.</summary>
public enum OnFault
{
    /// <summary>A read answers all ones and a write is dropped, as on a PCI bus. The window's fault counter still counts.</summary>
    AllOnes,

    /// <summary>Throw <see cref="DeviceAccessException"/>.</summary>
    Throw,
}
