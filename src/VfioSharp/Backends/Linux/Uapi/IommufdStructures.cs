using System.Runtime.InteropServices;

namespace VfioSharp.Backends.Linux.Uapi;

// The structures and request numbers of include/uapi/linux/iommufd.h that the library uses, in the host's byte order.

/// <summary>The request numbers: _IO(';', 0x80 + n).</summary>
internal static class IommufdIoctl
{
    private const uint First = (';' << 8) | 0x80;

    public const uint IoasAlloc = First + 1;
    public const uint IoasIovaRanges = First + 4;
    public const uint IoasMap = First + 5;
    public const uint IoasUnmap = First + 6;
}

/// <summary>struct iommu_ioas_alloc.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct IommuIoasAlloc
{
    public uint Size;
    public uint Flags;
    public uint IoasId;
}

/// <summary>struct iommu_iova_range.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct IommuIovaRange
{
    public ulong Start;
    public ulong Last;
}

/// <summary>struct iommu_ioas_iova_ranges.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct IommuIoasIovaRanges
{
    public uint Size;
    public uint IoasId;
    public uint Count;
    public uint Reserved;
    public ulong RangesAddress;
    public ulong Alignment;
}

/// <summary>struct iommu_ioas_map.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct IommuIoasMap
{
    public const uint FlagFixedIova = 1 << 0;
    public const uint FlagWriteable = 1 << 1;
    public const uint FlagReadable = 1 << 2;

    public uint Size;
    public uint Flags;
    public uint IoasId;
    public uint Reserved;
    public ulong UserAddress;
    public ulong Length;
    public ulong Iova;
}

/// <summary>struct iommu_ioas_unmap.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct IommuIoasUnmap
{
    public uint Size;
    public uint IoasId;
    public ulong Iova;
    public ulong Length;
}
