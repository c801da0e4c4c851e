using System.Buffers.Binary;
using VfioSharp.Regions;

namespace VfioSharp.Backends.VfioUser;

/// <summary>
/// What firmware does for a real function: it gives BARs their places on the bus, and whoever opens the function by VFIO finds them decoded. A server that
/// decodes as a bus does refuses every access to a BAR until somebody has done it: QEMU's own (hw/remote/vfio-user-obj.c, vfu_object_bar_rw). So where an
/// access is refused and the BAR has no place, places are given, once, and the access is made again. Whoever has given it a place, or took decoding away
/// from one that has, is left alone.
/// </summary>
internal sealed partial class VfioUserDeviceBackend
{
    private const int CommandOffset = 0x04, HeaderTypeOffset = 0x0e, FirstBarOffset = 0x10;
    private const int BarCount = 6;
    private const ushort DecodeIo = 1, DecodeMemory = 2;

    // Above all memory of a small machine and below its fixed devices; I/O above the ports that a PC has itself.
    private const ulong LowestMemory = 0x8000_0000, HighestMemory32 = 0xf000_0000, LowestMemory64 = 1ul << 40;
    private const ulong LowestPort = 0x1000, HighestPort = 0x1_0000;

    private readonly object _placesGate = new();
    private bool _werePlacesTried;

    /// <summary>Gives the BARs that have none their places, where the BAR of an access that was refused is one of them.</summary>
    /// <param name="index">The region.</param>
    /// <returns>Whether that BAR has a place now and had none before, so that the access can be made again.</returns>
    private bool HasPlaced(int index)
    {
        if (index is < (int)RegionIndex.Bar0 or >= BarCount || _connection.End is not null)
            return false;
        lock (_placesGate)
        {
            if (_werePlacesTried)
                return false;
            _werePlacesTried = true;
            try
            {
                return Place(index);
            }
            catch (VfioException)
            {
                // A region that the server does not describe: the caller hears how its own access was refused.
                return false;
            }
        }
    }

    private void ForgetPlaces()
    {
        lock (_placesGate)
            _werePlacesTried = false;
    }

    private bool Place(int wanted)
    {
        Span<byte> header = stackalloc byte[FirstBarOffset + BarCount * sizeof(uint)];
        if (_connection.Read((uint)RegionIndex.Config, 0, header) != Errno.None || (header[HeaderTypeOffset] & 0x7f) != 0)
            return false;
        Span<uint> registers = stackalloc uint[BarCount];
        for (var i = 0; i < BarCount; i++)
            registers[i] = BinaryPrimitives.ReadUInt32LittleEndian(header[(FirstBarOffset + i * sizeof(uint))..]);
        if (HasPlace(registers, wanted))
            return false;

        ulong port = LowestPort, memory = LowestMemory, memory64 = LowestMemory64;
        ushort decode = 0;
        for (var i = 0; i < BarCount; i++)
        {
            var size = FindRegion(i).Description.SizeInBytes;
            var isIo = (registers[i] & 1) != 0;
            var is64 = (registers[i] & 7) == 4 && i + 1 < BarCount;
            if (size is > 0 and <= 1ul << 62 && !HasPlace(registers, i))
            {
                ref var next = ref isIo ? ref port : ref is64 ? ref memory64 : ref memory;
                var end = isIo ? HighestPort : is64 ? ulong.MaxValue : HighestMemory32;
                if (!TryGive(i, size, is64, end, ref next))
                    return false;
                decode |= isIo ? DecodeIo : DecodeMemory;
            }

            // The upper half is no BAR of its own.
            if (is64)
                i++;
        }

        var command = header.Slice(CommandOffset, sizeof(ushort));
        BinaryPrimitives.WriteUInt16LittleEndian(command, (ushort)(BinaryPrimitives.ReadUInt16LittleEndian(command) | decode));
        return Write(CommandOffset, command);
    }

    private static bool HasPlace(ReadOnlySpan<uint> registers, int index)
    {
        var register = registers[index];
        var address = register & ((register & 1) != 0 ? ~3u : ~15u);
        return address != 0 || ((register & 7) == 4 && index + 1 < registers.Length && registers[index + 1] != 0);
    }

    private bool TryGive(int index, ulong size, bool is64, ulong end, ref ulong next)
    {
        // A BAR is a power of two and lies at a multiple of it; a region may be less.
        var step = 16ul;
        while (step < size)
            step <<= 1;
        var address = (next + step - 1) & ~(step - 1);
        if (address < next || address > end - step)
            return false;
        next = address + step;
        Span<byte> bytes = stackalloc byte[sizeof(ulong)];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, address);
        var offset = (ulong)(FirstBarOffset + index * sizeof(uint));
        return Write(offset, bytes[..sizeof(uint)]) && (!is64 || Write(offset + sizeof(uint), bytes[sizeof(uint)..]));
    }

    private bool Write(ulong offset, ReadOnlySpan<byte> bytes) => _connection.Write((uint)RegionIndex.Config, offset, bytes, mayBePosted: false) == Errno.None;
}
