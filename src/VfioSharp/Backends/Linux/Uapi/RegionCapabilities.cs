using System.Runtime.InteropServices;
using VfioSharp.Regions;

namespace VfioSharp.Backends.Linux.Uapi;

/// <summary>The capabilities of a region that have a meaning for the library (include/uapi/linux/vfio.h, VFIO_REGION_INFO_CAP_*).</summary>
internal static class RegionCapabilities
{
    private const ushort SparseMmap = 1;
    private const ushort DeviceType = 2;
    private const ushort MsixMappable = 3;

    /// <summary>The areas that can be mapped: struct vfio_region_info_cap_sparse_mmap.</summary>
    /// <returns>The areas that lie inside the region; a count that promises more than arrived is cut to what arrived.</returns>
    public static IReadOnlyList<RegionArea> ReadSparseAreas(IReadOnlyList<InfoCapability> capabilities, ulong regionSizeInBytes)
    {
        const int areasOffset = 8;
        const int areaSize = 16;

        if (Find(capabilities, SparseMmap) is not { } payload || payload.Length < areasOffset)
            return [];

        var announced = MemoryMarshal.Read<uint>(payload.Span);
        var arrived = (payload.Length - areasOffset) / areaSize;
        var whole = new RegionArea(0, regionSizeInBytes);
        var areas = new List<RegionArea>();
        for (var i = 0; i < Math.Min(announced, arrived); i++)
        {
            var area = payload.Span[(areasOffset + i * areaSize)..];
            var offset = MemoryMarshal.Read<ulong>(area);
            var length = MemoryMarshal.Read<ulong>(area[8..]);
            if (length != 0 && whole.Contains(offset, length))
                areas.Add(new RegionArea(offset, length));
        }

        return areas;
    }

    /// <summary>The type of a region particular to a device: struct vfio_region_info_cap_type.</summary>
    public static RegionType? ReadType(IReadOnlyList<InfoCapability> capabilities) =>
        Find(capabilities, DeviceType) is { Length: >= 8 } payload
            ? new RegionType(MemoryMarshal.Read<uint>(payload.Span), MemoryMarshal.Read<uint>(payload.Span[4..]))
            : null;

    /// <summary>Whether the MSI-X table's page may be mapped.</summary>
    public static bool ReadMsixMappable(IReadOnlyList<InfoCapability> capabilities) => Find(capabilities, MsixMappable) is not null;

    /// <summary>Whether there is a list of areas that can be mapped, however little of it can be believed.</summary>
    public static bool HasSparseAreas(IReadOnlyList<InfoCapability> capabilities) => Find(capabilities, SparseMmap) is not null;

    private static ReadOnlyMemory<byte>? Find(IReadOnlyList<InfoCapability> capabilities, ushort id)
    {
        foreach (var capability in capabilities)
        {
            if (capability.Id == id)
                return capability.Payload;
        }

        return null;
    }
}
