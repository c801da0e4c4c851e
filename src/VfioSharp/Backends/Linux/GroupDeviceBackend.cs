using System.Text;
using VfioSharp.Backends.Linux.Uapi;
using VfioSharp.Native;

namespace VfioSharp.Backends.Linux;

/// <summary>A function opened through its IOMMU group and a container.</summary>
internal sealed class GroupDeviceBackend : LinuxDeviceBackend
{
    private readonly Type1Container _container;
    private readonly Type1Container.GroupLease _group;

    private GroupDeviceBackend(PciFunctionInfo function, FileDescriptor file, Type1Container container, Type1Container.GroupLease group)
        : base(function, file)
    {
        _container = container;
        _group = group;
    }

    /// <inheritdoc/>
    public override string Name => "group";

    /// <inheritdoc/>
    public override DmaBackend Dma => _container;

    /// <summary>Opens a function.</summary>
    /// <param name="function">What sysfs says of it.</param>
    /// <param name="groupNumber">The function's IOMMU group.</param>
    /// <param name="vfToken">The token that a virtual function shares with its physical function's driver, or null.</param>
    /// <param name="container">The address space; stays the caller's.</param>
    /// <exception cref="VfioException">The group or the device cannot be opened.</exception>
    public static GroupDeviceBackend Open(PciFunctionInfo function, int groupNumber, in Guid? vfToken, Type1Container container)
    {
        var address = function.Address.ToString();
        var group = container.Lease(groupNumber, address);
        try
        {
            return new GroupDeviceBackend(function, GetDeviceFile(group, address, vfToken), container, group);
        }
        catch
        {
            group.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    protected override IReadOnlyList<FileDescriptor> GetGroupsThatProveOwnership(HotResetDescription description) =>
        _container.FindOpenGroups(description.Functions.Where(function => function.IommuGroup.HasValue).Select(function => function.IommuGroup!.Value));

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        base.Dispose(disposing);
        _group.Dispose();
    }

    // The token travels behind the name: drivers/vfio/pci/vfio_pci_core.c, vfio_pci_core_match.
    private static unsafe FileDescriptor GetDeviceFile(Type1Container.GroupLease group, string address, in Guid? vfToken)
    {
        var name = Encoding.ASCII.GetBytes(vfToken is { } token ? $"{address} vf_token={token:D}\0" : $"{address}\0");
        fixed (byte* argument = name)
        {
            var descriptor = Libc.ioctl(group.File, VfioIoctl.GroupGetDeviceFd, argument);
            return descriptor >= 0
                ? new FileDescriptor(descriptor)
                : throw OpenDiagnosis.ExplainDevice(address, vfToken is not null, Libc.LastErrno);
        }
    }
}
