using System.Text.Json;

namespace VfioSharp.Guest.Tests;

/// <summary>What the command `vfio` says and does on IBM Z, next to what it does on x86-64 with the same kernel and device.</summary>
public sealed class IbmZToolTests
{
    public static TheoryData<string> Guests => GuestMachine.IbmZData;

    [Theory, MemberData(nameof(Guests))]
    public async Task Registers_are_the_same_numbers_on_both_machines(string guest)
    {
        foreach (var register in (string[])["CAP by the fastest path", "VS by the fastest path"])
        {
            var ibmZ = await ToolSession.ResultOf(guest, register);
            var x64 = await ToolSession.ResultOf(OnX64(guest), register);
            Assert.True(ibmZ.ExitCode == 0, ibmZ.Error);
            Assert.StartsWith("0x", ibmZ.Output, StringComparison.Ordinal);
            Assert.Equal(x64.Output, ibmZ.Output);
        }
    }

    [Theory, MemberData(nameof(Guests))]
    public async Task Configuration_space_is_dumped_as_on_x86_64(string guest)
    {
        // The identifiers and the class; what follows is set up by each machine.
        var ibmZ = await ToolSession.ResultOf(guest, "dump config");
        var x64 = await ToolSession.ResultOf(OnX64(guest), "dump config");
        Assert.True(ibmZ.ExitCode == 0, ibmZ.Error);
        Assert.StartsWith("00000000  36 1b 10 00", ibmZ.Output, StringComparison.Ordinal);
        Assert.Equal(x64.Output.Split('\n').Length, ibmZ.Output.Split('\n').Length);
    }

    [Theory, MemberData(nameof(Guests))]
    public async Task A_write_is_made(string guest)
    {
        var run = await ToolSession.ResultOf(guest, "write AQA");
        Assert.True(run.ExitCode == 0, run.Error);
    }

    [Theory, MemberData(nameof(Guests))]
    public async Task Probe_has_the_shape_that_it_has_on_x86_64(string guest)
    {
        using var ibmZ = JsonDocument.Parse((await ToolSession.ResultOf(guest, "probe nvme")).Output);
        using var x64 = JsonDocument.Parse((await ToolSession.ResultOf(OnX64(guest), "probe nvme")).Output);
        Assert.Equal(NamesOf(x64.RootElement), NamesOf(ibmZ.RootElement));
        foreach (var list in (string[])["regions", "interrupts", "capabilities"])
            Assert.Equal(NamesOf(x64.RootElement.GetProperty(list)[0]), NamesOf(ibmZ.RootElement.GetProperty(list)[0]));
        Assert.Equal(NamesOf(x64.RootElement.GetProperty("dma")), NamesOf(ibmZ.RootElement.GetProperty("dma")));
    }

    [Theory, MemberData(nameof(Guests))]
    public async Task Probe_tells_what_zPCI_tells(string guest)
    {
        using var probe = JsonDocument.Parse((await ToolSession.ResultOf(guest, "probe nvme")).Output);
        var root = probe.RootElement;
        var names = root.GetProperty("capabilities").EnumerateArray().Select(capability => capability.GetProperty("name").GetString()).ToArray();
        Assert.Contains("ZPCI_BASE", names);
        Assert.Contains("ZPCI_GROUP", names);
        var range = Assert.Single(root.GetProperty("dma").GetProperty("ranges").EnumerateArray());
        Assert.Equal(0x1_0000_0000, range.GetProperty("start").GetInt64());
        var zpci = root.GetProperty("zpci");
        Assert.Equal(1, zpci.GetProperty("uid").GetInt32());
        Assert.False(zpci.GetProperty("mioEnabled").GetBoolean());
        Assert.Equal(0x1_0000_0000, zpci.GetProperty("dmaWindow").GetProperty("start").GetInt64());
    }

    [Fact]
    public async Task Linux_6_12_is_named_as_the_reason_for_the_slower_path()
    {
        using var probe = JsonDocument.Parse((await ToolSession.ResultOf("s390x 6.12", "probe nvme")).Output);
        var ruledOut = probe.RootElement.GetProperty("regions")[0].GetProperty("ruledOut").EnumerateArray()
            .Single(path => path.GetProperty("path").GetString() == "MmioSyscall").GetProperty("reason").GetString()!;
        Assert.Contains("6.12", ruledOut, StringComparison.Ordinal);
        Assert.Contains("6.15", ruledOut, StringComparison.Ordinal);
    }

    private static string OnX64(string guest) => guest.Replace("s390x", "x86_64", StringComparison.Ordinal);

    private static string[] NamesOf(JsonElement element) => [.. element.EnumerateObject().Select(property => property.Name).Order(StringComparer.Ordinal)];
}
