using VfioSharp.Config;

namespace VfioSharp.Emulation;

/// <summary>What a function says it is, in the header of its configuration space (PCI Express Base 7.5.1.1). Immutable.</summary>
/// <param name="VendorId">The vendor's number, as the PCI-SIG assigned it.</param>
/// <param name="DeviceId">The vendor's number of the device.</param>
/// <param name="Class">What kind of function it is.</param>
public sealed record PciIdentity(ushort VendorId, ushort DeviceId, ClassCode Class)
{
    private readonly byte _interruptPin;

    /// <summary>The revision.</summary>
    public byte RevisionId { get; init; }

    /// <summary>Who built the board; the vendor unless something else is said.</summary>
    public ushort SubsystemVendorId { get; init; } = VendorId;

    /// <summary>The board's number; the device's unless something else is said.</summary>
    public ushort SubsystemId { get; init; } = DeviceId;

    /// <summary>
    /// The interrupt line that the function has (7.5.1.1.13): 1 for INTA# to 4 for INTD#, and 0 where it has none, as most have that signal by
    /// messages. A function that is alone in its device has INTA#.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">The number is above 4.</exception>
    public byte InterruptPin
    {
        get => _interruptPin;
        init => _interruptPin = value <= 4
            ? value
            : throw new ArgumentOutOfRangeException(nameof(value), value, "A function has one of the interrupt lines 1 (INTA#) to 4 (INTD#), or 0 for none.");
    }
}
