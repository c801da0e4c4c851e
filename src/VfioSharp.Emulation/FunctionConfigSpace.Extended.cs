using System.Buffers.Binary;
using VfioSharp.Config;

namespace VfioSharp.Emulation;

// Extended capabilities (PCI Express Base 7.6), which begin at 256: 16 bits of number, 4 of version, 12 of where the next one is.
public sealed partial class FunctionConfigSpace
{
    private const int ExtendedHeaderLengthInBytes = 4;
    private const int NextShift = 20;

    private int _lastExtended;
    private int _freeExtended = ConventionalLengthInBytes;

    /// <summary>Appends an extended capability. For the constructor of a function, behind <see cref="AddExpressEndpoint"/>.</summary>
    /// <param name="id">Its number.</param>
    /// <param name="version">The version of its layout, 1 to 15.</param>
    /// <param name="payload">What follows the four bytes of the header.</param>
    /// <param name="writable">Of each byte of the payload, the bits that a driver may write; empty where none.</param>
    /// <returns>Where the capability begins.</returns>
    /// <exception cref="InvalidOperationException">The function has no PCI Express capability, and so no place for extended ones.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The version is none.</exception>
    /// <exception cref="ArgumentException">The mask has another length than the payload, or the capability does not fit into what is left.</exception>
    public int AddExtendedCapability(ExtendedCapabilityId id, byte version, ReadOnlySpan<byte> payload, ReadOnlySpan<byte> writable = default)
    {
        if (LengthInBytes != ExtendedLengthInBytes)
            throw new InvalidOperationException("Extended capabilities come with PCI Express: add that capability first.");
        if (version is 0 or > 15)
            throw new ArgumentOutOfRangeException(nameof(version), version, "The version of an extended capability is 1 to 15.");
        if (!writable.IsEmpty && writable.Length != payload.Length)
            throw new ArgumentException("The mask has another length than the payload.", nameof(writable));
        var offset = _freeExtended;
        if (payload.Length > ExtendedLengthInBytes - ExtendedHeaderLengthInBytes - offset)
            throw new ArgumentException($"The extended capability 0x{(int)id:x4} does not fit into configuration space.", nameof(payload));

        Put32(offset, (uint)id | (uint)version << 16);
        payload.CopyTo(_initial.AsSpan(offset + ExtendedHeaderLengthInBytes));
        writable.CopyTo(_writable.AsSpan(offset + ExtendedHeaderLengthInBytes));
        if (_lastExtended != 0)
            Put32(_lastExtended, BinaryPrimitives.ReadUInt32LittleEndian(_initial.AsSpan(_lastExtended)) | (uint)offset << NextShift);
        _lastExtended = offset;
        _freeExtended = (offset + ExtendedHeaderLengthInBytes + payload.Length + 3) & ~3;
        Reset();
        return offset;
    }

    /// <summary>Appends the serial number of the device (7.9.3). For the constructor of a function, behind <see cref="AddExpressEndpoint"/>.</summary>
    /// <param name="serialNumber">The number, an EUI-64.</param>
    /// <returns>Where the capability begins.</returns>
    /// <exception cref="InvalidOperationException">The function has no PCI Express capability.</exception>
    /// <exception cref="ArgumentException">The capability does not fit into what is left.</exception>
    public int AddSerialNumber(ulong serialNumber)
    {
        Span<byte> payload = stackalloc byte[sizeof(ulong)];
        BinaryPrimitives.WriteUInt64LittleEndian(payload, serialNumber);
        return AddExtendedCapability(ExtendedCapabilityId.DeviceSerialNumber, 1, payload);
    }

    /// <summary>
    /// Appends an extended capability whose meaning is the vendor's (7.9.5). For the constructor of a function, behind
    /// <see cref="AddExpressEndpoint"/>.
    /// </summary>
    /// <param name="vendorsId">The vendor's number of it.</param>
    /// <param name="vendorsRevision">The vendor's version of it, up to 15.</param>
    /// <param name="payload">What follows the two headers.</param>
    /// <param name="writable">Of each byte of the payload, the bits that a driver may write; empty where none.</param>
    /// <returns>Where the capability begins.</returns>
    /// <exception cref="InvalidOperationException">The function has no PCI Express capability.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The revision is above 15.</exception>
    /// <exception cref="ArgumentException">The mask has another length than the payload, or the capability does not fit into what is left.</exception>
    public int AddVendorSpecificExtended(
        ushort vendorsId, byte vendorsRevision, ReadOnlySpan<byte> payload, ReadOnlySpan<byte> writable = default)
    {
        if (vendorsRevision > 15)
            throw new ArgumentOutOfRangeException(nameof(vendorsRevision), vendorsRevision, "The revision is at most 15.");
        if (!writable.IsEmpty && writable.Length != payload.Length)
            throw new ArgumentException("The mask has another length than the payload.", nameof(writable));
        var length = payload.Length + 2 * ExtendedHeaderLengthInBytes;
        if (length >= ExtendedLengthInBytes)
            throw new ArgumentException("The vendor's capability does not fit into configuration space.", nameof(payload));
        Span<byte> whole = stackalloc byte[payload.Length + ExtendedHeaderLengthInBytes];
        BinaryPrimitives.WriteUInt32LittleEndian(whole, vendorsId | (uint)vendorsRevision << 16 | (uint)length << NextShift);
        payload.CopyTo(whole[ExtendedHeaderLengthInBytes..]);
        Span<byte> mask = stackalloc byte[whole.Length];
        mask.Clear();
        writable.CopyTo(mask[ExtendedHeaderLengthInBytes..]);
        return AddExtendedCapability(ExtendedCapabilityId.VendorSpecific, 1, whole, mask);
    }
}
