using System.Text.Json;
using VfioSharp.Emulation.Functions;
using VfioSharp.Guest.Tests.Served;
using VfioSharp.InGuest.Served;

namespace VfioSharp.Guest.Tests.Mio;

/// <summary>
/// Functions of this process on a machine with MIO instructions, attached by QEMU's vfio-user-pci. An ISM device has no MIO addresses, since its BAR
/// of 256 TiB fits into none, and so is out of reach but for ism_vfio_pci; a function beside it is reached by instructions.
/// </summary>
public sealed class MioIsmTests
{
    private const ulong LargestBar = 1ul << 48;
    private const string DriverTests = $"{nameof(ScratchAccessTests)} {nameof(ScratchDmaTests)} {nameof(ScratchInterruptTests)}";

    // UnreachableFunctionTests ask the kernels themselves: 6.12 cannot map the BAR for itself, and says so; 7 answers ENODEV.
    private const string MappingFailures = "dmesg | grep -c 'vmalloc_node_range for size'; true";

    [Theory]
    [InlineData("s390x 6.12 mio")]
    [InlineData("s390x 7 mio")]
    public async Task ISM_is_unreachable_with_the_reason_and_functions_beside_it_work(string guest)
    {
        using var devices = new ServedDevices();
        var ism = devices.Add("ism", new WitnessFunction(0x1014, 0x04ed, LargestBar), ",pft=5");
        var witness = devices.Add("witness", new WitnessFunction(0x1af4, 0x10f0, 0x4000));
        devices.Add("scratch", new ScratchFunction());

        var session = await GuestSession.Start(
            guest, devices, ["--memory", "512"],
            ("probe", "vfio probe $VFIO_ISM --json"),
            ("open", "vfio read $VFIO_ISM bar0 0 --width 64"),
            ("failures", MappingFailures),
            ("tests", $"{InGuestAssembly.Program} {DriverTests} {nameof(ExactServedAccesses)}"));

        AssertUnreachable(session.OutputOf("probe"));
        Assert.Equal(1, session.Commands["open"].ExitCode);
        Assert.Contains("ism_vfio_pci", session.Commands["open"].Error, StringComparison.Ordinal);
        // The library has not even tried.
        Assert.Equal("0", session.OutputOf("failures"));
        Assert.Empty(ism.Take());
        session.AssertTestsPassed("tests", fewest: 11);
        ServedIbmZTests.AssertExact(witness);
        devices.AssertNoFault();
        Assert.Empty(session.QemuMessages);
    }

    // QEMU gives the function no interrupts here: the kernel writes an MSI-X table by MIO, which does not reach it.
    [Fact]
    public async Task ISM_is_driven_by_block_stores_under_ism_vfio_pci()
    {
        using var devices = new ServedDevices();
        var witness = devices.Add("ism", new WitnessFunction(0x1014, 0x04ed, LargestBar), ",pft=5");
        devices.Add("stock", new IsmFunction(form: IsmStoreForm.EightBytes), ",pft=5");
        // Debian's QEMU turns each 8 bytes of a block around; here a block that was stored reads as it was.
        var asked = await File.ReadAllTextAsync(
            Repository.PathOf($"{ServedIbmZTests.Scripts}/ism-vfio-pci.txt"), TestContext.Current.CancellationToken);
        var questions = devices.Write("questions", asked.Replace("data=1716151413121110", "data=1011121314151617", StringComparison.Ordinal));
        var script = devices.Write(
            "script", "window bar0\nwindow.block bar0 0x2_0000_0000_40 00010203_04050607_08090a0b_0c0d0e0f\nwindow.write bar0 0 64 1\n");

        var session = await GuestSession.Start(
            "s390x iommufd mio", devices,
            ["--include", $"{questions}:/tmp/ism.txt", "--include", $"{script}:/tmp/script"],
            ("bind", ServedIbmZTests.RebindToIsm),
            ("questions", $"{InGuestAssembly.Program} record $VFIO_ISM /tmp/ism.txt"),
            ("tests", $"{InGuestAssembly.Program} {nameof(IsmTests)}"),
            ("probe", "vfio probe $VFIO_STOCK --json"),
            ("tool", "vfio zpci run $VFIO_ISM /tmp/script"));

        Assert.Equal("ism_vfio_pci\nism_vfio_pci", session.OutputOf("bind"));
        AssertSame(session.OutputOf("questions"));
        session.AssertTestsPassed("tests", fewest: 3);
        using var probe = JsonDocument.Parse(session.OutputOf("probe"));
        Assert.False(probe.RootElement.GetProperty("zpci").GetProperty("mioEnabled").GetBoolean());
        ServedIbmZTests.AssertPlan(session.OutputOf("probe"), because: "those do not reach the function");
        Assert.Contains("window.block bar0 0x2_0000_0000_40 00010203_04050607_08090a0b_0c0d0e0f: ok", session.OutputOf("tool"), StringComparison.Ordinal);
        // The last that reached the function is the tool's block, of which this QEMU makes writes of 8 bytes in the order of memory.
        Assert.Equal(
            [new WitnessedAccess(true, 0, (1ul << 41) + 0x40, "0001020304050607"), new WitnessedAccess(true, 0, (1ul << 41) + 0x48, "08090a0b0c0d0e0f")],
            witness.Take().Where(access => access.IsWrite).TakeLast(2));
        devices.AssertNoFault();
        Assert.Empty(session.QemuMessages);
    }

    private static void AssertUnreachable(string text)
    {
        using var probe = JsonDocument.Parse(text);
        var bars = probe.RootElement.GetProperty("regions").EnumerateArray().Where(region => region.GetProperty("name").GetString() is "BAR0" or "BAR2");
        Assert.Equal(2, bars.Count());
        foreach (var region in bars)
        {
            Assert.Equal("Unreachable", region.GetProperty("path").GetString());
            Assert.Contains("mio_enabled is 0", region.GetProperty("reason").GetString(), StringComparison.Ordinal);
            Assert.Contains("ism_vfio_pci", region.GetProperty("reason").GetString(), StringComparison.Ordinal);
        }
    }

    // "ADDRESS: 78 questions, 0 different" for each function, and no lines that differ.
    private static void AssertSame(string output) =>
        Assert.All(output.Split('\n'), line => Assert.Matches("^[0-9a-f:.]+: [1-9][0-9]* questions, 0 different$", line));
}
