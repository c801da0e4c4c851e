using System.Buffers.Binary;
using System.Runtime.InteropServices;
using VfioSharp.Backends.Linux.Uapi;
using VfioSharp.Backends.VfioUser.Wire;

namespace VfioSharp.Fuzz;

/// <summary>
/// Replies to every command as a server does that is in its right mind: a function with a BAR of which a part is shared memory, a BAR that is all shared
/// memory, configuration space, and MSI-X. It keeps nothing: registers read as 0.
/// </summary>
internal static class ModelDevice
{
    public const int Bar0LengthInBytes = 0x8000;
    public const int Bar2LengthInBytes = 0x4000;

    private const uint ConfigRegion = 7;
    private const uint RegionReadWrite = 3;
    private const uint RegionMmap = 4;
    private const int MostBytes = 1 << 20;
    private const uint MsixIndex = 2;
    private const uint VectorCount = 4;

    private static readonly byte[] Config = MakeConfig();

    /// <summary>The reply to a command.</summary>
    /// <param name="header">The command's header.</param>
    /// <param name="payload">What follows it.</param>
    public static FuzzMessage Reply(in VfioUserHeader header, ReadOnlySpan<byte> payload)
    {
        var fds = new List<FdKind>();
        var answer = header.Command switch
        {
            VfioUserCommand.Version => new Payload().Add(default(VersionMessage))
                .Add("{\"capabilities\":{\"max_msg_fds\":8,\"max_data_xfer_size\":1048576,\"migration\":{\"pgsize\":4096}}}\0"u8),
            VfioUserCommand.DmaMap or VfioUserCommand.DeviceReset or VfioUserCommand.DeviceSetIrqs => new Payload(),
            VfioUserCommand.DmaUnmap => new Payload().Add(payload),
            VfioUserCommand.DeviceGetInfo => new Payload().Add(new DeviceInfoMessage
            {
                ArgumentSize = DeviceInfoMessage.SizeInBytes,
                Flags = VfioDeviceInfo.FlagPci | VfioDeviceInfo.FlagReset,
                RegionCount = 9,
                IrqCount = 5,
            }),
            VfioUserCommand.DeviceGetRegionInfo when Has<VfioRegionInfo>(payload) => DescribeRegion(MemoryMarshal.Read<VfioRegionInfo>(payload), fds),
            VfioUserCommand.DeviceGetIrqInfo when Has<VfioIrqInfo>(payload) => DescribeIrq(MemoryMarshal.Read<VfioIrqInfo>(payload)),
            VfioUserCommand.RegionRead when Has<RegionAccessMessage>(payload) => ReadRegion(MemoryMarshal.Read<RegionAccessMessage>(payload)),
            VfioUserCommand.RegionWrite when Has<RegionAccessMessage>(payload) => new Payload().Add(MemoryMarshal.Read<RegionAccessMessage>(payload)),
            VfioUserCommand.RegionWriteMulti when Has<RegionWriteMultiMessage>(payload) => new Payload().Add(MemoryMarshal.Read<RegionWriteMultiMessage>(payload)),
            _ => null,
        };
        return answer is null
            ? new FuzzMessage(VfioUserHeader.ForError(header, Errno.ENOTTY), default)
            : new FuzzMessage(VfioUserHeader.ForReply(header, answer.Bytes.Length), answer.Bytes) { Fds = fds };
    }

    private static bool Has<T>(ReadOnlySpan<byte> payload)
        where T : unmanaged => payload.Length >= Marshal.SizeOf<T>();

    private static Payload DescribeRegion(VfioRegionInfo question, List<FdKind> fds)
    {
        var info = new VfioRegionInfo { ArgumentSize = 32, Index = question.Index };
        var chain = new Payload();
        switch (question.Index)
        {
            case 0:
                info.Size = Bar0LengthInBytes;
                info.Flags = RegionReadWrite | RegionMmap | VfioRegionInfo.FlagCapabilities;
                info.CapabilityOffset = 32;
                // struct vfio_region_info_cap_sparse_mmap: id 1, version 1, no next; one area.
                chain.Add<ushort>(1).Add<ushort>(1).U32(0).U32(1).U32(0).U64(0x1000).U64(0x2000);
                fds.Add(FdKind.Memory);
                break;
            case 2:
                info.Size = Bar2LengthInBytes;
                info.Offset = 0x10000;
                info.Flags = RegionReadWrite | RegionMmap;
                fds.Add(FdKind.Memory);
                break;
            case ConfigRegion:
                info.Size = (ulong)Config.Length;
                info.Flags = RegionReadWrite;
                break;
        }

        info.ArgumentSize += (uint)chain.Bytes.Length;
        var answer = new Payload().Add(info);
        return question.ArgumentSize >= info.ArgumentSize ? answer.Add(chain.Bytes) : answer;
    }

    private static Payload DescribeIrq(VfioIrqInfo question) => new Payload().Add(new VfioIrqInfo
    {
        ArgumentSize = 16,
        Flags = 1,
        Index = question.Index,
        Count = question.Index switch { MsixIndex => VectorCount, > MsixIndex => 1, _ => 0 },
    });

    private static Payload? ReadRegion(RegionAccessMessage access)
    {
        if (access.Count > MostBytes)
            return null;
        var data = new byte[access.Count];
        if (access.Region == ConfigRegion && access.Offset < (ulong)Config.Length)
        {
            var source = Config.AsSpan((int)access.Offset);
            source[..Math.Min(source.Length, data.Length)].CopyTo(data);
        }

        return new Payload().Add(access).Add(data);
    }

    private static byte[] MakeConfig()
    {
        const int MsixCapability = 0x40;
        var config = new byte[256];
        BinaryPrimitives.WriteUInt32LittleEndian(config, 0x11e8_1234);
        BinaryPrimitives.WriteUInt16LittleEndian(config.AsSpan(6), 0x10);
        BinaryPrimitives.WriteUInt32LittleEndian(config.AsSpan(8), 0xff00_0001);
        config[0x34] = MsixCapability;
        config[MsixCapability] = 0x11;
        BinaryPrimitives.WriteUInt16LittleEndian(config.AsSpan(MsixCapability + 2), (ushort)(VectorCount - 1));
        BinaryPrimitives.WriteUInt32LittleEndian(config.AsSpan(MsixCapability + 4), 0x4000);
        BinaryPrimitives.WriteUInt32LittleEndian(config.AsSpan(MsixCapability + 8), 0x5000);
        return config;
    }
}
