using VfioSharp.Mmio;

namespace VfioSharp;

/// <summary>
/// A register access did not reach the device: memory decoding was off, the function was in reset, in error state or gone, or the memory behind a
/// shared mapping vanished. Thrown only by windows that were opened with <see cref="Regions.OnFault.Throw"/>; others answer all ones,
/// which is what PCI itself does.
/// </summary>
public sealed class DeviceAccessException : VfioException
{
    /// <summary>Creates an exception for one failed access.</summary>
    /// <param name="operation">What was attempted: "read 4 bytes at offset 0x10 of BAR0".</param>
    /// <param name="device">The device's address.</param>
    /// <param name="outcome">How the access ended: an error number, a condition code or a signal.</param>
    /// <param name="advice">What may be the cause.</param>
    public DeviceAccessException(string operation, string? device, AccessOutcome outcome, string? advice = null)
        : base(operation, device, outcome.Errno, advice) => Outcome = outcome;

    /// <summary>How the access ended: an error number (also in <see cref="VfioException.Errno"/>), a condition code or a signal.</summary>
    public AccessOutcome Outcome { get; }
}
