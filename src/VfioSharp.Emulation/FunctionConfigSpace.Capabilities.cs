using System.Buffers.Binary;
using VfioSharp.Config;

namespace VfioSharp.Emulation;

// Capabilities of the first 256 bytes (PCI Express Base 7.5.3, 7.9.4), which begin behind the header.
public sealed partial class FunctionConfigSpace
{
    private const int FirstCapability = 0x40;
    private const int HeaderLengthInBytes = 2;
    private const int VendorHeaderLengthInBytes = 3;
    private const int ExpressPayloadLengthInBytes = 0x3a;
    private const int DeviceControl = 8;
    private const int DeviceStatus = 10;
    private const ushort ExpressVersion2 = 2;
    private const uint RoleBasedErrors = 1 << 15;
    private const uint FunctionLevelReset = 1 << 28;

    // 7.5.3.4: error reporting, relaxed ordering, payload and read request sizes, no snoop. Those after power-on are relaxed ordering, no snoop
    // and read requests of 512 bytes.
    private const ushort WritableDeviceControl = 0x78ff;
    private const ushort InitialDeviceControl = 0x2810;
    private const byte InitiateReset = 0x80;

    // 7.5.3.5: the four errors that were detected are cleared by writing 1.
    private const byte DetectedErrors = 0x0f;

    private int _lastCapability;
    private int _freeOffset = FirstCapability;
    private bool _hasFunctionLevelReset;

    /// <summary>Where the PCI Express capability begins, or 0 where there is none.</summary>
    public int ExpressOffset { get; private set; }

    /// <summary>Appends a capability (7.5.3). For the constructor of a function.</summary>
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
        if (payload.Length > ConventionalLengthInBytes - HeaderLengthInBytes - offset)
            throw new ArgumentException($"The capability 0x{id:x2} does not fit into configuration space.", nameof(payload));

        _initial[offset] = id;
        payload.CopyTo(_initial.AsSpan(offset + HeaderLengthInBytes));
        writable.CopyTo(_writable.AsSpan(offset + HeaderLengthInBytes));
        _initial[_lastCapability == 0 ? CapabilityPointer : _lastCapability + 1] = (byte)offset;
        _initial[Status] |= HasCapabilities;
        _lastCapability = offset;
        _freeOffset = (offset + HeaderLengthInBytes + payload.Length + 3) & ~3;
        Reset();
        return offset;
    }

    /// <summary>Appends a capability whose meaning is the vendor's (7.9.4). For the constructor of a function.</summary>
    /// <param name="payload">What follows the header and the byte of the length.</param>
    /// <param name="writable">Of each byte of the payload, the bits that a driver may write; empty where none.</param>
    /// <returns>Where the capability begins.</returns>
    /// <exception cref="ArgumentException">The mask has another length than the payload, or the capability does not fit into what is left.</exception>
    public int AddVendorSpecific(ReadOnlySpan<byte> payload, ReadOnlySpan<byte> writable = default)
    {
        if (!writable.IsEmpty && writable.Length != payload.Length)
            throw new ArgumentException("The mask has another length than the payload.", nameof(writable));
        if (payload.Length > ConventionalLengthInBytes - VendorHeaderLengthInBytes)
            throw new ArgumentException("The vendor's capability does not fit into configuration space.", nameof(payload));
        Span<byte> whole = stackalloc byte[payload.Length + 1];
        whole[0] = (byte)(payload.Length + VendorHeaderLengthInBytes);
        payload.CopyTo(whole[1..]);
        Span<byte> mask = stackalloc byte[whole.Length];
        mask.Clear();
        writable.CopyTo(mask[1..]);
        return AddCapability((byte)CapabilityId.VendorSpecific, whole, mask);
    }

    /// <summary>
    /// Appends the PCI Express capability of an endpoint (7.5.3), without which hosts report no errors of the function, and with it the rest of
    /// the 4096 bytes. What belongs to a link stays 0. For the constructor of a function.
    /// </summary>
    /// <param name="hasFunctionLevelReset">
    /// Whether the function can be reset by itself: a driver that sets the bit for that in the device control register resets it.
    /// </param>
    /// <returns>Where the capability begins.</returns>
    /// <exception cref="InvalidOperationException">There is one already.</exception>
    /// <exception cref="ArgumentException">The capability does not fit into what is left.</exception>
    public int AddExpressEndpoint(bool hasFunctionLevelReset)
    {
        if (ExpressOffset != 0)
            throw new InvalidOperationException("The function has a PCI Express capability already.");
        Span<byte> payload = stackalloc byte[ExpressPayloadLengthInBytes];
        payload.Clear();
        BinaryPrimitives.WriteUInt16LittleEndian(payload, ExpressVersion2);
        BinaryPrimitives.WriteUInt32LittleEndian(payload[2..], RoleBasedErrors | (hasFunctionLevelReset ? FunctionLevelReset : 0));
        BinaryPrimitives.WriteUInt16LittleEndian(payload[(DeviceControl - HeaderLengthInBytes)..], InitialDeviceControl);
        Span<byte> writable = stackalloc byte[ExpressPayloadLengthInBytes];
        writable.Clear();
        BinaryPrimitives.WriteUInt16LittleEndian(writable[(DeviceControl - HeaderLengthInBytes)..], WritableDeviceControl);
        ExpressOffset = AddCapability((byte)CapabilityId.PciExpress, payload, writable);
        _clearable[ExpressOffset + DeviceStatus] = DetectedErrors;
        _ownBits[ExpressOffset + DeviceStatus] = DetectedErrors;
        _hasFunctionLevelReset = hasFunctionLevelReset;
        Extend();
        return ExpressOffset;
    }

    /// <summary>Whether a write asks for a function level reset (7.5.3.4, bit 15, which reads 0).</summary>
    internal bool AsksForReset(int offset, ReadOnlySpan<byte> source)
    {
        var index = ExpressOffset + DeviceControl + 1 - offset;
        return _hasFunctionLevelReset && index >= 0 && index < source.Length && (source[index] & InitiateReset) != 0;
    }
}
