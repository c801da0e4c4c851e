using System.Globalization;
using VfioSharp.Config;
using VfioSharp.InGuest.Mio;
using VfioSharp.Interrupts;
using VfioSharp.Regions;

namespace VfioSharp.InGuest.KernelSelftests;

#pragma warning disable IDE1006, CA1707 // the kernel's own names

/// <summary>Mirrors tools/testing/selftests/vfio/vfio_pci_device_test.c.</summary>
public sealed class vfio_pci_device_test
{
    [Fact]
    public void config_space_read_write()
    {
        using var device = Guest.Open("nvme");
        Assert.Equal(ReadIdFromSysfs(device, "vendor"), device.Config.VendorId);
        Assert.Equal(ReadIdFromSysfs(device, "device"), device.Config.DeviceId);

        Assert.False(device.Config.Command.HasFlag(CommandFlags.BusMaster));
        device.Config.EnableBusMaster();
        Assert.True(device.Config.Command.HasFlag(CommandFlags.BusMaster));
        device.Config.DisableBusMaster();
        Assert.False(device.Config.Command.HasFlag(CommandFlags.BusMaster));
    }

    [Fact]
    public void validate_bars()
    {
        // BARs of the one that MIO instructions do not reach cannot be opened: MioPlanTests look at it.
        var addresses = Guest.Addresses.Where(address => !Guest.Has(MioGuest.Lost) || address != Guest.AddressOf(MioGuest.Lost)).ToArray();
        Assert.NotEmpty(addresses);
        foreach (var address in addresses)
        {
            using var device = VfioDevice.Open(address);
            for (var index = RegionIndex.Bar0; index <= RegionIndex.Bar5; index++)
            {
                var bar = device.Regions[index];
                if (!bar.Flags.HasFlag(RegionFlags.Mmap))
                {
                    if (bar.Exists)
                        Assert.Equal(AccessPath.RegionFile, bar.Plan().Path);
                    continue;
                }

                Assert.NotEqual(0ul, bar.SizeInBytes);
                using var window = bar.Open();
                Assert.Equal(Guest.FastestPath, window.Plan.Path);
                Assert.True(window.Plan.IsFaultGuarded);
            }
        }
    }

    [Fact]
    public void reset()
    {
        using var device = Guest.Open("nvme");
        Assert.True(device.Description.SupportsReset);
        device.Reset();
    }

    private static ushort ReadIdFromSysfs(VfioDevice device, string attribute) => ushort.Parse(
        File.ReadAllText($"/sys/bus/pci/devices/{device.Address}/{attribute}").Trim()[2..], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
}

/// <summary>Mirrors the fixture vfio_pci_irq_test of tools/testing/selftests/vfio/vfio_pci_device_test.c.</summary>
public sealed class vfio_pci_irq_test
{
    private const int MostVectors = 16;

    [Fact]
    public void msi_enable_trigger_disable()
    {
        using var device = Guest.Open("e1000e");
        EnableTriggerDisable(device.Interrupts.Msi);
    }

    [Fact]
    public void msix_enable_trigger_disable()
    {
        using var device = Guest.Open("nvme");
        EnableTriggerDisable(device.Interrupts.Msix);
    }

    private static void EnableTriggerDisable(InterruptSource source)
    {
        Assert.True(source.IsPresent);
        using var vectors = source.Enable(Math.Min(source.Description.Count, MostVectors));
        foreach (var vector in vectors)
        {
            Assert.False(vector.TryTake(out _));
            vector.Trigger();
            Assert.True(vector.TryTake(out var count));
            Assert.Equal(1ul, count);
        }
    }
}
