using System.Text.Json;
using VfioSharp.InGuest.Mio;

namespace VfioSharp.Guest.Tests.Mio;

/// <summary>
/// What switches MIO instructions off: the kernel's pci=nomio and pci=off on the same machine, and a machine without the facility. The judge is what
/// the kernel says of itself in /proc/cpuinfo.
/// </summary>
public sealed class MioSwitchTests
{
    private const string Guest = "s390x 7 mio";

    // "features : esan3 zarch ... pcimio", and "facilities : 0 1 ... 153 ...".
    private const string AskKernel =
        "echo $(grep -w features /proc/cpuinfo | grep -cw pcimio) $(grep -w facilities /proc/cpuinfo | grep -cw 153) $(ls /sys/bus/pci/devices | wc -l)";

    [Theory]
    [InlineData("1", "--append", "pci=nomio")]
    [InlineData("0", "--cpu", "pcimio=off")]
    public async Task Without_them_registers_are_reached_by_system_calls_and_the_reason_is_told(string facility, string option, string value)
    {
        var session = await GuestSession.Boot(
            Guest, ["--device", "nvme", option, value],
            NamedCommands.Script([("kernel", AskKernel), ("probe", "vfio probe $VFIO_NVME --json"), ("read", "vfio read $VFIO_NVME bar0 8")]));

        Assert.Equal($"0 {facility} 1", session.OutputOf("kernel"));
        using var probe = JsonDocument.Parse(session.OutputOf("probe"));
        Assert.False(probe.RootElement.GetProperty("zpci").GetProperty("mioEnabled").GetBoolean());
        var bar = probe.RootElement.GetProperty("regions")[0];
        Assert.Equal("MmioSyscall", bar.GetProperty("path").GetString());
        var instructions = bar.GetProperty("ruledOut").EnumerateArray().Single(path => path.GetProperty("path").GetString() == "MioInstruction");
        var reason = instructions.GetProperty("reason").GetString();
        Assert.Contains("not switched on", reason, StringComparison.Ordinal);
        Assert.Contains("pci=nomio", reason, StringComparison.Ordinal);
        Assert.Equal("0x00010400", session.OutputOf("read"));
    }

    [Fact]
    public async Task With_PCI_off_the_kernel_still_announces_them_and_has_no_functions()
    {
        await GuestMachine.SkipWhereUnavailable(Guest);
        var session = await GuestSession.Boot(
            Guest,
            ["--device", "nvme", "--append", "pci=off", "--include", $"{await InGuestAssembly.Published(Guest)}:/tests"],
            NamedCommands.Script(
            [
                ("kernel", AskKernel),
                ("tests", $"{InGuestAssembly.Program} {nameof(MioSwitchedOffTests)}"),
                ("list", "vfio list --json"),
                ("probe", "vfio probe 0001:00:00.0"),
            ]));

        Assert.Equal("1 1 0", session.OutputOf("kernel"));
        session.AssertTestsPassed("tests", fewest: 1);
        using var list = JsonDocument.Parse(session.OutputOf("list"));
        Assert.DoesNotContain("0001:00:00.0", session.OutputOf("list"), StringComparison.Ordinal);
        Assert.Equal(1, session.Commands["probe"].ExitCode);
        Assert.Contains("0001:00:00.0", session.Commands["probe"].Error, StringComparison.Ordinal);
    }
}
