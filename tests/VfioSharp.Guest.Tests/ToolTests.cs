using System.Text.Json;

namespace VfioSharp.Guest.Tests;

/// <summary>The command `vfio` in guests of two machines with three real kernels each and QEMU's devices.</summary>
public sealed class ToolTests
{
    private static readonly string[] X64Devices = ["nvme", "edu", "e1000e", "igb", "ivshmem-plain"];

    private static readonly string[] X64Mistakes = [
        "unknown device", "garbage address", "no address", "unknown verb", "BAR out of range", "absent BAR", "offset beyond the end", "garbage offset",
        "misaligned offset", "value that does not fit", "garbage width", "path that is not possible", "path of IBM Z", "unbind not root", "probe not root", "not bound"];

    private static readonly string[] IbmZMistakes = ["garbage address", "unknown verb", "offset beyond the end", "path that is not possible"];

    public static TheoryData<string> Guests => GuestMachine.Data;

    public static TheoryData<string> X64Guests => GuestMachine.X64Data;

    public static TheoryData<string> IbmZGuests => GuestMachine.IbmZData;

    public static TheoryData<string, string> Probes => Cross(X64Devices, ["nvme"]);

    public static TheoryData<string, string> Mistakes => Cross(X64Mistakes, IbmZMistakes);

    [Theory, MemberData(nameof(Probes))]
    public async Task Probe_tells_regions_plans_interrupts_and_the_DMA_window(string guest, string device)
    {
        var run = await ToolSession.ResultOf(guest, $"probe {device}");
        Assert.True(run.ExitCode == 0, run.Error);
        using var probe = JsonDocument.Parse(run.Output);
        var root = probe.RootElement;

        Assert.Equal(GuestMachine.HasIommufd(guest) ? "iommufd" : "group", root.GetProperty("backend").GetString());
        Assert.Equal(guest.Split(' ')[0], root.GetProperty("architecture").GetString());
        Assert.Equal("vfio-pci", root.GetProperty("driver").GetString());
        Assert.Equal(
            device switch { "nvme" => 0x1b36_0010u, "edu" => 0x1234_11e8u, "e1000e" => 0x8086_10d3u, "igb" => 0x8086_10c9u, _ => 0x1af4_1110u },
            root.GetProperty("vendor").GetUInt32() << 16 | root.GetProperty("deviceId").GetUInt32());
        var regions = root.GetProperty("regions").EnumerateArray().ToDictionary(region => region.GetProperty("name").GetString()!);
        var bar = regions["BAR0"];
        Assert.Equal(GuestMachine.FastestPath(guest), bar.GetProperty("path").GetString());
        Assert.NotEmpty(bar.GetProperty("reason").GetString()!);
        Assert.Equal(GuestMachine.IsIbmZ(guest), bar.GetProperty("ruledOut").EnumerateArray().Any());
        Assert.Equal("RegionFile", regions["CONFIG"].GetProperty("path").GetString());
        Assert.NotEmpty(regions["CONFIG"].GetProperty("ruledOut").EnumerateArray());
        Assert.NotEmpty(root.GetProperty("interrupts").EnumerateArray());
        Assert.NotEmpty(root.GetProperty("dma").GetProperty("ranges").EnumerateArray());
    }

    [Theory, MemberData(nameof(X64Guests))]
    public async Task Registers_read_the_same_by_the_fastest_path_and_the_region_file(string guest)
    {
        foreach (var register in (string[])["CAP", "VS"])
        {
            var mapped = await ToolSession.ResultOf(guest, $"{register} by the fastest path");
            var file = await ToolSession.ResultOf(guest, $"{register} by RegionFile");
            Assert.True(mapped.ExitCode == 0, mapped.Error);
            Assert.StartsWith("0x", mapped.Output, StringComparison.Ordinal);
            Assert.Equal(file.Output, mapped.Output);
        }
    }

    [Theory, MemberData(nameof(X64Guests))]
    public async Task A_write_reaches_the_device(string guest) =>
        Assert.EndsWith("0xedcba987", (await ToolSession.ResultOf(guest, "edu inverts")).Output, StringComparison.Ordinal);

    [Theory, MemberData(nameof(Guests))]
    public async Task Bench_measures_every_path_that_the_BAR_allows(string guest)
    {
        var run = await ToolSession.ResultOf(guest, "bench");
        Assert.True(run.ExitCode == 0, run.Error);
        using var bench = JsonDocument.Parse(run.Output);
        var paths = bench.RootElement.GetProperty("paths").EnumerateArray().Select(path => path.GetProperty("path").GetString()!).ToHashSet();
        Assert.Equal([GuestMachine.FastestPath(guest), "RegionFile"], paths);
    }

    [Theory, MemberData(nameof(X64Guests))]
    public async Task List_names_every_function_with_its_driver(string guest)
    {
        var run = await ToolSession.ResultOf(guest, "list");
        Assert.True(run.ExitCode == 0, run.Error);
        using var list = JsonDocument.Parse(run.Output);
        Assert.Equal(6, run.Output.Split("vfio-pci").Length - 1);
    }

    [Theory, MemberData(nameof(X64Guests))]
    public async Task A_function_is_given_back_and_taken_again(string guest)
    {
        Assert.Equal(0, (await ToolSession.ResultOf(guest, "unbind")).ExitCode);
        var refused = await ToolSession.ResultOf(guest, "not bound");
        Assert.Contains("vfio bind", refused.Error, StringComparison.Ordinal);
        Assert.Equal(0, (await ToolSession.ResultOf(guest, "bind")).ExitCode);
        Assert.Equal(0, (await ToolSession.ResultOf(guest, "bound again")).ExitCode);
    }

    [Theory, MemberData(nameof(Mistakes))]
    public async Task A_mistake_gets_one_sentence_and_an_exit_code(string guest, string mistake)
    {
        var run = await ToolSession.ResultOf(guest, mistake);
        Assert.InRange(run.ExitCode, 1, 2);
        Assert.Empty(run.Output);
        var sentence = Assert.Single(run.Error.Split('\n'));
        Assert.EndsWith(".", sentence, StringComparison.Ordinal);
        Assert.DoesNotContain("Exception", sentence, StringComparison.Ordinal);
    }

    private static TheoryData<string, string> Cross(string[] ofX64, string[] ofIbmZ)
    {
        var data = new TheoryData<string, string>();
        foreach (var guest in GuestMachine.Guests)
        {
            foreach (var item in GuestMachine.IsIbmZ(guest) ? ofIbmZ : ofX64)
                data.Add(guest, item);
        }

        return data;
    }
}
