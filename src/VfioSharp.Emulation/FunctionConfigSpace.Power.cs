using System.Buffers.Binary;
using VfioSharp.Config;

namespace VfioSharp.Emulation;

// Power management (PCI Express Base 7.5.2): D0 and D3hot, without PME.
public sealed partial class FunctionConfigSpace
{
    private const int PowerControl = 4;
    private const ushort PowerVersion3 = 3;
    private const ushort NoSoftReset = 1 << 3;
    private const byte StateMask = 3;

    private int _powerOffset;

    /// <summary>The power state that the driver has put the function into; D0 where it has no such capability.</summary>
    public PowerState PowerState => _powerOffset == 0 ? PowerState.D0 : (PowerState)(_bytes[_powerOffset + PowerControl] & StateMask);

    /// <summary>Appends the power management capability with the states D0 and D3hot. For the constructor of a function.</summary>
    /// <param name="keepsStateInD3Hot">
    /// Whether the function is on its return from D3hot as it was (No_Soft_Reset); else it is reset then.
    /// </param>
    /// <returns>Where the capability begins.</returns>
    /// <exception cref="InvalidOperationException">There is one already.</exception>
    /// <exception cref="ArgumentException">The capability does not fit into what is left.</exception>
    public int AddPowerManagement(bool keepsStateInD3Hot)
    {
        if (_powerOffset != 0)
            throw new InvalidOperationException("The function has a power management capability already.");
        Span<byte> payload = stackalloc byte[6];
        payload.Clear();
        BinaryPrimitives.WriteUInt16LittleEndian(payload, PowerVersion3);
        BinaryPrimitives.WriteUInt16LittleEndian(payload[2..], keepsStateInD3Hot ? NoSoftReset : (ushort)0);
        Span<byte> writable = stackalloc byte[6];
        writable.Clear();
        writable[2] = StateMask;
        _powerOffset = AddCapability((byte)CapabilityId.PowerManagement, payload, writable);
        return _powerOffset;
    }

    /// <summary>Whether a return to D0 leaves the function as it was.</summary>
    internal bool KeepsStateInD3Hot => _powerOffset == 0 || (Get16(_powerOffset + PowerControl) & NoSoftReset) != 0;

    // 7.5.2.2: a write of a state that the function does not have is dropped.
    private void KeepPossiblePowerState(PowerState before)
    {
        if (PowerState is PowerState.D1 or PowerState.D2)
            _bytes[_powerOffset + PowerControl] = (byte)((_bytes[_powerOffset + PowerControl] & ~StateMask) | (int)before);
    }
}
