using System.Buffers.Binary;
using VfioSharp.Regions;

namespace VfioSharp.InGuest.Served;

/// <summary>
/// A driver of the emulation's ISM device: behind ism_vfio_pci, which makes one block store of each write, or on a machine that has registers of 8
/// bytes and no block stores. Its commands are those of Linux's driver (drivers/s390/net/ism.h); its numbers are big-endian.
/// </summary>
internal sealed class IsmDevice : IDisposable
{
    public const uint RegisterSummaryArea = 0x01, ReadGid = 0x03, RegisterBuffer = 0x0a;

    /// <summary>What only the emulation has: how many moves there were, and of the last its offset, its length and its data.</summary>
    public const ulong MovesNoted = 0xf00, MoveOffsetNoted = 0xf08, MoveLengthNoted = 0xf10, MoveDataNoted = 0xf40;

    private const int HeaderInBytes = 8;
    private const int ShortestStoreInBytes = 16;

    public IsmDevice(string name)
    {
        Device = Guest.Open(name);
        Moves = Device.Regions[RegionIndex.Bar0].Open(new WindowOptions { OnFault = OnFault.Throw });
        Commands = Device.Regions[RegionIndex.Bar2].Open(new WindowOptions { OnFault = OnFault.Throw });
        Device.Config.EnableBusMaster();
    }

    public VfioDevice Device { get; }

    /// <summary>BAR 0, of 256 TiB.</summary>
    public RegionWindow Moves { get; }

    /// <summary>BAR 2.</summary>
    public RegionWindow Commands { get; }

    /// <summary>Gives a command, which has to succeed; answers with the first 8 bytes of its answer as a number.</summary>
    public ulong Command(uint code, params byte[] parameters)
    {
        var length = HeaderInBytes + parameters.Length;
        var request = new byte[Math.Max(ShortestStoreInBytes, (length + 7) & ~7)];
        BinaryPrimitives.WriteUInt32BigEndian(request, code);
        BinaryPrimitives.WriteUInt16BigEndian(request.AsSpan(6), (ushort)length);
        parameters.CopyTo(request.AsSpan(HeaderInBytes));
        Store(Commands, 0, request);

        var answer = Read(0, 2 * HeaderInBytes);
        Assert.Equal(code, BinaryPrimitives.ReadUInt32BigEndian(answer));
        Assert.Equal(0, BinaryPrimitives.ReadUInt16BigEndian(answer.AsSpan(4)));
        return BinaryPrimitives.ReadUInt64BigEndian(answer.AsSpan(HeaderInBytes));
    }

    /// <summary>Moves bytes to a place in BAR 0.</summary>
    public void Move(ulong offset, ReadOnlySpan<byte> source) => Store(Moves, offset, source);

    /// <summary>Bytes of BAR 2.</summary>
    public byte[] Read(ulong offset, int lengthInBytes)
    {
        var bytes = new byte[lengthInBytes];
        Commands.ReadBlock(offset, bytes, sizeof(ulong));
        return bytes;
    }

    /// <summary>A number in BAR 2.</summary>
    public ulong ReadNumber(ulong offset) => BinaryPrimitives.ReadUInt64BigEndian(Read(offset, sizeof(ulong)));

    public void Dispose()
    {
        Moves.Dispose();
        Commands.Dispose();
        Device.Dispose();
    }

    private static void Store(RegionWindow window, ulong offset, ReadOnlySpan<byte> source)
    {
        if (window.LongestBlockStoreInBytes >= ShortestStoreInBytes)
            window.WriteBlock(offset, source);
        else
            window.WriteBlock(offset, source, sizeof(ulong));
    }
}
