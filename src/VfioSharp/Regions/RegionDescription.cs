namespace VfioSharp.Regions;

/// <summary>What can be done with a region (include/uapi/linux/vfio.h, VFIO_REGION_INFO_FLAG_*).</summary>
[Flags]
public enum RegionFlags
{
    /// <summary>The region is not there.</summary>
    None = 0,
    /// <summary>It can be read.</summary>
    Read = 1,
    /// <summary>It can be written.</summary>
    Write = 2,
    /// <summary>It, or the areas that a sparse-mmap capability names, can be mapped.</summary>
    Mmap = 4,
    /// <summary>Capabilities follow the fixed part of the answer.</summary>
    Capabilities = 8,
}

/// <summary>A part of a region, in bytes from the region's start.</summary>
/// <param name="Offset">The first byte.</param>
/// <param name="LengthInBytes">The length.</param>
public readonly record struct RegionArea(ulong Offset, ulong LengthInBytes)
{
    /// <summary>Whether this area holds the whole of another.</summary>
    /// <param name="offset">The other's first byte.</param>
    /// <param name="lengthInBytes">The other's length.</param>
    /// <returns>True where every byte of the other lies in this one.</returns>
    public bool Contains(ulong offset, ulong lengthInBytes) =>
        offset >= Offset && lengthInBytes <= LengthInBytes && offset - Offset <= LengthInBytes - lengthInBytes;
}

/// <summary>The kind of a region that is particular to a device (include/uapi/linux/vfio.h, struct vfio_region_info_cap_type).</summary>
/// <param name="Type">The type; with bit 31 set the low 16 bits are a PCI vendor.</param>
/// <param name="Subtype">The subtype, which has a meaning within the type.</param>
/// <remarks>A class: Mono's compiler for s390x overwrites what lies behind an argument of 12 bytes, as a nullable structure would be.</remarks>
public sealed record RegionType(uint Type, uint Subtype);

/// <summary>A capability that the library has no typed view of: its number, version and bytes after the header.</summary>
/// <param name="Id">The kernel's number of the capability.</param>
/// <param name="Version">Its version.</param>
/// <param name="Payload">The bytes behind the header, up to the next capability or the end of the answer, in the host's byte order.</param>
public sealed record InfoCapability(ushort Id, ushort Version, ReadOnlyMemory<byte> Payload);

/// <summary>What a backend says of a region. Immutable.</summary>
/// <param name="Index">The region's number.</param>
/// <param name="Flags">What can be done with it.</param>
/// <param name="SizeInBytes">Its length; 0 where it is not there.</param>
/// <param name="FileOffset">
/// Where it begins in the device's file, or would begin if it were there. Never derived from the index: kernels differ. A region ends, however long it is,
/// where the next one begins.
/// </param>
/// <param name="SparseAreas">The parts that can be mapped, where only some can; empty where the flags speak for the whole region.</param>
/// <param name="Type">The kind of a region particular to a device, or null.</param>
/// <param name="IsMsixMappable">Whether the page that holds the MSI-X table may be mapped too.</param>
/// <param name="Capabilities">Every capability of the answer, known or not, in the kernel's order.</param>
public sealed record RegionDescription(
    int Index,
    RegionFlags Flags,
    ulong SizeInBytes,
    ulong FileOffset,
    IReadOnlyList<RegionArea> SparseAreas,
    RegionType? Type,
    bool IsMsixMappable,
    IReadOnlyList<InfoCapability> Capabilities)
{
    /// <summary>A region that is not there.</summary>
    /// <param name="index">Its number.</param>
    /// <returns>A description of size 0 without flags.</returns>
    public static RegionDescription Absent(int index) => new(index, RegionFlags.None, 0, 0, [], null, false, []);
}
