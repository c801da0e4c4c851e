using System.Text.Json;

namespace VfioSharp.Tool.Tests;

public sealed class ProbeVerbTests
{
    [Fact]
    public async Task JSON_has_the_shape_that_scripts_rely_on()
    {
        var run = await ToolRun.RunOnAsync(new FakeDevice(), "probe 01:00.0 --json");

        Assert.Equal((0, ""), (run.ExitCode, run.Error));
        var probe = JsonDocument.Parse(run.Output).RootElement;
        Assert.Equal("0000:01:00.0", probe.GetProperty("device").GetString());
        Assert.Equal("group", probe.GetProperty("backend").GetString());
        Assert.NotEmpty(probe.GetProperty("kernel").GetString()!);
        Assert.NotEmpty(probe.GetProperty("architecture").GetString()!);
        Assert.Equal(0x1b36, probe.GetProperty("vendor").GetInt32());
        Assert.Equal(0x10, probe.GetProperty("deviceId").GetInt32());
        Assert.Equal(0x010802, probe.GetProperty("class").GetInt32());
        Assert.Equal(JsonValueKind.Null, probe.GetProperty("driver").ValueKind);
        Assert.Equal(JsonValueKind.Null, probe.GetProperty("iommuGroup").ValueKind);
        Assert.Equal(["memory", "busMaster"], Strings(probe.GetProperty("command")));

        var regions = probe.GetProperty("regions");
        Assert.Equal([0, 2, 6, 7], regions.EnumerateArray().Select(region => region.GetProperty("index").GetInt32()));
        Assert.Equal("BAR0", regions[0].GetProperty("name").GetString());
        Assert.Equal(16384, regions[0].GetProperty("size").GetInt32());
        Assert.Equal(["read", "write", "mmap"], Strings(regions[0].GetProperty("flags")));
        Assert.Equal("memory, 64 bit", regions[0].GetProperty("kind").GetString());
        Assert.Equal("I/O ports", regions[1].GetProperty("kind").GetString());
        Assert.Equal("RegionFile", regions[1].GetProperty("path").GetString());
        var ruledOut = regions[1].GetProperty("ruledOut")[0];
        Assert.Equal("LoadStore", ruledOut.GetProperty("path").GetString());
        Assert.NotEmpty(ruledOut.GetProperty("reason").GetString()!);
        Assert.NotEmpty(regions[0].GetProperty("reason").GetString()!);

        var interrupts = probe.GetProperty("interrupts");
        Assert.Equal(["INTx", "MSI", "MSI-X", "ERR", "REQ"], interrupts.EnumerateArray().Select(interrupt => interrupt.GetProperty("name").GetString()!));
        Assert.Equal(65, interrupts[2].GetProperty("count").GetInt32());
        Assert.Equal(["eventFd"], Strings(interrupts[2].GetProperty("flags")));

        var capabilities = probe.GetProperty("capabilities").EnumerateArray().ToArray();
        Assert.Equal([1, 0x11, 0x10, 1], capabilities.Select(capability => capability.GetProperty("id").GetInt32()));
        Assert.Equal([0x40, 0x50, 0x60, 0x100], capabilities.Select(capability => capability.GetProperty("offset").GetInt32()));
        Assert.Equal([false, false, false, true], capabilities.Select(capability => capability.GetProperty("extended").GetBoolean()));
        Assert.Equal(65, capabilities[1].GetProperty("details").GetProperty("vectors").GetInt32());
        Assert.Equal(0x2000, capabilities[1].GetProperty("details").GetProperty("tableOffset").GetInt32());
        Assert.True(capabilities[2].GetProperty("details").GetProperty("functionLevelReset").GetBoolean());

        var dma = probe.GetProperty("dma");
        Assert.Equal([4096UL, 2 << 20, 1 << 30], dma.GetProperty("pageSizes").EnumerateArray().Select(size => size.GetUInt64()));
        Assert.Equal(0xfedf_ffffUL, dma.GetProperty("ranges")[0].GetProperty("end").GetUInt64());
        Assert.Equal(ulong.MaxValue, dma.GetProperty("ranges")[1].GetProperty("end").GetUInt64());
        Assert.Equal(65535u, dma.GetProperty("available").GetUInt32());

        var feature = Assert.Single(probe.GetProperty("features").EnumerateArray());
        Assert.Equal("lowPowerEntry", feature.GetProperty("name").GetString());

        Assert.All(capabilities, capability => Assert.Equal("config", capability.GetProperty("space").GetString()));
        Assert.Equal(JsonValueKind.Null, probe.GetProperty("zpci").ValueKind);
    }

    [Fact]
    public async Task Text_names_each_part_and_keeps_within_the_width()
    {
        var run = await ToolRun.RunOnAsync(new FakeDevice(), "probe 01:00.0");

        Assert.Equal((0, ""), (run.ExitCode, run.Error));
        foreach (var part in new[]
        {
            "1b36:0010", "NVM Express", "Regions", "BAR0", "16 KiB", "not LoadStore:", "Interrupts", "65 vectors", "Capabilities", "[050]", "MSI-X",
            "vectors 65", "DMA", "4 KiB, 2 MiB, 1 GiB", "0xfef00000 to 0xffffffffffffffff", "65535 more", "lowPowerEntry (set)",
        })
        {
            Assert.Contains(part, run.Output, StringComparison.Ordinal);
        }

        Assert.DoesNotContain('\u001b', run.Output);
        Assert.All(run.Output.Split('\n'), line => Assert.True(line.TrimEnd().Length <= 120, line));
    }

    [Fact]
    public async Task A_capability_list_that_goes_in_circles_is_told_as_such()
    {
        var device = new FakeDevice();
        device.Config[0x61] = 0x40;

        var run = await ToolRun.RunOnAsync(device, "probe 01:00.0 --json");

        Assert.Equal(0, run.ExitCode);
        Assert.NotEqual(0, JsonDocument.Parse(run.Output).RootElement.GetProperty("capabilityProblems").GetArrayLength());
    }

    [Fact]
    public async Task A_function_that_is_bound_to_its_own_driver_is_refused() =>
        (await ToolRun.RunAsync("/nonexistent", "probe", "ffff:ff:1f.7")).AssertRefused(1, "ffff:ff:1f.7");

    private static IEnumerable<string> Strings(JsonElement array) => array.EnumerateArray().Select(element => element.GetString()!);
}
