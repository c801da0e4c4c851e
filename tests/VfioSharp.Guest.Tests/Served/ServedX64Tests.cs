using System.Globalization;
using System.Text.Json;
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

    private const string IsmTests =
        "IsmLoadStoreTests IsmTests.What_is_moved_into_a_buffer_is_signalled IsmTests.What_is_moved_into_a_buffer_arrives_there_by_DMA";

    // Linux gives no address to the BARs of a function that has no class, as an ISM device has none (drivers/pci/setup-bus.c, __dev_sort_resources).
    private const string WithClass = ",class=ff0000";

    // 1024 MiB.
    private const int HugePagesOfAGuest = 512;

    // Of vendor, device, class and BARs; what lies behind is where the guest has put them.
    private const string ShowFunction = "cd /sys/bus/pci/devices/$VFIO_SCRATCH && cat vendor device class && cut -d' ' -f3 resource | head -n 6";

    // Debian's kernels have no mode for a machine without an IOMMU; the one that is built here has.
    [Theory]
    [InlineData("x86_64 iommufd", "--private-memory")]
    [InlineData("x86_64 iommufd", "--no-viommu")]
    [InlineData("x86_64 iommufd", "--no-viommu", "--private-memory")]
    [InlineData("x86_64 iommufd", "--huge-memory", "--memory", "1024")]
    public async Task Drivers_in_the_guest_work_with_them(string guest, params string[] options)
    {
        Assert.SkipWhen(
            options.Contains("--huge-memory") && FreeHugePages() < HugePagesOfAGuest,
            $"this machine has fewer than {HugePagesOfAGuest} free huge pages of 2 MiB (sysctl vm.nr_hugepages)");
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

    // One run of QEMU, and so one connection: the second boot finds the functions as a reset leaves them. The machine has room for BARs of 256 TiB,
    // and yet "classless" has no address, so that vfio-pci does not open it.
    [Fact]
    public async Task They_are_given_back_and_taken_again_and_survive_a_reboot_of_the_guest()
    {
        using var devices = new ServedDevices();
        devices.Add("scratch", new ScratchFunction());
        devices.Add("edu", new EduFunction());
        devices.Add("stock", new IsmFunction(form: IsmStoreForm.EightBytes), WithClass);
        devices.Add("classless", new IsmFunction());

        var session = await GuestSession.Start(
            "x86_64 7", devices, ["--boots", "2", "--large-bars"],
            ("boot $GUEST_BOOT", "true"),
            ("probe $GUEST_BOOT", "vfio probe $VFIO_SCRATCH"),
            ("unbind $GUEST_BOOT", "vfio unbind $VFIO_SCRATCH"),
            ("bind $GUEST_BOOT", "vfio bind $VFIO_SCRATCH && vfio read $VFIO_SCRATCH bar0 0"),
            ("tests $GUEST_BOOT", $"{InGuestAssembly.Program} {ScratchTests} EduInterruptTests {IsmTests}"),
            ("classless $GUEST_BOOT", "head -n 1 /sys/bus/pci/devices/$VFIO_CLASSLESS/resource; vfio probe $VFIO_CLASSLESS"));

        foreach (var boot in (string[])["1", "2"])
        {
            Assert.Contains("1af4:10f0", session.OutputOf($"probe {boot}"), StringComparison.Ordinal);
            session.OutputOf($"unbind {boot}");
            Assert.Equal("0x54524353", session.OutputOf($"bind {boot}").Split('\n')[^1]);
            session.AssertTestsPassed($"tests {boot}", fewest: 20);
            var classless = session.Commands[$"classless {boot}"];
            Assert.Equal((1, "0x0000000000000000 0x0000ffffffffffff 0x0000000000140204"), (classless.ExitCode, classless.Output));
            Assert.Contains("no address", classless.Error, StringComparison.Ordinal);
        }

        Assert.Equal(1, devices["scratch"].ClientCount);
        devices.AssertNoFault();
        Assert.Empty(session.QemuMessages);
    }

    // A machine with room for the BAR. Its kernel says by raw system calls what it makes of one, and the library's tests drive the other.
    [Fact]
    public async Task ISM_is_driven_by_loads_and_stores_where_a_PC_has_room_for_256_TiB()
    {
        using var devices = new ServedDevices();
        devices.Add("scratch", new ScratchFunction());
        devices.Add("edu", new EduFunction());
        devices.Add("stock", new IsmFunction(form: IsmStoreForm.EightBytes), WithClass);
        devices.Add("ism", new WitnessFunction(0x1014, IsmFunction.DefaultDeviceId, 1ul << 48), WithClass);

        var session = await GuestSession.Start(
            "x86_64 6.12", devices, ["--large-bars", "--include", $"{Repository.PathOf($"{ServedIbmZTests.Scripts}/ism-pc.txt")}:/tmp/ism.txt"],
            ("kernel", "cd /sys/bus/pci/devices/$VFIO_STOCK && cat vendor device && head -n 1 resource"),
            ("questions", $"{InGuestAssembly.Program} record $VFIO_ISM /tmp/ism.txt"),
            ("tests", $"{InGuestAssembly.Program} {ScratchTests} EduInterruptTests EduDmaTests {IsmTests}"),
            ("probe", "vfio probe $VFIO_STOCK --json"),
            ("tool", "vfio write $VFIO_STOCK bar0 0xfffffffff8 0x1122 --width 64 && vfio read $VFIO_STOCK bar2 0xf08 --width 64"));

        Assert.Matches("^0x1014\n0x04ed\n0x000[1-9]000000000000 0x000[1-9]ffffffffffff 0x0000000000140204$", session.OutputOf("kernel"));
        Assert.EndsWith(": 35 questions, 0 different", session.OutputOf("questions"), StringComparison.Ordinal);
        session.AssertTestsPassed("tests", fewest: 25);
        using var probe = JsonDocument.Parse(session.OutputOf("probe"));
        var moves = probe.RootElement.GetProperty("regions")[0];
        Assert.Equal("LoadStore", moves.GetProperty("path").GetString());
        Assert.Contains("Only its first 0x10000000000 bytes are within reach", moves.GetProperty("reason").GetString(), StringComparison.Ordinal);
        // The function's own number is big-endian.
        Assert.Equal("0xf8ffffffff000000", session.OutputOf("tool").Split('\n')[^1]);
        devices.AssertNoFault();
        Assert.Empty(session.QemuMessages);
    }

    private static int FreeHugePages()
    {
        const string Count = "/sys/kernel/mm/hugepages/hugepages-2048kB/free_hugepages";
        return File.Exists(Count) ? int.Parse(File.ReadAllText(Count), CultureInfo.InvariantCulture) : 0;
    }
}
