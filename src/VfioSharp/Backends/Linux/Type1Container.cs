using System.Globalization;
using VfioSharp.Backends.Linux.Uapi;
using VfioSharp.Native;

namespace VfioSharp.Backends.Linux;

/// <summary>
/// A container of VFIO groups with a type 1 IOMMU (/dev/vfio/vfio): one I/O address space for every device of its groups. A group can
/// be open once in the whole system, so the container keeps each for as long as one of its devices is in use.
/// </summary>
internal sealed partial class Type1Container : DmaBackend
{
    /// <summary>The control file of VFIO's containers.</summary>
    public const string ControlPath = "/dev/vfio/vfio";

    private readonly FileDescriptor _file;
    private readonly int _iommuType;
    private readonly Lock _lock = new();
    private readonly Dictionary<int, OpenGroup> _groups = [];

    private Type1Container(FileDescriptor file, int iommuType)
    {
        _file = file;
        _iommuType = iommuType;
    }

    /// <summary>Whether DMA goes through no IOMMU at all, in which case nothing can be mapped here.</summary>
    public bool IsNoIommu => _iommuType == VfioExtension.NoIommu;

    /// <summary>Opens an empty container for devices behind an IOMMU.</summary>
    /// <exception cref="VfioException">VFIO is not there, or the container may not be opened.</exception>
    public static Type1Container Open() => Open(VfioExtension.Type1v2Iommu);

    /// <summary>Opens an empty container for devices without an IOMMU.</summary>
    /// <exception cref="VfioException">VFIO is not there, or has no such mode.</exception>
    public static Type1Container OpenWithoutIommu() => Open(VfioExtension.NoIommu);

    /// <summary>Opens a group, or the same one again, and puts it into the container.</summary>
    /// <param name="number">The IOMMU group.</param>
    /// <param name="device">The device for which it is opened, for messages.</param>
    /// <returns>The group; disposing of it gives it back.</returns>
    /// <exception cref="VfioException">The group cannot be opened, is not viable, or does not fit into the container.</exception>
    public GroupLease Lease(int number, string device)
    {
        lock (_lock)
        {
            if (_groups.TryGetValue(number, out var open))
            {
                open.Leases++;
                return new GroupLease(this, number, open.File);
            }

            var path = (IsNoIommu ? "/dev/vfio/noiommu-" : "/dev/vfio/") + number.ToString(CultureInfo.InvariantCulture);
            var file = Libc.open(path, Libc.O_RDWR | Libc.O_CLOEXEC);
            try
            {
                if (file.IsInvalid)
                    throw OpenDiagnosis.ExplainFile(path, device, Libc.LastErrno);
                CheckViable(file, number, device);
                Attach(file, number, device);
            }
            catch
            {
                file.Dispose();
                throw;
            }

            _groups.Add(number, new OpenGroup(file));
            return new GroupLease(this, number, file);
        }
    }

    /// <summary>The open groups among some, as proof of ownership.</summary>
    /// <param name="numbers">IOMMU groups.</param>
    /// <returns>The descriptors of those that are open here.</returns>
    public IReadOnlyList<FileDescriptor> FindOpenGroups(IEnumerable<int> numbers)
    {
        lock (_lock)
            return [.. numbers.Distinct().Where(_groups.ContainsKey).Select(number => _groups[number].File)];
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        lock (_lock)
        {
            foreach (var group in _groups.Values)
                group.File.Dispose();
            _groups.Clear();
        }

        _file.Dispose();
    }

    private static Type1Container Open(int iommuType)
    {
        var file = Libc.open(ControlPath, Libc.O_RDWR | Libc.O_CLOEXEC);
        try
        {
            if (file.IsInvalid)
                throw OpenDiagnosis.ExplainFile(ControlPath, null, Libc.LastErrno);
            var version = Libc.ioctl(file, VfioIoctl.GetApiVersion, 0);
            if (version != VfioIoctl.ApiVersion)
                throw new VfioException($"use {ControlPath}", null, Errno.None, $"it speaks version {version} of VFIO's interface; this library speaks {VfioIoctl.ApiVersion}.");
            if (Libc.ioctl(file, VfioIoctl.CheckExtension, iommuType) <= 0)
            {
                throw new VfioException($"use {ControlPath}", null, Errno.EOPNOTSUPP, iommuType == VfioExtension.NoIommu
                    ? "the kernel does not allow devices without an IOMMU; load vfio with enable_unsafe_noiommu_mode=1 (CONFIG_VFIO_NOIOMMU)."
                    : "it has no type 1 IOMMU; load vfio_iommu_type1, and switch the IOMMU on (intel_iommu=on on Intel).");
            }

            return new Type1Container(file, iommuType);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    private static unsafe void CheckViable(FileDescriptor group, int number, string device)
    {
        var status = new VfioGroupStatus { ArgumentSize = (uint)sizeof(VfioGroupStatus) };
        if (Libc.ioctl(group, VfioIoctl.GroupGetStatus, &status) < 0)
        {
            var errno = Libc.LastErrno;
            throw new VfioException($"ask for the status of IOMMU group {number}", device, errno);
        }

        if ((status.Flags & VfioGroupStatus.FlagViable) == 0)
            throw OpenDiagnosis.ExplainGroup(number, device);
    }

    // The kernel wants a group in the container before it takes the kind of IOMMU, and takes the kind once.
    private unsafe void Attach(FileDescriptor group, int number, string device)
    {
        var container = _file.Number;
        if (Libc.ioctl(group, VfioIoctl.GroupSetContainer, &container) < 0)
        {
            var errno = Libc.LastErrno;
            throw new VfioException(
                $"put IOMMU group {number} into the container", device, errno, OpenDiagnosis.AdviseOnContainer(errno, _groups.Count > 0));
        }

        if (_groups.Count == 0 && Libc.ioctl(_file, VfioIoctl.SetIommu, _iommuType) < 0)
        {
            var errno = Libc.LastErrno;
            throw new VfioException($"set up the IOMMU for group {number}", device, errno, OpenDiagnosis.AdviseOnIommu(errno));
        }
    }

    private void Return(int number)
    {
        lock (_lock)
        {
            // A group that is not there was closed with the container.
            if (_groups.TryGetValue(number, out var open) && --open.Leases == 0)
            {
                _groups.Remove(number);
                open.File.Dispose();
            }
        }
    }

    /// <summary>The use of a group by one device. Disposing of it twice gives it back once.</summary>
    internal sealed class GroupLease : IDisposable
    {
        private Type1Container? _container;

        internal GroupLease(Type1Container container, int number, FileDescriptor file)
        {
            _container = container;
            Number = number;
            File = file;
        }

        /// <summary>The IOMMU group.</summary>
        public int Number { get; }

        /// <summary>The group's file; the container's own.</summary>
        public FileDescriptor File { get; }

        public void Dispose() => Interlocked.Exchange(ref _container, null)?.Return(Number);
    }

    private sealed class OpenGroup(FileDescriptor file)
    {
        public FileDescriptor File { get; } = file;

        public int Leases { get; set; } = 1;
    }
}
