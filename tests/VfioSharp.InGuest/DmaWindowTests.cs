using VfioSharp.Dma;

namespace VfioSharp.InGuest;

/// <summary>The I/O addresses that a kernel gives away, and those that it does not.</summary>
public sealed class DmaWindowTests
{
    private const ulong PageInBytes = 4096;

    [Fact]
    public void A_fixed_address_just_outside_of_the_ranges_is_refused()
    {
        using var device = Guest.Open("nvme");
        using var buffer = DmaBuffer.Allocate((long)PageInBytes);
        var end = device.Dma.Ranges[^1].End.Value;
        var outside = device.Dma.Ranges[0].Start.Value >= PageInBytes ? device.Dma.Ranges[0].Start.Value - PageInBytes : end + 1;
        Assert.NotEqual(0ul, outside);
        Assert.Throws<VfioException>(() => device.Dma.Map(buffer, new DmaMapOptions { Fixed = new Iova(outside) }));
        Assert.Equal(0, device.Dma.MappingCount);
    }

    // QEMU's zPCI: the window begins at 4 GiB and is as long as the guest's memory (hw/s390x/s390-pci-bus.c, s390_pci_init_default_group).
    [Fact]
    public void On_IBM_Z_the_window_is_the_one_of_the_function_and_address_0_is_refused()
    {
        Assert.SkipUnless(Guest.IsIbmZ, "this guest is no IBM Z");
        using var device = Guest.Open("nvme");
        var range = Assert.Single(device.Dma.Ranges);
        Assert.Equal(0x1_0000_0000ul, range.Start.Value);
        Assert.Equal(0x1_1fff_fffful, range.End.Value);

        using var buffer = DmaBuffer.Allocate((long)PageInBytes);
        Assert.Throws<VfioException>(() => device.Dma.Map(buffer, new DmaMapOptions { Fixed = new Iova(0) }));
        using var mapping = device.Dma.Map(buffer);
        Assert.True(range.Contains(mapping.Iova, PageInBytes));
    }
}
