using System.Runtime.InteropServices;
using VfioSharp.Backends.Linux.Uapi;
using VfioSharp.Mmio;
using VfioSharp.Native;
using VfioSharp.Regions;

namespace VfioSharp.Backends.Linux;

internal abstract partial class LinuxDeviceBackend
{
    /// <inheritdoc/>
    public override RegionDescription DescribeRegion(int index)
    {
        var question = new VfioRegionInfo { Index = (uint)index };
        var errno = VfioQuery.Ask(_file, VfioIoctl.DeviceGetRegionInfo, question, out var answer);
        // EINVAL is how vfio-pci says that there is no such region (VGA ranges of a function that is no VGA adapter).
        if (errno == Errno.EINVAL)
            return RegionDescription.Absent(index);
        if (errno != Errno.None)
            throw new VfioException($"ask about region {index}", Address, errno);

        var info = MemoryMarshal.Read<VfioRegionInfo>(answer);
        if (info.Size == 0)
            return RegionDescription.Absent(index) with { FileOffset = info.Offset };
        if (info.Offset > long.MaxValue || info.Size > long.MaxValue - info.Offset)
            throw new VfioException($"believe that region {index} has {info.Size} bytes at file offset {info.Offset}", Address, Errno.EOVERFLOW);

        var capabilities = (info.Flags & VfioRegionInfo.FlagCapabilities) != 0 ? InfoCapabilityChain.Read(answer, info.CapabilityOffset) : [];
        return new RegionDescription(
            index,
            (RegionFlags)(info.Flags & 0xf),
            info.Size,
            info.Offset,
            RegionCapabilities.ReadSparseAreas(capabilities, info.Size),
            RegionCapabilities.ReadType(capabilities),
            RegionCapabilities.ReadMsixMappable(capabilities),
            capabilities);
    }

    /// <inheritdoc/>
    public override unsafe Errno ReadRegion(RegionDescription region, ulong offset, Span<byte> destination)
    {
        fixed (byte* buffer = destination)
            return Transfer(&Libc.pread, buffer, destination.Length, (long)(region.FileOffset + offset));
    }

    /// <inheritdoc/>
    public override unsafe Errno WriteRegion(RegionDescription region, ulong offset, ReadOnlySpan<byte> source)
    {
        fixed (byte* buffer = source)
            return Transfer(&Libc.pwrite, buffer, source.Length, (long)(region.FileOffset + offset));
    }

    /// <inheritdoc/>
    public override DeviceMapping MapRegion(RegionDescription region, ulong offset, ulong lengthInBytes, MappingAccess access) =>
        PageMapping.TryMap(_file, region.FileOffset + offset, lengthInBytes, access, out var errno)
        ?? throw new VfioException(
            $"map {lengthInBytes} bytes at offset 0x{offset:x} of {Region.NameOf(region.Index)}", Address, errno, AdviseOnMapping(errno));

    // The kernel may move a part of what was asked, and is then asked for the rest; nothing at all is the end of the region.
    private unsafe Errno Transfer(delegate*<FileDescriptor, byte*, nuint, long, nint> call, byte* buffer, int lengthInBytes, long position)
    {
        var done = 0;
        while (done < lengthInBytes)
        {
            var result = call(_file, buffer + done, (nuint)(lengthInBytes - done), position + done);
            if (result > 0)
            {
                done += (int)result;
                continue;
            }

            var errno = result == 0 ? Errno.EIO : Libc.LastErrno;
            if (errno != Errno.EINTR)
                return errno;
        }

        return Errno.None;
    }

    // drivers/vfio/pci/vfio_pci_core.c, vfio_pci_core_mmap, and mmap(2).
    private static string? AdviseOnMapping(Errno errno) => errno switch
    {
        Errno.EBUSY => "another part of the kernel holds the BAR, such as the framebuffer of the console; /proc/iomem names it.",
        Errno.ENOMEM => "this process has no address space or mappings left (ulimit -v, sysctl vm.max_map_count), or the kernel cannot map a BAR of that size.",
        Errno.EINVAL => "the kernel maps neither this region nor this part of it.",
        Errno.EACCES or Errno.EPERM => "the kernel or a security module forbids to map it.",
        _ => null,
    };
}
