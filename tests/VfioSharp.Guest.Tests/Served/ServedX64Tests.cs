using VfioSharp.Emulation.Functions;

namespace VfioSharp.Guest.Tests.Served;

/// <summary>
/// Functions of this process, attached by QEMU's vfio-user-pci, in x86-64 guests: with and without a vIOMMU, with memory that this process
/// maps and memory that it has to ask QEMU for. The judges are QEMU's client, the guest's kernel, and drivers inside of the guest, of which
/// those of edu are the same as for QEMU's own device.
/// </summary>
public sealed class ServedX64Tests
{
    private const string ScratchTests = "ScratchAccessTests ScratchDmaTests ScratchInterruptTests";

    // Of vendor, device, class and BARs; what lies behind is where the guest has put them.
    private const string ShowFunction = "cd /sys/bus/pci/devices/$VFIO_SCRATCH && cat vendor device class && cut -d' ' -f3 resource | head -n 6";

    // Debian's kernels have no mode for a machine without an IOMMU; the one that is built here has.
    [Theory]
    [InlineData("x86_64 iommufd", "--private-memory")]
    [InlineData("x86_64 iommufd", "--no-viommu")]
    [InlineData("x86_64 iommufd", "--no-viommu", "--private-memory")]
    public async Task Drivers_in_the_guest_work_with_them(string guest, params string[] options)
    {
        var hasIommu = !options.Contains("--no-viommu");
        using var devices = new ServedDevices();
        devices.Add("scratch", new ScratchFunction());
        devices.Add("edu", new EduFunction());

        var session = await GuestSession.Start(
            guest, devices, options,
            ("kernel", ShowFunction),
            ("tests", $"{InGuestAssembly.Program} {ScratchTests} EduInterruptTests {(hasIommu ? "EduDmaTests ExactAccessTests" : "")}"));

        Assert.StartsWith("0x1af4\n0x10f0\n0x00ff00\n", session.OutputOf("kernel"), StringComparison.Ordinal);
        session.AssertTestsPassed("tests", fewest: hasIommu ? 18 : 12);
        devices.AssertNoFault();
        Assert.Empty(session.QemuMessages);
    }

    // One run of QEMU, and so one connection: the second boot finds the functions as a reset leaves them.
    [Fact]
    public async Task They_are_given_back_and_taken_again_and_survive_a_reboot_of_the_guest()
    {
        using var devices = new ServedDevices();
        devices.Add("scratch", new ScratchFunction());
        devices.Add("edu", new EduFunction());

        var session = await GuestSession.Start(
            "x86_64 7", devices, ["--boots", "2"],
            ("boot $GUEST_BOOT", "true"),
            ("probe $GUEST_BOOT", "vfio probe $VFIO_SCRATCH"),
            ("unbind $GUEST_BOOT", "vfio unbind $VFIO_SCRATCH"),
            ("bind $GUEST_BOOT", "vfio bind $VFIO_SCRATCH && vfio read $VFIO_SCRATCH bar0 0"),
            ("tests $GUEST_BOOT", $"{InGuestAssembly.Program} {ScratchTests} EduInterruptTests"));

        foreach (var boot in (string[])["1", "2"])
        {
            Assert.Contains("1af4:10f0", session.OutputOf($"probe {boot}"), StringComparison.Ordinal);
            session.OutputOf($"unbind {boot}");
            Assert.Equal("0x54524353", session.OutputOf($"bind {boot}").Split('\n')[^1]);
            session.AssertTestsPassed($"tests {boot}", fewest: 14);
        }

        Assert.Equal(1, devices["scratch"].ClientCount);
        devices.AssertNoFault();
        Assert.Empty(session.QemuMessages);
    }

    // No PC has room for a BAR of 256 TiB: the kernel says what the function is and leaves the BAR without an address, and so vfio-pci
    // does not open it.
    [Fact]
    public async Task ISM_is_seen_with_its_BAR_of_256_TiB_and_the_reason_why_it_cannot_be_opened()
    {
        using var devices = new ServedDevices();
        devices.Add("ism", new IsmFunction());

        var session = await GuestSession.Start(
            "x86_64 iommufd", devices, [],
            ("kernel", "cd /sys/bus/pci/devices/$VFIO_ISM && cat vendor device && head -n 1 resource"),
            ("probe", "vfio probe $VFIO_ISM"));

        Assert.Equal("0x1014\n0x04ed\n0x0000000000000000 0x0000ffffffffffff 0x0000000000140204", session.OutputOf("kernel"));
        Assert.Equal(1, session.Commands["probe"].ExitCode);
        Assert.Contains("BAR", session.Commands["probe"].Error, StringComparison.Ordinal);
        Assert.Contains("no address", session.Commands["probe"].Error, StringComparison.Ordinal);
        devices.AssertNoFault();
    }
}
