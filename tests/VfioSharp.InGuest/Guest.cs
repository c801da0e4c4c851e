namespace VfioSharp.InGuest;

/// <summary>The guest's devices: their addresses come from the environment that guest/run sets.</summary>
internal static class Guest
{
    /// <summary>The address of a device of this guest; the test is skipped where the guest has none.</summary>
    /// <param name="device">QEMU's name of the device: "nvme", "ivshmem-plain".</param>
    public static string AddressOf(string device)
    {
        var variable = "VFIO_" + device.ToUpperInvariant().Replace('-', '_');
        var address = Environment.GetEnvironmentVariable(variable);
        Assert.SkipWhen(string.IsNullOrEmpty(address), $"this guest has no {device} ({variable} is not set)");
        return address!;
    }

    /// <summary>Opens a device of this guest the way that its kernel offers.</summary>
    /// <param name="device">QEMU's name of the device.</param>
    /// <param name="options">How.</param>
    public static VfioDevice Open(string device, VfioOptions? options = null) => VfioDevice.Open(AddressOf(device), options);

    /// <summary>Whether this guest's kernel has iommufd.</summary>
    public static bool HasIommufd => File.Exists("/dev/iommu");
}
