using VfioSharp.Backends;

namespace VfioSharp.InGuest;

/// <summary>
/// A physical function and one of its virtual functions, both in VFIO's hands. Explicit: it needs a kernel that lets VFIO manage virtual
/// functions (vfio_pci.enable_sriov=1).
/// </summary>
public sealed class VfTokenTests
{
    [Fact(Explicit = true)]
    public async Task A_virtual_function_opens_with_the_token_that_its_physical_function_set_and_not_without()
    {
        var address = Guest.AddressOf("igb");
        var token = Guid.NewGuid();
        using var physical = VfioDevice.Open(address);
        Assert.True(physical.HasFeature(DeviceFeature.PciVfToken, DeviceFeatureOperations.Set));
        physical.SetVfToken(token);
        await File.WriteAllTextAsync($"/sys/bus/pci/devices/{address}/sriov_numvfs", "1");
        try
        {
            var virtualAddress = Path.GetFileName(Directory.GetDirectories("/sys/bus/pci/devices").Single(function => Directory.Exists($"{function}/physfn")));
            Assert.Equal(Errno.EACCES, Assert.Throws<VfioException>(() => Open(virtualAddress, physical, null)).Errno);
            Assert.Equal(Errno.EACCES, Assert.Throws<VfioException>(() => Open(virtualAddress, physical, Guid.NewGuid())).Errno);
            using var function = Open(virtualAddress, physical, token);
            Assert.Equal(physical.Config.VendorId, function.Config.VendorId);
        }
        finally
        {
            await File.WriteAllTextAsync($"/sys/bus/pci/devices/{address}/sriov_numvfs", "0");
        }
    }

    // One address space, since both may sit in one IOMMU group, which a process can have open once.
    private static VfioDevice Open(string address, VfioDevice physical, in Guid? token) =>
        VfioDevice.Open(address, new VfioOptions { ShareDmaWith = physical.Dma, VfToken = token });
}
