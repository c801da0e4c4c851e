using System.Runtime.InteropServices;
using VfioSharp.Backends.Linux.Uapi;
using VfioSharp.Backends.VfioUser.Wire;
using VfioSharp.Mmio;
using VfioSharp.Native;
using VfioSharp.Regions;

namespace VfioSharp.Backends.VfioUser;

internal sealed partial class VfioUserDeviceBackend
{
    // Room for the fixed part and far more sparse areas than a region has.
    private const uint LongestRegionInfoInBytes = 64 << 10;
    private const int RegionInfoSizeInBytes = 32;

    private readonly object _regionGate = new();
    private readonly Dictionary<int, SharedRegion> _regions = [];
    private readonly List<WeakReference<PageMapping>> _mappings = [];
    private bool _areMappingsTakenAway;

    /// <inheritdoc/>
    public override RegionDescription DescribeRegion(int index) => FindRegion(index).Description;

    /// <inheritdoc/>
    public override Errno ReadRegion(RegionDescription region, ulong offset, Span<byte> destination)
    {
        var errno = _connection.Read((uint)region.Index, offset, destination);
        return errno != Errno.None && HasPlaced(region.Index) ? _connection.Read((uint)region.Index, offset, destination) : errno;
    }

    /// <inheritdoc/>
    public override Errno WriteRegion(RegionDescription region, ulong offset, ReadOnlySpan<byte> source)
    {
        var mayBePosted = region.Index != (int)RegionIndex.Config;
        var errno = _connection.Write((uint)region.Index, offset, source, mayBePosted);
        return errno != Errno.None && HasPlaced(region.Index) ? _connection.Write((uint)region.Index, offset, source, mayBePosted) : errno;
    }

    /// <inheritdoc/>
    public override DeviceMapping MapRegion(RegionDescription region, ulong offset, ulong lengthInBytes, MappingAccess access)
    {
        var operation = $"map {lengthInBytes} bytes at offset 0x{offset:x} of {Region.NameOf(region.Index)}";
        var shared = FindRegion(region.Index);
        if (shared.File is not { } file)
            throw new VfioException(operation, _connection.Device, Errno.ENODEV, "the server gave no descriptor of its memory.");
        RequireBacked(operation, shared, Math.Min(lengthInBytes, region.SizeInBytes - offset) + offset);
        var mapping = PageMapping.TryMap(file, shared.FileOffset + offset, lengthInBytes, access, out var errno)
            ?? throw new VfioException(operation, _connection.Device, errno, AdviseOnMapping(errno));
        lock (_regionGate)
        {
            if (!_areMappingsTakenAway)
            {
                _mappings.RemoveAll(reference => !reference.TryGetTarget(out var other) || other.IsDisposed);
                _mappings.Add(new WeakReference<PageMapping>(mapping));
                return mapping;
            }
        }

        mapping.Dispose();
        throw _connection.Failed(operation);
    }

    private SharedRegion FindRegion(int index)
    {
        lock (_regionGate)
        {
            if (_regions.TryGetValue(index, out var known))
                return known;
        }

        // Asked outside of the gate, which the end of the connection needs. Of two that ask at the same time the first counts.
        var region = AskForRegion(index);
        lock (_regionGate)
        {
            if (_regions.TryGetValue(index, out var known))
            {
                region.Dispose();
                return known;
            }

            _regions.Add(index, region);
            return region;
        }
    }

    private SharedRegion AskForRegion(int index)
    {
        var operation = $"ask about region {index}";
        var errno = AskForRegion(operation, index, RegionInfoSizeInBytes, out var answer, out var files);
        FileDescriptor? kept = null;
        try
        {
            if (errno == Errno.None && MemoryMarshal.Read<VfioRegionInfo>(answer).ArgumentSize is var needed and > RegionInfoSizeInBytes)
            {
                if (needed > LongestRegionInfoInBytes)
                    throw _connection.Distrust(operation, $"it wants {needed} bytes to describe region {index}");
                // The descriptors come with each answer.
                Dispose(files, null);
                files = [];
                errno = AskForRegion(operation, index, needed, out answer, out files);
            }

            // The answer to a number that no region has, where the device has fewer than it says.
            if (errno == Errno.EINVAL)
                return new SharedRegion(RegionDescription.Absent(index), null, 0);
            if (errno != Errno.None)
                throw new VfioException(operation, _connection.Device, errno);
            var region = Read(operation, index, answer, files);
            kept = region.File;
            return region;
        }
        finally
        {
            Dispose(files, kept);
        }
    }

    private Errno AskForRegion(string operation, int index, uint argumentSize, out byte[] answer, out FileDescriptor[] files)
    {
        var question = new VfioRegionInfo { ArgumentSize = argumentSize, Index = (uint)index };
        return _connection.Ask(
            operation,
            VfioUserCommand.DeviceGetRegionInfo,
            MemoryMarshal.AsBytes(MemoryMarshal.CreateReadOnlySpan(ref question, 1)),
            [],
            (RegionInfoSizeInBytes, (int)argumentSize),
            out answer,
            VfioUserConnection.MostFds,
            out files);
    }

    private SharedRegion Read(string operation, int index, byte[] answer, FileDescriptor[] files)
    {
        var info = MemoryMarshal.Read<VfioRegionInfo>(answer);
        if (info.Index != (uint)index)
            throw _connection.Distrust(operation, $"it was asked about region {index} and describes region {info.Index}");
        var capabilities = (info.Flags & VfioRegionInfo.FlagCapabilities) != 0 ? InfoCapabilityChain.Read(answer, info.CapabilityOffset) : [];
        var areas = RegionCapabilities.ReadSparseAreas(capabilities, info.Size);
        // One, says the specification; but libvfio-user gave one for each sparse area until 2024, and the one in QEMU's source still does.
        if (files.Length > Math.Max(1, areas.Count))
            throw _connection.Distrust(operation, $"it gives {files.Length} descriptors of region {index}, which has {areas.Count} areas");
        if (info.Size == 0)
            return new SharedRegion(RegionDescription.Absent(index), null, 0);
        if (info.Offset > long.MaxValue || info.Size > long.MaxValue - info.Offset)
            throw _connection.Distrust(operation, $"it says that region {index} has {info.Size} bytes at offset {info.Offset} of its file");

        var flags = (RegionFlags)(info.Flags & 0xf);
        // Without a file nothing can be mapped; and a list of areas of which none can be believed is not one that allows everything.
        var isShared = AreOne(files) && (flags & RegionFlags.Mmap) != 0 && (areas.Count > 0 || !RegionCapabilities.HasSparseAreas(capabilities));
        if (!isShared)
            flags &= ~RegionFlags.Mmap;
        // Each region has a file of its own, so that none ends where another begins.
        var description = new RegionDescription(
            index,
            flags,
            info.Size,
            FileOffset: 0,
            areas,
            RegionCapabilities.ReadType(capabilities),
            RegionCapabilities.ReadMsixMappable(capabilities),
            capabilities);
        return new SharedRegion(description, isShared ? files[0] : null, info.Offset);
    }

    // Whether there is a file, and no other beside it: which area would then be whose is nowhere said.
    private static bool AreOne(FileDescriptor[] files)
    {
        if (files.Length < 2)
            return files.Length == 1;
        var first = IdentityOf(files[0]);
        return first is not null && Array.TrueForAll(files, file => IdentityOf(file) == first);
    }

    private static unsafe (uint Major, uint Minor, ulong Inode)? IdentityOf(FileDescriptor file)
    {
        Libc.FileStatus status;
        return Libc.statx(file, string.Empty, Libc.AT_EMPTY_PATH, Libc.STATX_BASIC_STATS, &status) == 0
            ? (status.DeviceMajor, status.DeviceMinor, status.Inode)
            : null;
    }

    private static void Dispose(FileDescriptor[] files, FileDescriptor? except)
    {
        foreach (var file in files)
        {
            if (!ReferenceEquals(file, except))
                file.Dispose();
        }
    }

    // A file that ends before the region does would fault there. A server that cuts it later makes accesses fault, which the guard recovers.
    private unsafe void RequireBacked(string operation, SharedRegion shared, ulong end)
    {
        Libc.FileStatus status;
        if (Libc.statx(shared.File!, string.Empty, Libc.AT_EMPTY_PATH, Libc.STATX_BASIC_STATS, &status) != 0)
            throw new VfioException(operation, _connection.Device, Libc.LastErrno, "the file that the server gave of its memory does not say how long it is.");
        if ((status.Mode & Libc.S_IFMT) == Libc.S_IFREG && shared.FileOffset + end > status.Size)
        {
            throw new VfioException(
                operation, _connection.Device, Errno.EOVERFLOW,
                $"the file that the server gave of its memory has {status.Size} bytes, and {shared.FileOffset + end} are needed.");
        }
    }

    private void TakeMappingsAway()
    {
        lock (_regionGate)
        {
            _areMappingsTakenAway = true;
            foreach (var reference in _mappings)
            {
                if (reference.TryGetTarget(out var mapping))
                    mapping.TakeAway();
            }

            _mappings.Clear();
        }
    }

    private void DisposeRegions()
    {
        lock (_regionGate)
        {
            foreach (var region in _regions.Values)
                region.Dispose();
            _regions.Clear();
        }
    }

    private static string? AdviseOnMapping(Errno errno) => errno switch
    {
        Errno.EACCES or Errno.EPERM => "the server gave a descriptor that does not allow what the region's flags say.",
        Errno.ENODEV => "the server gave a descriptor of something that cannot be mapped.",
        Errno.EINVAL => "the region does not begin at a page of the file that the server gave.",
        Errno.ENOMEM => "this process has no address space or mappings left (ulimit -v, sysctl vm.max_map_count).",
        _ => null,
    };
}
