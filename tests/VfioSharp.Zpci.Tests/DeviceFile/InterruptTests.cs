using VfioSharp.Emulation.Functions;
using VfioSharp.Interrupts;
using VfioSharp.Zpci.Tests.Fakes;

namespace VfioSharp.Zpci.Tests.DeviceFile;

// drivers/vfio/pci/vfio_pci_intrs.c.
public sealed class InterruptTests
{
    // Recordings linux-7.2 (an endpoint of PCI Express) and ism-linux-7.2 (none).
    [Fact]
    public void The_indices_are_those_of_the_recordings()
    {
        var nvme = new HostUnderTest("linux-7.2,nomio").Open();
        var ism = new HostUnderTest("linux-7.2,nomio", new IsmFunction()).Open();

        Assert.Equal("0x7/0 0x9/0 0x9/65 0x9/1 0x9/1", Describe(nvme));
        Assert.Equal("0x7/0 0x9/0 0x9/4 EINVAL 0x9/1", Describe(ism));
        Assert.Equal(Errno.EINVAL, nvme.GetInterruptInfo(5, out _).Errno);
    }

    [Fact]
    public void Enabling_vectors_unmasks_them_in_the_table_and_disabling_masks_them()
    {
        var under = new HostUnderTest("linux-7.2,mio");
        var device = under.Open();
        var fired = 0;

        Assert.Equal(0, device.ConnectInterrupts(InterruptIndex.Msix, 1, [() => fired++, null]).Value);

        Assert.True(under.Function.Device.Msix!.IsMasked(0));
        Assert.False(under.Function.Device.Msix.IsMasked(1));
        Assert.True(under.Function.Device.Msix.IsMasked(2));
        Assert.True(under.Function.Device.Config.IsMsixEnabled);
        Assert.Equal(0, device.TriggerInterrupts(InterruptIndex.Msix, 0, 3).Value);
        Assert.Equal(1, fired);

        Assert.Equal(0, device.DisableInterrupts(InterruptIndex.Msix).Value);
        Assert.True(under.Function.Device.Msix.IsMasked(1));
        Assert.False(under.Function.Device.Config.IsMsixEnabled);
        Assert.Equal(Errno.EINVAL, device.TriggerInterrupts(InterruptIndex.Msix, 0, 1).Errno);
    }

    // VFIO_IRQ_INFO_NORESIZE.
    [Fact]
    public void More_vectors_than_at_first_are_EINVAL_until_all_are_disabled()
    {
        var device = new HostUnderTest("linux-7.2,nomio").Open();
        Assert.Equal(0, device.ConnectInterrupts(InterruptIndex.Msix, 0, [null, null]).Value);

        Assert.Equal(Errno.EINVAL, device.ConnectInterrupts(InterruptIndex.Msix, 2, [null]).Errno);
        Assert.Equal(0, device.DisableInterrupts(InterruptIndex.Msix).Value);
        Assert.Equal(0, device.ConnectInterrupts(InterruptIndex.Msix, 2, [null]).Value);
    }

    [Theory]
    [InlineData(InterruptIndex.Msix, 65, 1)]
    [InlineData(InterruptIndex.Msix, -1, 1)]
    [InlineData(InterruptIndex.Msix, 64, 2)]
    [InlineData(InterruptIndex.Intx, 0, 1)]
    [InlineData(InterruptIndex.Msi, 0, 1)]
    [InlineData(InterruptIndex.Error, 1, 1)]
    [InlineData((InterruptIndex)5, 0, 1)]
    public void Vectors_that_there_are_not_are_EINVAL(InterruptIndex index, int start, int count)
    {
        var device = new HostUnderTest("linux-7.2,nomio").Open();

        Assert.Equal(Errno.EINVAL, device.ConnectInterrupts(index, start, new Action?[count]).Errno);
        Assert.Equal(Errno.EINVAL, device.TriggerInterrupts(index, start, count).Errno);
    }

    [Fact]
    public void Vectors_stay_enabled_over_a_reset()
    {
        var under = new HostUnderTest("linux-7.2,nomio");
        var device = under.Open();
        device.ConnectInterrupts(InterruptIndex.Msix, 0, [() => { }]);

        Assert.Equal(0, device.Reset().Value);

        Assert.False(under.Function.Device.Msix!.IsMasked(0));
        Assert.True(under.Function.Device.Config.IsMsixEnabled);
    }

    // vfio_pci_core_request(), and vfio_pci_core_aer_err_detected().
    [Fact]
    public void Requests_and_errors_are_told_to_who_listens()
    {
        var under = new HostUnderTest("linux-7.3,nomio");
        var device = under.Open();
        int requests = 0, errors = 0;
        Assert.False(device.RequestBack());
        Assert.Single(under.Host.Log.Messages);

        device.ConnectInterrupts(InterruptIndex.Request, 0, [() => requests++]);
        device.ConnectInterrupts(InterruptIndex.Error, 0, [() => errors++]);
        Assert.True(device.RequestBack());
        under.Function.RaiseError();
        under.Function.RaiseError();

        Assert.Equal((1, 1), (requests, errors));
    }

    // Seen on real kernels 6.12, 7.2 and 7.3 with vfio-pci; 62355f1f87b8 (Linux 6.16) is what made the first difference.
    [Theory]
    [InlineData("linux-5.15,nomio", 0, Errno.EIO, 1)]
    [InlineData("linux-6.12,nomio", 1, Errno.EIO, 2)]
    [InlineData("linux-6.16,nomio", 1, Errno.None, 3)]
    [InlineData("linux-7.2,nomio", 1, Errno.None, 3)]
    [InlineData("linux-7.3,nomio", 1, Errno.EIO, 1)]
    public void What_follows_an_error_depends_on_the_kernel(string host, int events, Errno expected, int messages)
    {
        var under = new HostUnderTest(host + ",fault=on,mmap=on");
        var device = under.Open();
        var address = under.MapBar(device);
        var told = 0;
        device.ConnectInterrupts(InterruptIndex.Error, 0, [() => told++]);

        under.Function.RaiseError();

        Assert.Equal(events, told);
        Assert.Equal(messages, under.Host.Log.Messages.Count);
        Assert.Equal("zpci: 0001:00:00.0: Event 0x2 reports an error for PCI function 0x1", under.Host.Log.Messages[0]);
        Assert.Equal(expected, under.SysRead(address, 4, out _).Errno);
        Assert.Equal(0, device.Reset().Value);
        Assert.Equal(Errno.None, under.SysRead(address, 4, out _).Errno);
    }

    // zpci_cfg_load(): configuration space is the device's own, but for what VFIO keeps a copy of.
    [Fact]
    public void In_error_BARs_read_as_ones_and_configuration_space_fails()
    {
        var under = new HostUnderTest("linux-6.12,nomio");
        var device = under.Open();
        under.Function.RaiseError();
        var data = new byte[4];

        Assert.Equal(4, device.Read(0, data).Value);
        Assert.All(data, octet => Assert.Equal(0xff, octet));
        Assert.Equal(Errno.EIO, device.Read((7ul << 40) + 8, data).Errno);
        Assert.Equal(4, device.Read(7ul << 40, data).Value);
        Assert.Equal([0x36, 0x1b, 0x10, 0x00], data);
        Assert.Contains("The vfio-pci driver bound to the device does not support error recovery", under.Host.Log.Messages[1], StringComparison.Ordinal);
    }

    private static string Describe(VfioSharp.Zpci.Vfio.VfioPciDevice device) => string.Join(' ', Enumerable.Range(0, 5).Select(index =>
    {
        var result = device.GetInterruptInfo(index, out var info);
        return result.IsError ? result.Errno.ToString() : $"0x{(int)info.Flags:x}/{info.Count}";
    }));
}
