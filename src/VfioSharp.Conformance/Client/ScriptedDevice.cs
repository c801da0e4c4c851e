using System.Buffers.Binary;
using VfioSharp.Backends.VfioUser.Wire;
using VfioSharp.Conformance.Trials;
using static VfioSharp.Conformance.Trials.Numbers;

namespace VfioSharp.Conformance.Client;

/// <summary>
/// The device that clients are judged with: BAR 0 of 64 bit and 16 KiB that is shared memory, BAR 2 of 4 KiB that is not, BAR 4 with the table of four
/// MSI-X vectors. Its answers are right; cases alter them. For one thread at a time.
/// </summary>
internal sealed class ScriptedDevice : IDisposable
{
    public const uint RegionCount = 9;
    public const uint IrqCount = 5;
    public const uint SharedBar = 0;
    public const uint TrappedBar = 2;
    public const uint MsixBar = 4;
    public const uint VectorCount = 4;
    public const string Capabilities = """{"capabilities":{"max_msg_fds":8,"max_data_xfer_size":1048576}}""";

    /// <summary>The max_msg_fds that the server says.</summary>
    public const int MaxFds = 8;

    private const ushort VendorId = 0x1b36;
    private const ushort DeviceId = 0x0005;
    private const int MsixCapability = 0x40;

    // The bits of each byte of the configuration space that a driver can write.
    private readonly byte[] _writable = new byte[256];
    private readonly byte[] _trapped = new byte[0x1000];
    private readonly byte[] _msix = new byte[0x1000];

    public ScriptedDevice()
    {
        Config = new byte[256];
        Write16(0x00, VendorId);
        Write16(0x02, DeviceId);
        Write16(0x06, 0x10);
        Config[0x0b] = 0xff;
        Bar(0x10, 0x4000, 0x4);
        BinaryPrimitives.WriteUInt32LittleEndian(_writable.AsSpan(0x14), uint.MaxValue);
        Bar(0x18, 0x1000, 0);
        Bar(0x20, 0x1000, 0);
        Config[0x34] = MsixCapability;
        Config[MsixCapability] = 0x11;
        Write16(MsixCapability + 2, (ushort)(VectorCount - 1));
        Config[MsixCapability + 4] = (byte)MsixBar;
        BinaryPrimitives.WriteUInt32LittleEndian(Config.AsSpan(MsixCapability + 8), 0x800 | MsixBar);
        Write16(0x04, 0x0407, _writable);
        _writable[0x3c] = 0xff;
        _writable[MsixCapability + 3] = 0xc0;
    }

    /// <summary>The configuration space, which a case may alter before the client comes.</summary>
    public byte[] Config { get; }

    /// <summary>What BAR 0 is made of.</summary>
    public SharedFile Shared { get; } = new(0x4000);

    /// <summary>The size of a region in bytes.</summary>
    public static ulong SizeOf(uint region) => region switch
    {
        SharedBar => 0x4000,
        TrappedBar or MsixBar => 0x1000,
        ConfigRegion => 256,
        _ => 0,
    };

    /// <summary>How many interrupts an index has.</summary>
    public static uint CountOf(uint irq) => irq switch
    {
        IrqMsix => VectorCount,
        IrqError or IrqRequest => 1,
        _ => 0,
    };

    /// <summary>The right answer to a command.</summary>
    public Answer Reply(Message command)
    {
        try
        {
            return command.Header.Command switch
            {
                VfioUserCommand.Version => new Answer { Payload = Requests.Version(0, 0, Capabilities) },
                VfioUserCommand.DmaMap or VfioUserCommand.DeviceSetIrqs or VfioUserCommand.DeviceReset => new Answer(),
                VfioUserCommand.DmaUnmap => new Answer { Payload = command.Payload },
                VfioUserCommand.DeviceGetInfo => new Answer { Payload = new Payload().U32(16).U32(DeviceReset | DevicePci).U32(RegionCount).U32(IrqCount).ToArray() },
                VfioUserCommand.DeviceGetRegionInfo => RegionInfo(command.U32(8)),
                VfioUserCommand.DeviceGetIrqInfo => IrqInfo(command.U32(8)),
                VfioUserCommand.RegionRead => Read(command),
                VfioUserCommand.RegionWrite => Write(command),
                _ => new Answer { Error = Errno.EINVAL },
            };
        }
        catch (CaseFailedException)
        {
            // The command ends within what it must have; Conduct tells of it.
            return new Answer { Error = Errno.EINVAL };
        }
    }

    public void Dispose() => Shared.Dispose();

    private Answer RegionInfo(uint index)
    {
        if (index >= RegionCount)
            return new Answer { Error = Errno.EINVAL };
        var size = SizeOf(index);
        var flags = size == 0 ? 0 : Numbers.RegionRead | Numbers.RegionWrite | (index == SharedBar ? RegionMmap : 0);
        return new Answer
        {
            Payload = new Payload().U32(32).U32(flags).U32(index).U32(0).U64(size).U64(0).ToArray(),
            Fds = index == SharedBar ? [Shared.Number] : [],
        };
    }

    private static Answer IrqInfo(uint index) => index >= IrqCount
        ? new Answer { Error = Errno.EINVAL }
        : new Answer { Payload = new Payload().U32(16).U32(CountOf(index) == 0 ? 0 : IrqEventFd).U32(index).U32(CountOf(index)).ToArray() };

    private Answer Read(Message command)
    {
        if (!IsWithin(command))
            return new Answer { Error = Errno.EINVAL };
        var (offset, count) = ((int)command.U64(0), (int)command.U32(12));
        var bytes = command.U32(8) == SharedBar ? Shared.Read(offset, count) : Memory(command.U32(8)).AsSpan(offset, count);
        return new Answer { Payload = [.. command.Payload.AsSpan(0, 16), .. bytes] };
    }

    private Answer Write(Message command)
    {
        var count = command.U32(12);
        if (!IsWithin(command) || command.Payload.Length != 16 + count)
            return new Answer { Error = Errno.EINVAL };
        var (region, offset) = (command.U32(8), (int)command.U64(0));
        var data = command.Payload.AsSpan(16);
        if (region == SharedBar)
            Shared.Write(offset, data);
        else if (region != ConfigRegion)
            data.CopyTo(Memory(region).AsSpan(offset));
        else
            WriteConfig(offset, data);
        return new Answer { Payload = command.Payload[..16] };
    }

    private void WriteConfig(int offset, ReadOnlySpan<byte> data)
    {
        for (var i = 0; i < data.Length; i++)
        {
            var mask = _writable[offset + i];
            Config[offset + i] = (byte)(Config[offset + i] & ~mask | data[i] & mask);
        }
    }

    private byte[] Memory(uint region) => region switch
    {
        TrappedBar => _trapped,
        MsixBar => _msix,
        _ => Config,
    };

    private static bool IsWithin(Message access)
    {
        var size = SizeOf(access.U32(8));
        return access.U32(12) <= size && access.U64(0) <= size - access.U32(12);
    }

    private void Bar(int offset, uint size, byte kind)
    {
        Config[offset] = kind;
        BinaryPrimitives.WriteUInt32LittleEndian(_writable.AsSpan(offset), ~(size - 1));
    }

    private void Write16(int offset, ushort value, byte[]? target = null) => BinaryPrimitives.WriteUInt16LittleEndian((target ?? Config).AsSpan(offset), value);
}
