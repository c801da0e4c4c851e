using VfioSharp.Backends.Linux.Uapi;
using VfioSharp.Native;

namespace VfioSharp.InGuest.KernelSelftests;

#pragma warning disable IDE1006, CA1707 // the kernel's own names

/// <summary>
/// Mirrors tools/testing/selftests/vfio/vfio_iommufd_setup_test.c with the library's own structures and request numbers: what the kernel
/// takes and refuses on the way from a character device to an attached function.
/// </summary>
public sealed unsafe class vfio_iommufd_setup_test : IDisposable
{
    private readonly FileDescriptor _device;
    private readonly FileDescriptor _iommufd;

    public vfio_iommufd_setup_test()
    {
        Assert.SkipUnless(Guest.HasIommufd, "this kernel has no iommufd (/dev/iommu)");
        var folder = $"/sys/bus/pci/devices/{Guest.AddressOf("nvme")}/vfio-dev";
        var name = Path.GetFileName(Assert.Single(Directory.GetDirectories(folder)));
        _device = Libc.open($"/dev/vfio/devices/{name}", Libc.O_RDWR | Libc.O_CLOEXEC);
        _iommufd = Libc.open("/dev/iommu", Libc.O_RDWR | Libc.O_CLOEXEC);
        Assert.False(_device.IsInvalid);
        Assert.False(_iommufd.IsInvalid);
    }

    public void Dispose()
    {
        _device?.Dispose();
        _iommufd?.Dispose();
    }

    [Fact]
    public void bind()
    {
        Assert.Equal(0, Bind(_iommufd.Number));
        Assert.Equal(0, GetInfo());
    }

    [Fact]
    public void get_info_without_bind_fails() => Assert.NotEqual(0, GetInfo());

    [Fact]
    public void bind_bad_iommufd_fails() => Assert.NotEqual(0, Bind(-2));

    [Fact]
    public void repeated_bind_fails()
    {
        Assert.Equal(0, Bind(_iommufd.Number));
        Assert.NotEqual(0, Bind(_iommufd.Number));
    }

    [Fact]
    public void attach_detatch_pt()
    {
        Assert.Equal(0, Bind(_iommufd.Number));
        var alloc = new IommuIoasAlloc { Size = (uint)sizeof(IommuIoasAlloc) };
        Assert.Equal(0, Libc.ioctl(_iommufd, IommufdIoctl.IoasAlloc, &alloc));
        Assert.Equal(0, Attach(alloc.IoasId));
        // VFIO_DEVICE_DETACH_IOMMUFD_PT takes argsz and flags; closing the device detaches it, so that the library has no use for it.
        var detach = new VfioGroupStatus { ArgumentSize = (uint)sizeof(VfioGroupStatus) };
        Assert.Equal(0, Libc.ioctl(_device, VfioIoctl.DeviceAttachIommufdPt + 1, &detach));
    }

    [Fact]
    public void attach_invalid_pt_fails()
    {
        Assert.Equal(0, Bind(_iommufd.Number));
        Assert.NotEqual(0, Attach(uint.MaxValue));
    }

    private int Bind(int iommufd)
    {
        var request = new VfioDeviceBindIommufd { ArgumentSize = VfioDeviceBindIommufd.SizeWithoutToken, Iommufd = iommufd };
        return Libc.ioctl(_device, VfioIoctl.DeviceBindIommufd, &request);
    }

    private int GetInfo()
    {
        var request = new VfioDeviceInfo { ArgumentSize = (uint)sizeof(VfioDeviceInfo) };
        return Libc.ioctl(_device, VfioIoctl.DeviceGetInfo, &request);
    }

    private int Attach(uint id)
    {
        var request = new VfioDeviceAttachIommufdPt { ArgumentSize = (uint)sizeof(VfioDeviceAttachIommufdPt), PageTableId = id };
        return Libc.ioctl(_device, VfioIoctl.DeviceAttachIommufdPt, &request);
    }
}
