using System.Runtime.InteropServices;
using VfioSharp.Backends.Linux.Uapi;
using VfioSharp.Dma;
using VfioSharp.Native;
using VfioSharp.Regions;

namespace VfioSharp.Backends.Linux;

internal sealed partial class Type1Container
{
    /// <inheritdoc/>
    public override ulong GetPageSizes()
    {
        var info = MemoryMarshal.Read<VfioIommuType1Info>(AskForInfo());
        return (info.Flags & VfioIommuType1Info.FlagPageSizes) != 0 && info.PageSizes != 0
            ? info.PageSizes
            : (ulong)Environment.SystemPageSize;
    }

    /// <inheritdoc/>
    public override IReadOnlyList<IovaRange> GetRanges()
    {
        const int rangesOffset = 8;
        const int rangeSize = 16;

        foreach (var capability in ReadCapabilities())
        {
            if (capability.Id != VfioIommuType1Info.CapabilityIovaRange || capability.Payload.Length < rangesOffset)
                continue;

            var payload = capability.Payload.Span;
            var count = Math.Min(MemoryMarshal.Read<uint>(payload), (payload.Length - rangesOffset) / rangeSize);
            var ranges = new List<IovaRange>();
            for (var i = 0; i < count; i++)
            {
                var start = MemoryMarshal.Read<ulong>(payload[(rangesOffset + i * rangeSize)..]);
                var end = MemoryMarshal.Read<ulong>(payload[(rangesOffset + i * rangeSize + 8)..]);
                if (start <= end)
                    ranges.Add(new IovaRange(new Iova(start), new Iova(end)));
            }

            return ranges;
        }

        // Kernels before 5.4 do not tell (include/uapi/linux/vfio.h); without an IOMMU there is nothing to tell.
        return IsNoIommu ? [] : [new IovaRange(new Iova(0), new Iova(ulong.MaxValue))];
    }

    /// <inheritdoc/>
    public override uint? GetAvailableMappings()
    {
        foreach (var capability in ReadCapabilities())
        {
            if (capability.Id == VfioIommuType1Info.CapabilityDmaAvailable && capability.Payload.Length >= sizeof(uint))
                return MemoryMarshal.Read<uint>(capability.Payload.Span);
        }

        return null;
    }

    /// <inheritdoc/>
    public override unsafe void Map(Iova iova, nuint address, ulong lengthInBytes, DmaAccess access, SafeHandle? file, ulong fileOffset)
    {
        RefuseWithoutIommu();
        var request = new VfioDmaMap
        {
            ArgumentSize = (uint)sizeof(VfioDmaMap),
            Flags = ((access & DmaAccess.Read) != 0 ? VfioDmaMap.FlagRead : 0) | ((access & DmaAccess.Write) != 0 ? VfioDmaMap.FlagWrite : 0),
            Address = address,
            Iova = iova.Value,
            Size = lengthInBytes,
        };
        if (Libc.ioctl(_file, VfioIoctl.IommuMapDma, &request) < 0)
            throw DmaFailure.OfMap(iova, lengthInBytes, Libc.LastErrno);
    }

    /// <inheritdoc/>
    public override unsafe ulong Unmap(Iova iova, ulong lengthInBytes)
    {
        if (IsNoIommu)
            return 0;

        var request = new VfioDmaUnmap { ArgumentSize = (uint)sizeof(VfioDmaUnmap), Iova = iova.Value, Size = lengthInBytes };
        return Libc.ioctl(_file, VfioIoctl.IommuUnmapDma, &request) == 0
            ? request.Size
            : throw DmaFailure.OfUnmap(iova, lengthInBytes, Libc.LastErrno);
    }

    /// <inheritdoc/>
    public override unsafe ulong UnmapAll()
    {
        if (IsNoIommu)
            return 0;

        if (Libc.ioctl(_file, VfioIoctl.CheckExtension, VfioExtension.UnmapAll) <= 0)
            return UnmapBothHalves();

        var request = new VfioDmaUnmap { ArgumentSize = (uint)sizeof(VfioDmaUnmap), Flags = VfioDmaUnmap.FlagAll };
        return Libc.ioctl(_file, VfioIoctl.IommuUnmapDma, &request) == 0
            ? request.Size
            : throw DmaFailure.OfUnmapAll(Libc.LastErrno);
    }

    // Before VFIO_UNMAP_ALL (Linux 5.12) a length cannot span all 2^64 addresses in one request, and a mapping that crosses the middle
    // would be cut, which the kernel refuses.
    private ulong UnmapBothHalves()
    {
        const ulong half = 1UL << 63;
        return Unmap(new Iova(0), half) + Unmap(new Iova(half), half - (ulong)Environment.SystemPageSize);
    }

    private void RefuseWithoutIommu()
    {
        if (IsNoIommu)
        {
            throw new VfioException(
                "map memory for DMA", null, Errno.EOPNOTSUPP,
                "the device was opened without an IOMMU, where it sees physical addresses that a program cannot map; switch the IOMMU on to use DMA.");
        }
    }

    private IReadOnlyList<InfoCapability> ReadCapabilities()
    {
        var answer = AskForInfo();
        var info = MemoryMarshal.Read<VfioIommuType1Info>(answer);
        return (info.Flags & VfioIommuType1Info.FlagCapabilities) != 0 ? InfoCapabilityChain.Read(answer, info.CapabilityOffset) : [];
    }

    private byte[] AskForInfo()
    {
        if (IsNoIommu)
            return new byte[24];
        var errno = VfioQuery.Ask(_file, VfioIoctl.IommuGetInfo, default(VfioIommuType1Info), out var answer);
        return errno == Errno.None ? answer : throw new VfioException("ask the IOMMU what it can map", null, errno);
    }
}
