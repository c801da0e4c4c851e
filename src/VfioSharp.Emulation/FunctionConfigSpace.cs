using System.Buffers.Binary;

namespace VfioSharp.Emulation;

/// <summary>
/// The configuration space of an emulated function: a header of type 0 (PCI Express Base 7.5.1), capabilities, and of each byte which bits
/// a driver may write. 256 bytes.
/// </summary>
/// <remarks>Calls are made one at a time, as for the function that owns it.</remarks>
public sealed class FunctionConfigSpace
{
    /// <summary>The length.</summary>
    public const int LengthInBytes = 256;

    private const int Command = 0x04;
    private const int Status = 0x06;
    private const int FirstBar = 0x10;
    private const int Subsystem = 0x2c;
    private const int CapabilityPointer = 0x34;
    private const int FirstCapability = 0x40;
    private const byte MsixCapability = 0x11;
    private const byte ExpressCapability = 0x10;
    private const int ExpressPayloadLengthInBytes = 0x3a;
    private const ushort ExpressVersion2 = 2;
    private const uint RoleBasedErrors = 1 << 15;
    private const uint FunctionLevelReset = 1 << 28;
    private const int MsixControl = 2;

    // I/O space, memory space, bus master, parity, SERR and INTx disable (7.5.1.1.3).
    private const ushort WritableCommandBits = 0x0547;
    private const ushort MemoryEnable = 2;
    private const ushort BusMasterEnable = 4;
    private const byte HasCapabilities = 0x10;

    private readonly byte[] _bytes = new byte[LengthInBytes];
    private readonly byte[] _writable = new byte[LengthInBytes];
    private readonly byte[] _initial = new byte[LengthInBytes];
    private int _lastCapability;
    private int _freeOffset = FirstCapability;

    internal FunctionConfigSpace(PciIdentity identity, IReadOnlyList<FunctionBar> bars, MsixTable? msix)
    {
        Put16(0x00, identity.VendorId);
        Put16(0x02, identity.DeviceId);
        Put32(0x08, identity.Class.Value << 8 | identity.RevisionId);
        Put16(Subsystem, identity.SubsystemVendorId);
        Put16(Subsystem + 2, identity.SubsystemId);
        Allow16(Command, WritableCommandBits);
        foreach (var bar in bars)
            PutBar(bar);
        if (msix is not null)
            PutMsix(msix);
        Reset();
    }

    /// <summary>Where the MSI-X capability begins, or 0 where there is none.</summary>
    public int MsixOffset { get; private set; }

    /// <summary>Whether the function answers accesses to its BARs (command register, bit 1).</summary>
    public bool IsMemoryEnabled => (Get16(Command) & MemoryEnable) != 0;

    /// <summary>Whether the function may reach memory and send interrupts (command register, bit 2).</summary>
    public bool IsBusMaster => (Get16(Command) & BusMasterEnable) != 0;

    /// <summary>Whether the driver has switched MSI-X on.</summary>
    public bool IsMsixEnabled => MsixOffset != 0 && (Get16(MsixOffset + MsixControl) & 0x8000) != 0;

    /// <summary>Reads bytes.</summary>
    /// <param name="offset">The first byte.</param>
    /// <param name="destination">Takes them.</param>
    /// <exception cref="ArgumentOutOfRangeException">The bytes do not lie within configuration space.</exception>
    public void Read(int offset, Span<byte> destination)
    {
        Check(offset, destination.Length);
        _bytes.AsSpan(offset, destination.Length).CopyTo(destination);
    }

    /// <summary>Writes bytes: of each, the bits that a driver may write.</summary>
    /// <param name="offset">The first byte.</param>
    /// <param name="source">The bytes.</param>
    /// <exception cref="ArgumentOutOfRangeException">The bytes do not lie within configuration space.</exception>
    public void Write(int offset, ReadOnlySpan<byte> source)
    {
        Check(offset, source.Length);
        for (var i = 0; i < source.Length; i++)
        {
            var writable = _writable[offset + i];
            _bytes[offset + i] = (byte)((_bytes[offset + i] & ~writable) | (source[i] & writable));
        }
    }

    /// <summary>
    /// Appends a capability (7.5.3). For the constructor of a function: configuration space is as after power-on then, and a reset brings back
    /// what the payload is here.
    /// </summary>
    /// <param name="id">Its number.</param>
    /// <param name="payload">What follows the two bytes of the header.</param>
    /// <param name="writable">Of each byte of the payload, the bits that a driver may write; empty where none.</param>
    /// <returns>Where the capability begins.</returns>
    /// <exception cref="ArgumentException">The mask has another length than the payload, or the capability does not fit into what is left.</exception>
    public int AddCapability(byte id, ReadOnlySpan<byte> payload, ReadOnlySpan<byte> writable = default)
    {
        if (!writable.IsEmpty && writable.Length != payload.Length)
            throw new ArgumentException("The mask has another length than the payload.", nameof(writable));
        var offset = _freeOffset;
        if (payload.Length > LengthInBytes - 2 - offset)
            throw new ArgumentException($"The capability 0x{id:x2} does not fit into configuration space.", nameof(payload));

        _initial[offset] = id;
        payload.CopyTo(_initial.AsSpan(offset + 2));
        writable.CopyTo(_writable.AsSpan(offset + 2));
        _initial[_lastCapability == 0 ? CapabilityPointer : _lastCapability + 1] = (byte)offset;
        _initial[Status] |= HasCapabilities;
        _lastCapability = offset;
        _freeOffset = (offset + 2 + payload.Length + 3) & ~3;
        Reset();
        return offset;
    }

    /// <summary>
    /// Appends the PCI Express capability of an endpoint (7.5.3), without which hosts report no errors of the function. What belongs to a link
    /// stays 0. For the constructor of a function.
    /// </summary>
    /// <param name="hasFunctionLevelReset">Whether the function says that it can be reset by itself.</param>
    /// <returns>Where the capability begins.</returns>
    /// <exception cref="ArgumentException">The capability does not fit into what is left.</exception>
    public int AddExpressEndpoint(bool hasFunctionLevelReset)
    {
        Span<byte> payload = stackalloc byte[ExpressPayloadLengthInBytes];
        payload.Clear();
        BinaryPrimitives.WriteUInt16LittleEndian(payload, ExpressVersion2);
        BinaryPrimitives.WriteUInt32LittleEndian(payload[2..], RoleBasedErrors | (hasFunctionLevelReset ? FunctionLevelReset : 0));
        return AddCapability(ExpressCapability, payload);
    }

    /// <summary>Brings back what was there after power-on.</summary>
    internal void Reset() => _initial.CopyTo(_bytes, 0);

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

    private void PutMsix(MsixTable msix)
    {
        Span<byte> payload = stackalloc byte[10];
        BinaryPrimitives.WriteUInt16LittleEndian(payload, (ushort)(msix.VectorCount - 1));
        BinaryPrimitives.WriteUInt32LittleEndian(payload[2..], msix.TableOffset | (uint)msix.Bar);
        BinaryPrimitives.WriteUInt32LittleEndian(payload[6..], msix.PendingOffset | (uint)msix.Bar);
        Span<byte> writable = stackalloc byte[10];
        writable.Clear();
        // Enable and function mask (7.7.2.2).
        writable[1] = 0xc0;
        MsixOffset = AddCapability(MsixCapability, payload, writable);
    }

    private ushort Get16(int offset) => BinaryPrimitives.ReadUInt16LittleEndian(_bytes.AsSpan(offset));

    private void Put16(int offset, ushort value) => BinaryPrimitives.WriteUInt16LittleEndian(_initial.AsSpan(offset), value);

    private void Put32(int offset, uint value) => BinaryPrimitives.WriteUInt32LittleEndian(_initial.AsSpan(offset), value);

    private void Allow16(int offset, ushort mask) => BinaryPrimitives.WriteUInt16LittleEndian(_writable.AsSpan(offset), mask);

    private static void Check(int offset, int lengthInBytes)
    {
        if (offset < 0 || offset > LengthInBytes || lengthInBytes > LengthInBytes - offset)
            throw new ArgumentOutOfRangeException(nameof(offset), offset, $"{lengthInBytes} bytes do not lie within the {LengthInBytes} bytes of configuration space.");
    }
}
