using VfioSharp.Backends.Linux.Uapi;
using VfioSharp.Native;

namespace VfioSharp.Backends.Linux;

/// <summary>A function opened by its character device (/dev/vfio/devices/vfioN) and bound to an iommufd context.</summary>
internal sealed class CdevDeviceBackend : LinuxDeviceBackend
{
    private readonly IommufdAddressSpace _addressSpace;

    private CdevDeviceBackend(PciFunctionInfo function, FileDescriptor file, IommufdAddressSpace addressSpace)
        : base(function, file) => _addressSpace = addressSpace;

    /// <inheritdoc/>
    public override string Name => "iommufd";

    /// <inheritdoc/>
    public override DmaBackend Dma => _addressSpace;

    /// <summary>Opens a function.</summary>
    /// <param name="function">What sysfs says of it.</param>
    /// <param name="path">Its character device.</param>
    /// <param name="vfToken">The token that a virtual function shares with its physical function's driver, or null.</param>
    /// <param name="addressSpace">The address space; stays the caller's.</param>
    /// <exception cref="VfioException">The device cannot be opened, bound or attached.</exception>
    public static CdevDeviceBackend Open(PciFunctionInfo function, string path, in Guid? vfToken, IommufdAddressSpace addressSpace)
    {
        var address = function.Address.ToString();
        var file = Libc.open(path, Libc.O_RDWR | Libc.O_CLOEXEC);
        try
        {
            if (file.IsInvalid)
                throw OpenDiagnosis.ExplainFile(path, address, Libc.LastErrno);
            Bind(file, path, address, vfToken, addressSpace);
            Attach(file, address, addressSpace);
            return new CdevDeviceBackend(function, file, addressSpace);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    /// <remarks>Ownership follows from the iommufd context; the kernel refuses group descriptors from such a device.</remarks>
    protected override IReadOnlyList<FileDescriptor> GetGroupsThatProveOwnership(HotResetDescription description) => [];

    private static unsafe void Bind(FileDescriptor file, string path, string address, in Guid? vfToken, IommufdAddressSpace addressSpace)
    {
        // uuid_t is the sixteen bytes in the order in which they are written, which .NET calls big-endian.
        var tokenBytes = stackalloc byte[16];
        vfToken.GetValueOrDefault().TryWriteBytes(new Span<byte>(tokenBytes, 16), bigEndian: true, out _);
        var request = new VfioDeviceBindIommufd
        {
            ArgumentSize = vfToken is null ? VfioDeviceBindIommufd.SizeWithoutToken : (uint)sizeof(VfioDeviceBindIommufd),
            Flags = vfToken is null ? 0 : VfioDeviceBindIommufd.FlagToken,
            Iommufd = addressSpace.File.Number,
            TokenAddress = vfToken is null ? 0 : (ulong)tokenBytes,
        };
        if (Libc.ioctl(file, VfioIoctl.DeviceBindIommufd, &request) < 0)
            throw OpenDiagnosis.ExplainBinding(address, path, vfToken is not null, Libc.LastErrno);
    }

    private static unsafe void Attach(FileDescriptor file, string address, IommufdAddressSpace addressSpace)
    {
        var request = new VfioDeviceAttachIommufdPt { ArgumentSize = (uint)sizeof(VfioDeviceAttachIommufdPt), PageTableId = addressSpace.Id };
        if (Libc.ioctl(file, VfioIoctl.DeviceAttachIommufdPt, &request) < 0)
        {
            var errno = Libc.LastErrno;
            throw new VfioException("attach the device to its I/O address space", address, errno, OpenDiagnosis.AdviseOnAttaching(errno));
        }
    }
}
