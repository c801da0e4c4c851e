using System.Text.RegularExpressions;
using VfioSharp.Emulation.Functions;
using VfioSharp.Guest.Tests.Served;

namespace VfioSharp.Guest.Tests;

/// <summary>
/// The model of an IBM Z host with MIO against real kernels on an emulator that was taught MIO: every width, blocks, condition codes and exceptions, the
/// system calls, decoding off, reset, a function without MIO addresses, and ISM, by scripts that have to come to the same, character by character.
/// </summary>
public sealed class MioModelTests
{
    private const string Fault = "mio-fault=0x800";
    private const string Bind = """
        cd /sys/bus/pci
        echo ism_vfio_pci >devices/$VFIO_ISM/driver_override
        echo $VFIO_ISM >devices/$VFIO_ISM/driver/unbind
        echo $VFIO_ISM >drivers_probe
        basename $(readlink devices/$VFIO_ISM/driver)
        """;

    private static readonly (string Script, string Device, string Function)[] Scripts =
    [
        ("nvme-registers", "$VFIO_NVME", "nvme"),
        ("nvme-mio", "$VFIO_NVME", $"nvme,{Fault}"),
        ("nvme-without-mio", "$VFIO_PLAIN", "nvme,mio=off"),
        ("ism-mio", "$VFIO_ISM", "ism"),
    ];

    [Theory]
    [InlineData("s390x 6.12 mio", "linux-6.12.24,mio", "RegionFile")]
    [InlineData("s390x 7 mio", "linux-7.2,mio", "MioInstruction")]
    public async Task Scripts_come_to_the_same_on_the_model_as_in_a_guest(string guest, string host, string path)
    {
        var session = await Play(guest);

        await AssertSame(session, host);
        Assert.StartsWith($"window bar0: path={path}\n", session.OutputOf("nvme-mio"), StringComparison.Ordinal);
    }

    // This kernel has the driver that reaches an ISM device.
    [Fact]
    public async Task Block_stores_under_ism_vfio_pci_do_as_well()
    {
        const string Blocks = "ism-blocks";

        var session = await Play("s390x iommufd mio", ("bind", Bind), (Blocks, $"vfio zpci run $VFIO_ISM /tmp/{Blocks}"));

        await AssertSame(session, "linux-7.2,mio");
        Assert.Equal("ism_vfio_pci", session.OutputOf("bind"));
        Assert.Equal((await ModelPlay.OutputOn("linux-7.2,mio,driver=ism_vfio_pci/ism", Blocks)).TrimEnd(), session.OutputOf(Blocks));
        Assert.Contains("data=00000003000000101122334455667788", session.OutputOf(Blocks), StringComparison.Ordinal);
    }

    private static async Task<GuestSession> Play(string guest, params (string Name, string Command)[] further)
    {
        using var devices = new ServedDevices();
        // QEMU makes writes of 8 bytes of a block store.
        devices.Add("ism", new IsmFunction(form: IsmStoreForm.EightBytes));
        var names = Scripts.Select(played => played.Script).Append("ism-blocks");

        var session = await GuestSession.Boot(
            guest,
            [
                .. devices.GuestOptions, "--device", $"nvme,id=nvme,{Fault}", "--device", "nvme,id=plain,mio=off",
                .. names.SelectMany(name => (string[])["--include", $"{ModelPlay.PathOf(name)}:/tmp/{name}"]),
            ],
            NamedCommands.Script([.. Scripts.Select(played => (played.Script, $"vfio zpci run {played.Device} /tmp/{played.Script}")), .. further]));

        devices.AssertNoFault();
        Assert.Empty(session.QemuMessages);
        return session;
    }

    private static async Task AssertSame(GuestSession session, string host)
    {
        foreach (var (script, _, function) in Scripts)
            Assert.Equal(WithoutKernel(await ModelPlay.OutputOn($"{host}/{function}", script)).TrimEnd(), WithoutKernel(session.OutputOf(script)));
    }

    // A refusal names the kernel, whose last number and whose vendor the model does not know.
    private static string WithoutKernel(string output) => Regex.Replace(output, "This kernel is [^ ;]+;", "This kernel is KERNEL;");
}
