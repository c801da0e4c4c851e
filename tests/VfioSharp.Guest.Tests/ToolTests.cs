using System.Text.Json;

namespace VfioSharp.Guest.Tests;

/// <summary>The command `vfio` in guests with three real kernels and QEMU's devices.</summary>
public sealed class ToolTests
{
    public static TheoryData<string> Kernels => GuestMachine.KernelData;

    public static MatrixTheoryData<string, string> Probes =>
        new(GuestMachine.Kernels, ["nvme", "edu", "e1000e", "igb", "ivshmem-plain"]);

    public static MatrixTheoryData<string, string> Mistakes => new(GuestMachine.Kernels, [
        "unknown device", "garbage address", "no address", "unknown verb", "BAR out of range", "absent BAR", "offset beyond the end", "garbage offset",
        "misaligned offset", "value that does not fit", "garbage width", "path that is not possible", "path of IBM Z", "unbind not root", "probe not root", "not bound"]);

    [Theory, MemberData(nameof(Probes))]
    public async Task Probe_tells_regions_plans_interrupts_and_the_DMA_window(string kernel, string device)
    {
        var run = await ToolSession.ResultOf(kernel, $"probe {device}");
        Assert.True(run.ExitCode == 0, run.Error);
        using var probe = JsonDocument.Parse(run.Output);
        var root = probe.RootElement;

        Assert.Equal(kernel == "iommufd" ? "iommufd" : "group", root.GetProperty("backend").GetString());
        Assert.Equal("x86_64", root.GetProperty("architecture").GetString());
        Assert.Equal("vfio-pci", root.GetProperty("driver").GetString());
        Assert.Equal(
            device switch { "nvme" => 0x1b36_0010u, "edu" => 0x1234_11e8u, "e1000e" => 0x8086_10d3u, "igb" => 0x8086_10c9u, _ => 0x1af4_1110u },
            root.GetProperty("vendor").GetUInt32() << 16 | root.GetProperty("deviceId").GetUInt32());
        var regions = root.GetProperty("regions").EnumerateArray().ToDictionary(region => region.GetProperty("name").GetString()!);
        var bar = regions["BAR0"];
        Assert.Equal("LoadStore", bar.GetProperty("path").GetString());
        Assert.Empty(bar.GetProperty("ruledOut").EnumerateArray());
        Assert.Equal("RegionFile", regions["CONFIG"].GetProperty("path").GetString());
        Assert.NotEmpty(regions["CONFIG"].GetProperty("ruledOut").EnumerateArray());
        Assert.NotEmpty(root.GetProperty("interrupts").EnumerateArray());
        Assert.NotEmpty(root.GetProperty("dma").GetProperty("ranges").EnumerateArray());
    }

    [Theory, MemberData(nameof(Kernels))]
    public async Task Registers_read_the_same_by_LoadStore_and_RegionFile(string kernel)
    {
        foreach (var register in (string[])["CAP", "VS"])
        {
            var mapped = await ToolSession.ResultOf(kernel, $"{register} by LoadStore");
            var file = await ToolSession.ResultOf(kernel, $"{register} by RegionFile");
            Assert.True(mapped.ExitCode == 0, mapped.Error);
            Assert.StartsWith("0x", mapped.Output, StringComparison.Ordinal);
            Assert.Equal(file.Output, mapped.Output);
        }
    }

    [Theory, MemberData(nameof(Kernels))]
    public async Task A_write_reaches_the_device(string kernel) =>
        Assert.EndsWith("0xedcba987", (await ToolSession.ResultOf(kernel, "edu inverts")).Output, StringComparison.Ordinal);

    [Theory, MemberData(nameof(Kernels))]
    public async Task Bench_measures_every_path_that_the_BAR_allows(string kernel)
    {
        var run = await ToolSession.ResultOf(kernel, "bench");
        Assert.True(run.ExitCode == 0, run.Error);
        Assert.Contains("LoadStore", run.Output, StringComparison.Ordinal);
        Assert.Contains("RegionFile", run.Output, StringComparison.Ordinal);
    }

    [Theory, MemberData(nameof(Kernels))]
    public async Task List_names_every_function_with_its_driver(string kernel)
    {
        var run = await ToolSession.ResultOf(kernel, "list");
        Assert.True(run.ExitCode == 0, run.Error);
        using var list = JsonDocument.Parse(run.Output);
        Assert.Equal(6, run.Output.Split("vfio-pci").Length - 1);
    }

    [Theory, MemberData(nameof(Kernels))]
    public async Task A_function_is_given_back_and_taken_again(string kernel)
    {
        Assert.Equal(0, (await ToolSession.ResultOf(kernel, "unbind")).ExitCode);
        var refused = await ToolSession.ResultOf(kernel, "not bound");
        Assert.Contains("vfio bind", refused.Error, StringComparison.Ordinal);
        Assert.Equal(0, (await ToolSession.ResultOf(kernel, "bind")).ExitCode);
        Assert.Equal(0, (await ToolSession.ResultOf(kernel, "bound again")).ExitCode);
    }

    [Theory, MemberData(nameof(Mistakes))]
    public async Task A_mistake_gets_one_sentence_and_an_exit_code(string kernel, string mistake)
    {
        var run = await ToolSession.ResultOf(kernel, mistake);
        Assert.InRange(run.ExitCode, 1, 2);
        Assert.Empty(run.Output);
        var sentence = Assert.Single(run.Error.Split('\n'));
        Assert.EndsWith(".", sentence, StringComparison.Ordinal);
        Assert.DoesNotContain("Exception", sentence, StringComparison.Ordinal);
    }
}
