using System.Runtime.InteropServices;
using System.Text;
using VfioSharp.Backends.Linux.Uapi;
using VfioSharp.Backends.VfioUser.Wire;

namespace VfioSharp.Fuzz;

/// <summary>
/// Replies to every command as a server does that is in its right mind, with a device that may not be. It keeps nothing: registers read as 0, and its
/// configuration space stays as it is.
/// </summary>
internal sealed class ModelDevice(ModelLayout layout)
{
    private const uint ConfigRegion = 7;
    private const int MostBytes = 1 << 20;

    /// <summary>The reply to a command.</summary>
    /// <param name="header">The command's header.</param>
    /// <param name="payload">What follows it.</param>
    public FuzzMessage Reply(in VfioUserHeader header, ReadOnlySpan<byte> payload)
    {
        var fds = new List<FdKind>();
        var answer = header.Command switch
        {
            VfioUserCommand.Version => DescribeVersion(fds),
            VfioUserCommand.DmaMap or VfioUserCommand.DeviceReset or VfioUserCommand.DeviceSetIrqs => new Payload(),
            VfioUserCommand.DmaUnmap or VfioUserCommand.DeviceFeature => new Payload().Add(payload),
            VfioUserCommand.DeviceGetInfo => new Payload().Add(new DeviceInfoMessage
            {
                ArgumentSize = DeviceInfoMessage.SizeInBytes,
                Flags = layout.DeviceFlags,
                RegionCount = ModelLayout.RegionCount,
                IrqCount = ModelLayout.IrqIndexCount,
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

    private Payload DescribeVersion(List<FdKind> fds)
    {
        fds.AddRange(layout.VersionFds);
        return new Payload().Add(default(VersionMessage)).Add(Encoding.UTF8.GetBytes(layout.Version)).Add<byte>(0);
    }

    private Payload? DescribeRegion(VfioRegionInfo question, List<FdKind> fds)
    {
        if (question.Index >= ModelLayout.RegionCount)
            return null;
        var region = layout.Regions[(int)question.Index];
        var needed = (uint)(Marshal.SizeOf<VfioRegionInfo>() + region.Chain.Length);
        var answer = new Payload().Add(new VfioRegionInfo
        {
            ArgumentSize = region.ArgumentSize ?? needed,
            Flags = region.Flags,
            Index = question.Index,
            CapabilityOffset = region.CapabilityOffset,
            Size = region.LengthInBytes,
            Offset = region.Offset,
        });
        fds.AddRange(region.Fds);
        return question.ArgumentSize >= needed ? answer.Add(region.Chain) : answer;
    }

    private Payload? DescribeIrq(VfioIrqInfo question) => question.Index >= ModelLayout.IrqIndexCount ? null : new Payload().Add(new VfioIrqInfo
    {
        ArgumentSize = 16,
        Flags = layout.Interrupts[(int)question.Index].Flags,
        Index = question.Index,
        Count = layout.Interrupts[(int)question.Index].Count,
    });

    private Payload? ReadRegion(RegionAccessMessage access)
    {
        if (access.Count > MostBytes)
            return null;
        var data = new byte[access.Count];
        if (access.Region == ConfigRegion && access.Offset < (ulong)layout.Config.Length)
        {
            var source = layout.Config.AsSpan((int)access.Offset);
            source[..Math.Min(source.Length, data.Length)].CopyTo(data);
        }

        return new Payload().Add(access).Add(data);
    }
}
