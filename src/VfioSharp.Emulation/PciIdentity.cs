using VfioSharp.Config;

namespace VfioSharp.Emulation;

/// <summary>What a function says it is, in the header of its configuration space (PCI Express Base 7.5.1.1). Immutable.</summary>
/// <param name="VendorId">The vendor's number, as the PCI-SIG assigned it.</param>
/// <param name="DeviceId">The vendor's number of the device.</param>
/// <param name="Class">What kind of function it is.</param>
public sealed record PciIdentity(ushort VendorId, ushort DeviceId, ClassCode Class)
{
    /// <summary>The revision.</summary>
    public byte RevisionId { get; init; }

    /// <summary>Who built the board; the vendor unless something else is said.</summary>
    public ushort SubsystemVendorId { get; init; } = VendorId;

    /// <summary>The board's number; the device's unless something else is said.</summary>
    public ushort SubsystemId { get; init; } = DeviceId;
}
