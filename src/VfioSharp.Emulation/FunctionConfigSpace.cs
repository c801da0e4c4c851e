using System.Buffers.Binary;
using VfioSharp.Config;

namespace VfioSharp.Emulation;

/// <summary>
/// The configuration space of an emulated function: a header of type 0 (PCI Express Base 7.5.1), capabilities, and of each byte which bits
/// a driver may write. 256 bytes, or 4096 with a PCI Express capability.
/// </summary>
/// <remarks>
/// Capabilities are added in the constructor of a function, when configuration space is as after power-on: what a capability holds then is what a
/// reset brings back. Calls are made one at a time, as for the function that owns it.
/// </remarks>
public sealed partial class FunctionConfigSpace
{
    /// <summary>The length that every function has.</summary>
    public const int ConventionalLengthInBytes = 256;

    /// <summary>The length of a PCI Express function (7.2.2).</summary>
    public const int ExtendedLengthInBytes = 4096;

    private const int Command = 0x04;
    private const int Status = 0x06;
    private const int FirstBar = 0x10;
    private const int Subsystem = 0x2c;
    private const int CapabilityPointer = 0x34;
    private const int InterruptLine = 0x3c;
    private const int InterruptPin = 0x3d;

    // I/O space, memory space, bus master, parity, SERR and INTx disable (7.5.1.1.3).
    private const ushort WritableCommandBits = 0x0547;
    private const ushort MemoryEnable = 2;
    private const ushort BusMasterEnable = 4;
    private const ushort InterruptDisable = 0x400;
    private const byte InterruptStatus = 8;
    private const byte HasCapabilities = 0x10;

    private byte[] _bytes = new byte[ConventionalLengthInBytes];
    private byte[] _initial = new byte[ConventionalLengthInBytes];

    // Of each byte: what a driver may write, what it clears by writing 1, and what the function sets by itself.
    private byte[] _writable = new byte[ConventionalLengthInBytes];
    private byte[] _clearable = new byte[ConventionalLengthInBytes];
    private byte[] _ownBits = new byte[ConventionalLengthInBytes];

    internal FunctionConfigSpace(PciIdentity identity, IReadOnlyList<FunctionBar> bars, MsixTable? msix)
    {
        Put16(0x00, identity.VendorId);
        Put16(0x02, identity.DeviceId);
        Put32(0x08, identity.Class.Value << 8 | identity.RevisionId);
        Put16(Subsystem, identity.SubsystemVendorId);
        Put16(Subsystem + 2, identity.SubsystemId);
        Allow16(Command, WritableCommandBits);
        if (identity.InterruptPin != 0)
            PutInterruptPin(identity.InterruptPin);
        foreach (var bar in bars)
            PutBar(bar);
        if (msix is not null)
            PutMsix(msix);
        Reset();
    }

    /// <summary>The length: 256, or 4096 where the function has a PCI Express capability.</summary>
    public int LengthInBytes => _bytes.Length;

    /// <summary>Whether the function answers accesses to its BARs (command register, bit 1).</summary>
    public bool IsMemoryEnabled => (Get16(Command) & MemoryEnable) != 0;

    /// <summary>Whether the function may reach memory and send interrupts (command register, bit 2).</summary>
    public bool IsBusMaster => (Get16(Command) & BusMasterEnable) != 0;

    /// <summary>Whether the driver has forbidden the function its interrupt line (command register, bit 10).</summary>
    public bool IsInterruptLineDisabled => (Get16(Command) & InterruptDisable) != 0;

    /// <summary>Reads bytes.</summary>
    /// <param name="offset">The first byte.</param>
    /// <param name="destination">Takes them.</param>
    /// <exception cref="ArgumentOutOfRangeException">The bytes do not lie within configuration space.</exception>
    public void Read(int offset, Span<byte> destination)
    {
        Check(offset, destination.Length);
        _bytes.AsSpan(offset, destination.Length).CopyTo(destination);
    }

    /// <summary>
    /// Writes bytes: of each, the bits that a driver may write, and clears those that it clears by writing 1. Nothing follows from it: a driver's
    /// writes go through <see cref="PciFunction.WriteConfig"/>.
    /// </summary>
    /// <param name="offset">The first byte.</param>
    /// <param name="source">The bytes.</param>
    /// <exception cref="ArgumentOutOfRangeException">The bytes do not lie within configuration space.</exception>
    public void Write(int offset, ReadOnlySpan<byte> source)
    {
        Check(offset, source.Length);
        var state = PowerState;
        for (var i = 0; i < source.Length; i++)
        {
            var writable = _writable[offset + i];
            var kept = _bytes[offset + i] & ~writable & ~(source[i] & _clearable[offset + i]);
            _bytes[offset + i] = (byte)(kept | (source[i] & writable));
        }

        KeepPossiblePowerState(state);
    }

    /// <summary>Brings back what was there after power-on.</summary>
    internal void Reset() => _initial.CopyTo(_bytes, 0);

    /// <summary>Everything as it is.</summary>
    internal ReadOnlySpan<byte> Bytes => _bytes;

    /// <summary>
    /// Whether these bytes can be those of this configuration space at some time: only what a driver writes or the function sets by itself differs from
    /// what is there after power-on.
    /// </summary>
    internal bool CanBe(ReadOnlySpan<byte> bytes)
    {
        for (var i = 0; i < LengthInBytes; i++)
        {
            if (((bytes[i] ^ _initial[i]) & ~(_writable[i] | _clearable[i] | _ownBits[i])) != 0)
                return false;
        }

        return _powerOffset == 0 || (PowerState)(bytes[_powerOffset + PowerControl] & StateMask) is PowerState.D0 or PowerState.D3Hot;
    }

    /// <summary>Takes over bytes that can be.</summary>
    internal void Load(ReadOnlySpan<byte> bytes) => bytes.CopyTo(_bytes);

    /// <summary>Whether the interrupt line is up (status register, bit 3), whether it is disabled or not (7.5.1.1.4).</summary>
    internal void SetInterruptStatus(bool isPending) =>
        _bytes[Status] = (byte)(isPending ? _bytes[Status] | InterruptStatus : _bytes[Status] & ~InterruptStatus);

    // 7.5.1.1.12 and 13: which line, and a byte in which software keeps where the line goes.
    private void PutInterruptPin(byte pin)
    {
        _initial[InterruptPin] = pin;
        _writable[InterruptLine] = 0xff;
        _ownBits[Status] = InterruptStatus;
    }

    private void PutBar(FunctionBar bar)
    {
        var register = FirstBar + bar.Index * sizeof(uint);
        Put32(register, bar.TypeBits);
        // The bits below the length read 0, which is how software finds the length (7.5.1.2.1).
        var mask = ~(bar.LengthInBytes - 1);
        BinaryPrimitives.WriteUInt32LittleEndian(_writable.AsSpan(register), (uint)mask);
        if (bar.Is64Bit)
            BinaryPrimitives.WriteUInt32LittleEndian(_writable.AsSpan(register + sizeof(uint)), (uint)(mask >> 32));
    }

    private void Extend()
    {
        Array.Resize(ref _bytes, ExtendedLengthInBytes);
        Array.Resize(ref _initial, ExtendedLengthInBytes);
        Array.Resize(ref _writable, ExtendedLengthInBytes);
        Array.Resize(ref _clearable, ExtendedLengthInBytes);
        Array.Resize(ref _ownBits, ExtendedLengthInBytes);
    }

    private ushort Get16(int offset) => BinaryPrimitives.ReadUInt16LittleEndian(_bytes.AsSpan(offset));

    private void Put16(int offset, ushort value) => BinaryPrimitives.WriteUInt16LittleEndian(_initial.AsSpan(offset), value);

    private void Put32(int offset, uint value) => BinaryPrimitives.WriteUInt32LittleEndian(_initial.AsSpan(offset), value);

    private void Allow16(int offset, ushort mask) => BinaryPrimitives.WriteUInt16LittleEndian(_writable.AsSpan(offset), mask);

    private void Check(int offset, int lengthInBytes)
    {
        if (offset < 0 || offset > LengthInBytes || lengthInBytes > LengthInBytes - offset)
            throw new ArgumentOutOfRangeException(
                nameof(offset), offset, $"{lengthInBytes} bytes do not lie within the {LengthInBytes} bytes of configuration space.");
    }
}
