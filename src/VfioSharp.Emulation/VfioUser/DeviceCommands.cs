using System.Runtime.InteropServices;
using VfioSharp.Backends.Linux.Uapi;
using VfioSharp.Backends.VfioUser.Wire;
using VfioSharp.Regions;

namespace VfioSharp.Emulation.VfioUser;

/// <summary>VFIO_USER_DEVICE_GET_INFO and VFIO_USER_DEVICE_GET_REGION_INFO: the regions and indices that every PCI function has.</summary>
internal sealed class DeviceCommands(PciFunction function, VersionCommand version)
{
    /// <summary>How many regions a PCI function has (include/uapi/linux/vfio.h, VFIO_PCI_NUM_REGIONS).</summary>
    public const uint RegionCount = (uint)RegionIndex.Vga + 1;

    private const int RegionInfoLength = 32;
    private const int AreasOffset = 16;
    private const int AreaLength = 16;
    private const ushort SparseMmap = 1;
    private const uint Readable = 1 << 0;
    private const uint Writable = 1 << 1;
    private const uint Mappable = 1 << 2;

    /// <summary>Describes the device.</summary>
    public static Errno GetInfo(MessageReceiver request, Reply reply)
    {
        if (request.Payload.Length < DeviceInfoMessage.SizeInBytes
            || MemoryMarshal.Read<DeviceInfoMessage>(request.Payload).ArgumentSize < DeviceInfoMessage.SizeInBytes)
        {
            return Errno.EINVAL;
        }

        MemoryMarshal.Write(reply.MakePayload(DeviceInfoMessage.SizeInBytes), new DeviceInfoMessage
        {
            ArgumentSize = DeviceInfoMessage.SizeInBytes,
            Flags = VfioDeviceInfo.FlagPci | VfioDeviceInfo.FlagReset,
            RegionCount = RegionCount,
            IrqCount = InterruptCommands.IndexCount,
        });
        return Errno.None;
    }

    /// <summary>The length of a region; 0 where the function has none such.</summary>
    public ulong GetRegionLength(uint index) => index switch
    {
        < (uint)RegionIndex.Rom => function.FindBar((int)index)?.LengthInBytes ?? 0,
        (uint)RegionIndex.Config => (ulong)function.Config.LengthInBytes,
        _ => 0,
    };

    /// <summary>
    /// Describes a region, its areas that can be mapped, and gives the descriptor to map. A client that made too little room for the areas learns
    /// how much it needs, and gets the descriptor all the same. The offset of the areas is said even then: QEMU refuses a region that has
    /// capabilities at offset 0, which is what the kernel says in this case. For a client that takes no descriptors nothing can be mapped.
    /// </summary>
    public Errno GetRegionInfo(MessageReceiver request, Reply reply)
    {
        if (request.Payload.Length < RegionInfoLength)
            return Errno.EINVAL;
        var info = MemoryMarshal.Read<VfioRegionInfo>(request.Payload);
        if (info.ArgumentSize < RegionInfoLength || info.Index >= RegionCount)
            return Errno.EINVAL;

        var length = GetRegionLength(info.Index);
        var memory = version.ClientMessageFds == 0 ? null : function.GetSharedMemory((int)info.Index);
        var areas = memory?.Bar.SharedAreas ?? [];
        var needed = RegionInfoLength + (areas.Count == 0 ? 0 : AreasOffset + areas.Count * AreaLength);
        var isWhole = info.ArgumentSize >= (uint)needed;
        var payload = reply.MakePayload(isWhole ? needed : RegionInfoLength);
        MemoryMarshal.Write(payload, new VfioRegionInfo
        {
            ArgumentSize = (uint)needed,
            Flags = (length == 0 ? 0 : Readable | Writable) | (areas.Count == 0 ? 0 : Mappable | VfioRegionInfo.FlagCapabilities),
            Index = info.Index,
            CapabilityOffset = areas.Count == 0 ? 0u : RegionInfoLength,
            Size = length,
        });
        if (memory is null)
            return Errno.None;
        if (isWhole)
            WriteAreas(payload[RegionInfoLength..], areas);
        reply.AddFd(memory.File);
        return Errno.None;
    }

    // struct vfio_region_info_cap_sparse_mmap: a header of id, version and next; the count; the areas.
    private static void WriteAreas(Span<byte> capability, IReadOnlyList<RegionArea> areas)
    {
        MemoryMarshal.Write(capability, SparseMmap);
        MemoryMarshal.Write(capability[2..], (ushort)1);
        MemoryMarshal.Write(capability[8..], (uint)areas.Count);
        for (var i = 0; i < areas.Count; i++)
        {
            MemoryMarshal.Write(capability[(AreasOffset + i * AreaLength)..], areas[i].Offset);
            MemoryMarshal.Write(capability[(AreasOffset + i * AreaLength + sizeof(ulong))..], areas[i].LengthInBytes);
        }
    }
}
