using System.Buffers.Binary;
using VfioSharp.Config;

namespace VfioSharp.Emulation;

// MSI (PCI Express Base 7.7.1) and MSI-X (7.7.2).
public sealed partial class FunctionConfigSpace
{
    private const int MostMessages = 32;
    private const int MessageControl = 2;
    private const int MessageMask = 0x10;
    private const int MessagePending = 0x14;
    private const byte MsiEnable = 1;
    private const int GrantedShift = 4;
    private const byte GrantedMask = 0x70;
    private const ushort Address64Bit = 1 << 7;
    private const ushort PerVectorMasking = 1 << 8;
    private const ushort MsixEnable = 0x8000;
    private const ushort MsixFunctionMask = 0x4000;

    private bool _hasMsiMasks;

    /// <summary>Where the MSI-X capability begins, or 0 where there is none.</summary>
    public int MsixOffset { get; private set; }

    /// <summary>Where the MSI capability begins, or 0 where there is none.</summary>
    public int MsiOffset { get; private set; }

    /// <summary>How many vectors the function asks for by MSI: 0 without the capability, else 1 to 32.</summary>
    public int MsiVectorCount { get; private set; }

    /// <summary>Whether the driver has switched MSI-X on.</summary>
    public bool IsMsixEnabled => MsixOffset != 0 && (Get16(MsixOffset + MessageControl) & MsixEnable) != 0;

    /// <summary>Whether the driver has masked all vectors of MSI-X at once.</summary>
    public bool IsMsixMasked => MsixOffset != 0 && (Get16(MsixOffset + MessageControl) & MsixFunctionMask) != 0;

    /// <summary>Whether the driver has switched MSI on.</summary>
    public bool IsMsiEnabled => MsiOffset != 0 && (_bytes[MsiOffset + MessageControl] & MsiEnable) != 0;

    /// <summary>How many vectors of MSI the driver has granted: 1 at least, and no more than the function asks for.</summary>
    public int GrantedMsiVectors => MsiOffset == 0 ? 0 : Math.Min(1 << ((_bytes[MsiOffset + MessageControl] & GrantedMask) >> GrantedShift), MsiVectorCount);

    /// <summary>
    /// Appends message-signalled interrupts with 64-bit addresses. For the constructor of a function.
    /// </summary>
    /// <param name="vectorCount">How many vectors the function asks for: 1, 2, 4, 8, 16 or 32. The driver grants as many or fewer.</param>
    /// <param name="hasVectorMasks">Whether there is a mask bit, and a pending bit, for each vector.</param>
    /// <returns>Where the capability begins.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The number is none of these.</exception>
    /// <exception cref="InvalidOperationException">There is one already.</exception>
    /// <exception cref="ArgumentException">The capability does not fit into what is left.</exception>
    public int AddMsi(int vectorCount = 1, bool hasVectorMasks = true)
    {
        if (vectorCount is < 1 or > MostMessages || (vectorCount & (vectorCount - 1)) != 0)
            throw new ArgumentOutOfRangeException(nameof(vectorCount), vectorCount, "A function asks for 1, 2, 4, 8, 16 or 32 vectors by MSI.");
        if (MsiOffset != 0)
            throw new InvalidOperationException("The function has an MSI capability already.");
        var exponent = 0;
        while (1 << exponent < vectorCount)
            exponent++;
        var vectors = (uint)((1ul << vectorCount) - 1);
        Span<byte> payload = stackalloc byte[hasVectorMasks ? 0x16 : 0x0c];
        payload.Clear();
        BinaryPrimitives.WriteUInt16LittleEndian(payload, (ushort)(exponent << 1 | Address64Bit | (hasVectorMasks ? PerVectorMasking : 0)));
        Span<byte> writable = stackalloc byte[payload.Length];
        writable.Clear();
        writable[0] = MsiEnable | GrantedMask;
        // The address, whose two lowest bits are 0; the data; the masks of the vectors that there are.
        BinaryPrimitives.WriteUInt64LittleEndian(writable[2..], ~3ul);
        BinaryPrimitives.WriteUInt16LittleEndian(writable[10..], ushort.MaxValue);
        if (hasVectorMasks)
            BinaryPrimitives.WriteUInt32LittleEndian(writable[14..], vectors);
        MsiOffset = AddCapability((byte)CapabilityId.Msi, payload, writable);
        MsiVectorCount = vectorCount;
        _hasMsiMasks = hasVectorMasks;
        if (hasVectorMasks)
            BinaryPrimitives.WriteUInt32LittleEndian(_ownBits.AsSpan(MsiOffset + MessagePending), vectors);
        return MsiOffset;
    }

    /// <summary>Whether the driver has masked a vector of MSI (7.7.1.7).</summary>
    /// <param name="vector">The vector, from 0.</param>
    /// <returns>Whether its mask bit is set; never where vectors have none.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The function does not ask for such a vector.</exception>
    public bool IsMsiMasked(int vector)
    {
        CheckMsiVector(vector);
        return _hasMsiMasks && (Get32(MsiOffset + MessageMask) & 1u << vector) != 0;
    }

    /// <summary>Switches MSI on with so many vectors, or off, as the kernel does for a program that asks for interrupts.</summary>
    internal void SetMsi(bool isEnabled, int granted)
    {
        var exponent = 0;
        while (1 << exponent < granted)
            exponent++;
        if (MsiOffset != 0)
            _bytes[MsiOffset + MessageControl] = (byte)((_bytes[MsiOffset + MessageControl] & ~(MsiEnable | GrantedMask)) | exponent << GrantedShift | (isEnabled ? MsiEnable : 0));
    }

    /// <summary>Switches MSI-X on or off, without the mask over all vectors.</summary>
    internal void SetMsix(bool isEnabled)
    {
        if (MsixOffset != 0)
            Write(MsixOffset + MessageControl + 1, [isEnabled ? (byte)(MsixEnable >> 8) : (byte)0]);
    }

    /// <summary>Whether a vector of MSI has an interrupt that its mask holds back (7.7.1.8).</summary>
    internal bool IsMsiPending(int vector) => _hasMsiMasks && (Get32(MsiOffset + MessagePending) & 1u << vector) != 0;

    /// <summary>Sets or clears a vector's pending bit of MSI.</summary>
    internal void SetMsiPending(int vector, bool isPending)
    {
        CheckMsiVector(vector);
        if (!_hasMsiMasks)
            return;
        var bits = Get32(MsiOffset + MessagePending);
        BinaryPrimitives.WriteUInt32LittleEndian(_bytes.AsSpan(MsiOffset + MessagePending), isPending ? bits | 1u << vector : bits & ~(1u << vector));
    }

    private void PutMsix(MsixTable msix)
    {
        Span<byte> payload = stackalloc byte[10];
        BinaryPrimitives.WriteUInt16LittleEndian(payload, (ushort)(msix.VectorCount - 1));
        BinaryPrimitives.WriteUInt32LittleEndian(payload[2..], msix.TableOffset | (uint)msix.Bar);
        BinaryPrimitives.WriteUInt32LittleEndian(payload[6..], msix.PendingOffset | (uint)msix.Bar);
        Span<byte> writable = stackalloc byte[10];
        writable.Clear();
        BinaryPrimitives.WriteUInt16LittleEndian(writable, MsixEnable | MsixFunctionMask);
        MsixOffset = AddCapability((byte)CapabilityId.Msix, payload, writable);
    }

    private uint Get32(int offset) => BinaryPrimitives.ReadUInt32LittleEndian(_bytes.AsSpan(offset));

    private void CheckMsiVector(int vector)
    {
        if (vector < 0 || vector >= MsiVectorCount)
            throw new ArgumentOutOfRangeException(nameof(vector), vector, "The function asks for no such vector by MSI.");
    }
}
