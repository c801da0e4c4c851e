using System.Text.Json;
using VfioSharp.Emulation.Functions;
using VfioSharp.InGuest.Served;

namespace VfioSharp.Guest.Tests.Served;

/// <summary>
/// Functions of this process, attached by QEMU's vfio-user-pci behind zPCI, in guests for IBM Z. A function 1014:04ed with 256 TiB in BAR 0 is
/// an ISM device to a real kernel, which treats it as such; the same function under another device id is any other.
/// </summary>
public sealed class ServedIbmZTests
{
    private const string Recordings = "tests/VfioSharp.Zpci.Tests/Recordings";
    internal const string Scripts = "tests/VfioSharp.Guest.Tests/Scripts";
    private const ulong LargestBar = 1ul << 48;
    private const string ScratchTests = $"{nameof(ScratchAccessTests)} {nameof(ScratchDmaTests)} {nameof(ScratchInterruptTests)}";
    private const string DriverTests = $"{ScratchTests} EduInterruptTests EduDmaTests";
    private const string UnlessRebooted = "[ $GUEST_BOOT -gt 1 ] ||";

    /// <summary>For the guest's shell: hands "ism" and "stock" to ism_vfio_pci, and prints who has them.</summary>
    internal const string RebindToIsm = """
        for device in $VFIO_ISM $VFIO_STOCK; do
            echo ism_vfio_pci >/sys/bus/pci/devices/$device/driver_override
            echo $device >/sys/bus/pci/devices/$device/driver/unbind
            echo $device >/sys/bus/pci/drivers_probe
            basename $(readlink /sys/bus/pci/devices/$device/driver)
        done
        """;

    // One of the guests keeps its memory, so that each access by DMA is asked of QEMU.
    [Theory]
    [InlineData("s390x 6.12", "ism-linux-6.12", "ism-linux-6.12", "--private-memory")]
    [InlineData("s390x 7", "ism-linux-7.2", "large-bar-no-quirk-linux-7.2")]
    public async Task They_are_what_the_recordings_say_and_drivers_work_with_them(
        string guest, string recordingOfIsm, string recordingOfOther, params string[] options)
    {
        using var devices = new ServedDevices();
        devices.Add("ism", new WitnessFunction(0x1014, 0x04ed, LargestBar));
        devices.Add("other", new WitnessFunction(0x1014, 0x04ee, LargestBar));
        var witness = devices.Add("witness", new WitnessFunction(0x1af4, 0x10f0, 0x4000));
        devices.Add("scratch", new ScratchFunction());
        devices.Add("edu", new EduFunction(dmaMask: ulong.MaxValue));
        devices.Add("stock", new IsmFunction());
        // Of 6.12 there is no recording of the other id, since that kernel knows no ISM device: but for the id it is the same.
        var other = devices.Write("other.txt", (await File.ReadAllTextAsync(Repository.PathOf($"{Recordings}/{recordingOfOther}.txt"), TestContext.Current.CancellationToken))
            .Replace("04ed", "04ee", StringComparison.Ordinal).Replace("04ED", "04EE", StringComparison.Ordinal).Replace("1410ed", "1410ee", StringComparison.Ordinal));

        var session = await GuestSession.Start(
            guest, devices,
            [.. options, "--memory", "512", "--include", $"{Repository.PathOf($"{Recordings}/{recordingOfIsm}.txt")}:/tmp/ism.txt", "--include", $"{other}:/tmp/other.txt"],
            ("recordings", $"{InGuestAssembly.Program} record $VFIO_ISM /tmp/ism.txt $VFIO_OTHER /tmp/other.txt"),
            ("tests", $"{InGuestAssembly.Program} {DriverTests} {nameof(ExactServedAccesses)}"),
            ("probe", "vfio probe $VFIO_STOCK --json"),
            ("read", "vfio read $VFIO_STOCK bar2 0xf00"));

        AssertSame(session.OutputOf("recordings"), 83, guest == "s390x 7" ? 101 : 83);
        session.AssertTestsPassed("tests", fewest: 14);
        AssertExact(witness);
        AssertPlan(session.OutputOf("probe"), because: "by design");
        var read = session.Commands["read"];
        if (guest == "s390x 7")
            Assert.Contains("ism_vfio_pci", read.Error, StringComparison.Ordinal);
        else
            Assert.Equal("0x00000000", read.Output);
        devices.AssertNoFault();
        Assert.Empty(session.QemuMessages);
    }

    // CONFIG_ISM_VFIO_PCI, which no kernel of Debian's sets. The guest reboots on one run of QEMU, and so on one connection; its memory is its own.
    [Fact]
    public async Task ISM_is_driven_by_block_stores_in_all_of_256_TiB()
    {
        using var devices = new ServedDevices();
        var witness = devices.Add("ism", new WitnessFunction(0x1014, 0x04ed, LargestBar));
        devices.Add("stock", new IsmFunction(form: IsmStoreForm.ReversedEightBytes));
        devices.Add("scratch", new ScratchFunction());
        var script = devices.Write("script", "window bar0\nwindow.block bar0 0x2_0000_0000_40 00010203_04050607_08090a0b_0c0d0e0f\nwindow.write bar0 0 64 1\n");

        var session = await GuestSession.Start(
            "s390x iommufd", devices,
            [
                "--boots", "2", "--private-memory",
                "--include", $"{Repository.PathOf($"{Scripts}/ism-vfio-pci.txt")}:/tmp/ism.txt", "--include", $"{script}:/tmp/script",
            ],
            ("bind $GUEST_BOOT", RebindToIsm),
            ("tests $GUEST_BOOT", $"{InGuestAssembly.Program} {nameof(IsmTests)} {ScratchTests}"),
            ("questions $GUEST_BOOT", $"{UnlessRebooted} {InGuestAssembly.Program} record $VFIO_ISM /tmp/ism.txt"),
            ("probe $GUEST_BOOT", $"{UnlessRebooted} vfio probe $VFIO_STOCK --json"),
            ("tool $GUEST_BOOT", $"{UnlessRebooted} vfio zpci run $VFIO_ISM /tmp/script"));

        foreach (var boot in (string[])["1", "2"])
        {
            Assert.Equal("ism_vfio_pci\nism_vfio_pci", session.OutputOf($"bind {boot}"));
            session.AssertTestsPassed($"tests {boot}", fewest: 13);
        }

        AssertSame(session.OutputOf("questions 1"), 48);
        AssertPlan(session.OutputOf("probe 1"), because: "ism_vfio_pci maps nothing");
        Assert.Contains("path=RegionFile", session.OutputOf("tool 1"), StringComparison.Ordinal);
        Assert.Contains("window.block bar0 0x2_0000_0000_40 00010203_04050607_08090a0b_0c0d0e0f: ok", session.OutputOf("tool 1"), StringComparison.Ordinal);
        // The last that reached the function is the tool's block: QEMU makes writes of 8 bytes of it, each in reverse order on a little-endian host.
        Assert.Equal(
            [new WitnessedAccess(true, 0, (1ul << 41) + 0x40, "0706050403020100"), new WitnessedAccess(true, 0, (1ul << 41) + 0x48, "0f0e0d0c0b0a0908")],
            witness.Take().Where(access => access.IsWrite).TakeLast(2));
        Assert.Equal(1, devices["scratch"].ClientCount);
        devices.AssertNoFault();
        Assert.Empty(session.QemuMessages);
    }

    // "ADDRESS: 78 questions, 0 different" for each function, and no lines that differ.
    private static void AssertSame(string output, params int[] questions) => Assert.Equal(
        questions.Select(count => $"{count} questions, 0 different"), output.Split('\n').Select(line => line[(line.IndexOf(": ", StringComparison.Ordinal) + 2)..]));

    // Nothing else reached the function, and nothing reached it twice, in another width or in another order of bytes.
    internal static void AssertExact(WitnessFunction witness)
    {
        var expected = ExactServedAccesses.Expected.Select(access => new WitnessedAccess(
            access.IsWrite, 0, access.Offset, Convert.ToHexStringLower(BitConverter.GetBytes(access.Value)[..access.Width])));
        Assert.Equal(expected, witness.Take());
    }

    // BAR 0 and BAR 2: the slower path, and why not the system calls.
    internal static void AssertPlan(string probe, string because)
    {
        using var document = JsonDocument.Parse(probe);
        foreach (var region in document.RootElement.GetProperty("regions").EnumerateArray().Take(2))
        {
            Assert.DoesNotContain(region.GetProperty("flags").EnumerateArray(), flag => flag.GetString() == "mmap");
            Assert.Equal("RegionFile", region.GetProperty("path").GetString());
            Assert.Contains("ism_vfio_pci", region.GetProperty("reason").GetString(), StringComparison.Ordinal);
            var syscalls = region.GetProperty("ruledOut").EnumerateArray().Single(path => path.GetProperty("path").GetString() == "MmioSyscall");
            Assert.Contains(because, syscalls.GetProperty("reason").GetString(), StringComparison.Ordinal);
        }
    }
}
