using VfioSharp.Backends.VfioUser.Wire;
using VfioSharp.Conformance.Trials;
using VfioSharp.Native;

namespace VfioSharp.Conformance.Server.Cases;

/// <summary>DEVICE_GET_REGION_INFO, its capabilities and descriptors.</summary>
internal static class RegionInfoCases
{
    private const VfioUserCommand Info = VfioUserCommand.DeviceGetRegionInfo;
    private const ulong PageSize = 4096;

    public static IEnumerable<ServerCase> All()
    {
        var group = new CaseGroup("device_get_region_info", "VFIO_USER_DEVICE_GET_REGION_INFO", "device_get_region_info");
        group.Must(
            "short_write", "a request of 8 bytes is refused",
            trial => trial.Open().Refuse(Info, new byte[8], Errno.EINVAL), mirrors: "device_get_region_info_short_write");
        group.Must(
            "bad_argsz", "an argsz of less than the fixed part is refused",
            trial => trial.Open().Refuse(Info, Requests.RegionInfo(0, 8), Errno.EINVAL), mirrors: "device_get_region_info_bad_argsz");
        group.Must(
            "bad_index", "an index that the device has not is refused",
            trial => trial.Open().Refuse(Info, Requests.RegionInfo(trial.Device.RegionCount), Errno.EINVAL),
            mirrors: "device_get_region_info_bad_index");
        group.Must(
            "bad_index_max", "index 4294967295 is refused",
            trial => trial.Open().Refuse(Info, Requests.RegionInfo(uint.MaxValue), Errno.EINVAL));
        group.Must(
            "larger_argsz", "a larger argsz gets no longer a reply than there is to say",
            LargerArgsz, mirrors: "device_get_region_info_larger_argsz");
        group.Must("longer_request", "bytes behind the fixed part of a request are passed over", trial =>
        {
            var peer = trial.Open();
            peer.Accept(Info, [.. Requests.RegionInfo(Numbers.ConfigRegion, 80), .. new byte[48]]);
        });
        group.Must("each_region", "each region is described with its index and flags that exist", EachRegion);
        group.Must(
            "small_argsz_caps", "where capabilities do not fit argsz, the fixed part alone comes and says the argsz that is needed",
            SmallArgszCaps, DeviceNeed.SparseRegion, "device_get_region_info_small_argsz_caps");
        group.Must(
            "small_argsz_cap_offset", "a short reply that says VFIO_REGION_INFO_FLAG_CAPS has a cap_offset of at least 32",
            SmallArgszCapOffset, DeviceNeed.SparseRegion);
        group.Must("caps", "sparse areas lie within their region", Caps, DeviceNeed.SparseRegion, "device_get_region_info_caps");
        group.Must("sparse_areas_aligned", "sparse areas begin and end at pages", SparseAligned, DeviceNeed.SparseRegion);
        group.Must("sparse_areas_apart", "sparse areas do not overlap", SparseApart, DeviceNeed.SparseRegion);
        group.Must("mappable_has_fd", "a region that can be mapped comes with a descriptor", MappableHasFd, DeviceNeed.MmapFlag);
        group.Habit("mappable_has_one_fd", "a region that can be mapped comes with just one descriptor", trial =>
        {
            foreach (var region in trial.Device.Regions.Where(region => region.IsMappable))
                Expect.That(region.FdCount == 1, $"{region.FdCount} descriptors came with region {region.Index}.");
        }, DeviceNeed.MappableRegion);
        group.Must(
            "mappable_can_be_mapped", "the descriptor can be mapped at the offset that the reply says",
            CanBeMapped, DeviceNeed.MappableRegion);
        group.Must("mappable_is_the_region", "what is read by a message is what the descriptor's file holds", SameBytes, DeviceNeed.MappableRegion);
        group.Must("unmappable_has_no_fd", "a region that cannot be mapped comes without a descriptor", trial =>
        {
            foreach (var region in trial.Device.Regions.Where(region => (region.Flags & Numbers.RegionMmap) == 0))
                Expect.That(
                    region.FdCount == 0,
                    $"{region.FdCount} descriptors came with region {region.Index}, which has no VFIO_REGION_INFO_FLAG_MMAP.");
        });
        group.Must(
            "config_space", "the configuration space (index 7) can be read and written and has 256 or 4096 bytes",
            ConfigSpace, mirrors: "device_get_pci_config_space_info_implicit_pci_init");
        group.Must("repeated", "the same question gets the same answer", trial =>
        {
            var peer = trial.Open();
            var first = peer.Accept(Info, Requests.RegionInfo(Numbers.ConfigRegion));
            Expect.Equal(first.Payload, peer.Accept(Info, Requests.RegionInfo(Numbers.ConfigRegion)).Payload, "the second answer");
        });

        var empty = new CaseGroup("device_get_region_info_zero_size", "VFIO_USER_DEVICE_GET_REGION_INFO", "device_get_region_info_zero_size");
        empty.Must(
            "zero_sized_region", "a region of size 0 has no capabilities and no descriptor",
            ZeroSize, DeviceNeed.EmptyRegion, "device_get_region_info_zero_sized_region");
        return [.. group.Cases, .. empty.Cases];
    }

    private static void LargerArgsz(ServerTrial trial)
    {
        var reply = trial.Open().Accept(Info, Requests.RegionInfo(Numbers.ConfigRegion, 4096));
        Expect.Equal((ulong)reply.Payload.Length, reply.U32(0), "argsz of the reply");
    }

    private static void EachRegion(ServerTrial trial)
    {
        var peer = trial.Open();
        for (var index = 0u; index < trial.Device.RegionCount; index++)
        {
            var reply = peer.Accept(Info, Requests.RegionInfo(index, 4096));
            Expect.Equal(index, reply.U32(8), "the index of the reply");
            Expect.That((reply.U32(4) & ~0xfu) == 0, $"the flags of region {index} are 0x{reply.U32(4):x}.");
            Expect.Equal((ulong)reply.Payload.Length, reply.U32(0), $"argsz of the reply of region {index}");
            Expect.That(reply.U64(16) <= ulong.MaxValue - reply.U64(24), $"offset and size of region {index} overflow 64 bits.");
        }
    }

    private static void SmallArgszCaps(ServerTrial trial)
    {
        var region = trial.Device.SparseRegion!;
        var reply = trial.Open().Accept(Info, Requests.RegionInfo(region.Index)).OfLength(32);
        Expect.Equal(region.ArgumentSize, reply.U32(0), "argsz of the short reply");
        Expect.Equal(region.Size, reply.U64(16), "the size of the region in the short reply");
    }

    private static void SmallArgszCapOffset(ServerTrial trial)
    {
        var reply = trial.Open().Accept(Info, Requests.RegionInfo(trial.Device.SparseRegion!.Index));
        if ((reply.U32(4) & Numbers.RegionCaps) != 0)
            Expect.That(reply.U32(12) >= 32, $"cap_offset of the short reply is {reply.U32(12)}; QEMU refuses the device.");
    }

    private static void Caps(ServerTrial trial)
    {
        foreach (var region in trial.Device.Regions)
        {
            foreach (var (offset, size) in region.Areas)
                Expect.That(
                    size <= region.Size && offset <= region.Size - size,
                    $"the area 0x{offset:x}+0x{size:x} lies outside of region {region.Index}, which has 0x{region.Size:x} bytes.");
        }
    }

    private static void SparseAligned(ServerTrial trial)
    {
        foreach (var (offset, size) in trial.Device.Regions.SelectMany(region => region.Areas))
            Expect.That((offset | size) % PageSize == 0, $"the area 0x{offset:x}+0x{size:x} is not made of pages.");
    }

    private static void SparseApart(ServerTrial trial)
    {
        foreach (var region in trial.Device.Regions)
        {
            var end = 0ul;
            foreach (var (offset, size) in region.Areas.Where(area => area.Size != 0).OrderBy(area => area.Offset))
            {
                Expect.That(offset >= end, $"the area 0x{offset:x}+0x{size:x} of region {region.Index} overlaps the one before it.");
                end = offset + size;
            }
        }
    }

    private static void MappableHasFd(ServerTrial trial)
    {
        foreach (var region in trial.Device.Regions.Where(region => (region.Flags & Numbers.RegionMmap) != 0 && region.Size != 0))
            Expect.That(region.FdCount != 0, $"no descriptor came with region {region.Index}, though its flags are 0x{region.Flags:x}.");
    }

    // The parts that can be mapped: the sparse areas, or all of it.
    private static IEnumerable<(SurveyedRegion Region, ulong Offset, ulong Size)> Mappable(DeviceSurvey device) =>
        from region in device.Regions
        where region.IsMappable
        from area in region.Areas.Count == 0 ? [(Offset: 0ul, Size: region.Size)] : region.Areas
        where area.Size != 0
        select (region, area.Offset, area.Size);

    private static unsafe void CanBeMapped(ServerTrial trial)
    {
        var peer = trial.Open();
        foreach (var (region, offset, size) in Mappable(trial.Device))
        {
            var reply = peer.Accept(Info, Requests.RegionInfo(region.Index, region.ArgumentSize));
            var length = (nuint)Math.Min(size, PageSize);
            var protection = ((region.Flags & Numbers.RegionRead) != 0 ? Libc.PROT_READ : 0) | ((region.Flags & Numbers.RegionWrite) != 0 ? Libc.PROT_WRITE : 0);
            // Not touched: the file may be shorter than the server says.
            var address = Libc.mmap(null, length, protection, Libc.MAP_SHARED, reply.Fds[0], (long)(region.Offset + offset));
            Expect.That(address != Libc.MapFailed, $"mmap of region {region.Index} at 0x{region.Offset + offset:x} fails ({Libc.LastErrno}).");
            _ = Libc.munmap(address, length);
        }
    }

    private static unsafe void SameBytes(ServerTrial trial)
    {
        var peer = trial.Open();
        var compared = 0;
        foreach (var (region, offset, _) in Mappable(trial.Device))
        {
            var fd = peer.Accept(Info, Requests.RegionInfo(region.Index, region.ArgumentSize)).Fds[0];
            ulong before, after;
            if (Libc.pread(fd, (byte*)&before, 8, (long)(region.Offset + offset)) != 8)
                continue;
            var read = peer.Accept(VfioUserCommand.RegionRead, Requests.RegionRead(region.Index, offset, 8)).OfLength(24).U64(16);
            // A device may write there at any time: only what stood still can be compared.
            if (Libc.pread(fd, (byte*)&after, 8, (long)(region.Offset + offset)) != 8 || before != after)
                continue;
            Expect.Equal(before, read, $"what a message reads of region {region.Index} at 0x{offset:x}");
            compared++;
        }

        if (compared == 0)
            throw new CaseSkippedException("the descriptors are no files that can be read, or the device keeps writing there");
    }

    private static void ConfigSpace(ServerTrial trial)
    {
        var region = trial.Device.Region(Numbers.ConfigRegion);
        Expect.That(region is not null, "the device has no region 7.");
        Expect.That(region.Size is 256 or 4096, $"the configuration space has {region.Size} bytes.");
        Expect.Equal(
            Numbers.RegionRead | Numbers.RegionWrite,
            region.Flags & (Numbers.RegionRead | Numbers.RegionWrite), "read and write of its flags");
    }

    private static void ZeroSize(ServerTrial trial)
    {
        var region = trial.Device.EmptyRegion!;
        var reply = trial.Open().Accept(Info, Requests.RegionInfo(region.Index, 4096)).OfLength(32).WithFds(0);
        Expect.Equal(0, reply.U32(4) & (Numbers.RegionMmap | Numbers.RegionCaps), "mappable and capabilities of the flags");
        Expect.Equal(0, reply.U32(12), "cap_offset");
        Expect.Equal(0, reply.U64(16), "the size");
    }
}
