using System.Text.Json;
using VfioSharp.Emulation.Functions;

namespace VfioSharp.Tool.Tests.VfioUser;

/// <summary>The verbs for devices, on one that another process could serve.</summary>
public sealed class VfioUserVerbTests : IDisposable
{
    private readonly ServedFunction _served = new(new ScratchFunction());

    public void Dispose() => _served.Dispose();

    [Fact]
    public async Task Probe_says_which_parts_are_reached_by_messages_and_why()
    {
        var run = await _served.RunAsync("probe DEVICE --json");

        Assert.Equal((ExitCode.Done, ""), (run.ExitCode, run.Error));
        var probe = JsonDocument.Parse(run.Output).RootElement;
        Assert.Equal(_served.Address, probe.GetProperty("device").GetString());
        Assert.Equal("vfio-user", probe.GetProperty("backend").GetString());
        Assert.Equal((0x1af4, 0x10f0), (probe.GetProperty("vendor").GetInt32(), probe.GetProperty("deviceId").GetInt32()));
        var bar = probe.GetProperty("regions").EnumerateArray().Single(region => region.GetProperty("name").GetString() == "BAR0");
        Assert.Equal(0x4000, bar.GetProperty("size").GetInt32());
        Assert.Equal("Message", bar.GetProperty("path").GetString());
        Assert.Contains(bar.GetProperty("ruledOut").EnumerateArray(), path => path.GetProperty("path").GetString() == "LoadStore");
        Assert.Contains(
            probe.GetProperty("interrupts").EnumerateArray(),
            interrupt => interrupt.GetProperty("name").GetString() == "MSI-X" && interrupt.GetProperty("count").GetInt32() == ScratchFunction.VectorCount);
        Assert.NotEqual(0, probe.GetProperty("dma").GetProperty("ranges").GetArrayLength());
        Assert.Equal(JsonValueKind.Null, probe.GetProperty("zpci").ValueKind);
    }

    [Fact]
    public async Task Probe_tells_it_to_people_within_the_width()
    {
        var run = await _served.RunAsync("probe DEVICE");

        Assert.Equal((ExitCode.Done, ""), (run.ExitCode, run.Error));
        foreach (var part in new[] { "by vfio-user", "Message: ", "not LoadStore: ", "MSI-X", "IOVA" })
            Assert.Contains(part, run.Output, StringComparison.Ordinal);
        Assert.All(run.Output.Split('\n'), line => Assert.True(line.Length <= 120, line));
    }

    [Theory]
    [InlineData("read DEVICE bar0 0", "0x54524353\n")]
    [InlineData("read DEVICE config 0 --width 16", "0x1af4\n")]
    [InlineData("read DEVICE bar0 0x1000 --path LoadStore", "0x00000000\n")]
    [InlineData("read DEVICE bar0 0x1000 --path Message", "0x00000000\n")]
    public async Task Read_reads_a_register_by_any_way(string arguments, string expected)
    {
        var run = await _served.RunAsync(arguments);

        Assert.Equal((ExitCode.Done, expected, ""), (run.ExitCode, run.Output, run.Error));
    }

    [Theory]
    [InlineData("read DEVICE bar0 0x3000 --path LoadStore", "LoadStore")]
    [InlineData("read DEVICE bar0 0 --path RegionFile", "RegionFile")]
    [InlineData("read DEVICE bar1 0", "no such region")]
    [InlineData("probe DEVICE/no", "cannot")]
    public async Task What_is_not_possible_is_one_sentence(string arguments, string expected)
    {
        var run = await _served.RunAsync(arguments.Replace("DEVICE/no", _served.Address + "no", StringComparison.Ordinal));

        run.AssertRefused(ExitCode.Refused, expected);
    }

    [Theory]
    [InlineData("--width 8", 0x5a, "Message", 0x3004)]
    [InlineData("--width 64", 0x1122_3344_5566_7788, "Message", 0x3008)]
    [InlineData("--width 32", 0x89ab_cdef, "LoadStore", 0x2ffc)]
    public async Task Write_writes_a_register_once(string width, ulong value, string path, ulong offset)
    {
        using var function = new ScratchFunction();
        using var server = new ServedFunction(function);

        var run = await server.RunAsync($"write DEVICE bar0 {offset} {value} {width} --json");

        Assert.Equal((ExitCode.Done, ""), (run.ExitCode, run.Error));
        Assert.Equal(path, JsonDocument.Parse(run.Output).RootElement.GetProperty("path").GetString());
    }

    [Fact]
    public async Task Dump_prints_what_messages_bring()
    {
        var run = await _served.RunAsync("dump DEVICE bar0 --length 16");

        Assert.Equal((ExitCode.Done, ""), (run.ExitCode, run.Error));
        Assert.StartsWith("00000000  53 43 52 54 00 00 01 00  01 00 00 00 08 00 00 00  |SCRT............|\n", run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Bench_sets_loads_and_messages_side_by_side()
    {
        var run = await _served.RunAsync("bench DEVICE bar0 0x1000 --rounds 5 --json");

        Assert.Equal((ExitCode.Done, ""), (run.ExitCode, run.Error));
        var report = JsonDocument.Parse(run.Output).RootElement;
        Assert.Equal(["LoadStore", "Message"], report.GetProperty("paths").EnumerateArray().Select(path => path.GetProperty("path").GetString()));
        Assert.All(
            report.GetProperty("paths").EnumerateArray(),
            path => Assert.Equal((0, 0), (path.GetProperty("faults").GetInt32(), path.GetProperty("bytesAllocatedPerRead").GetInt32())));
        Assert.True(report.GetProperty("paths")[0].GetProperty("timesFaster").GetDouble() > 10);
        Assert.Contains(report.GetProperty("ruledOut").EnumerateArray(), path => path.GetProperty("path").GetString() == "RegionFile");
    }

    [Fact]
    public async Task Run_plays_a_script_on_it()
    {
        var script = Path.GetTempFileName();
        try
        {
            await File.WriteAllTextAsync(
                script, "window.read bar0 0 32\nwindow.write bar0 0x3000 16 0xbeef\nwindow.read bar0 0x120 64\nwindow.read bar0 0x128 64\nreset\n",
                TestContext.Current.CancellationToken);

            var run = await _served.RunAsync($"zpci run DEVICE {script}");

            Assert.Equal((ExitCode.Done, ""), (run.ExitCode, run.Error));
            Assert.Equal(
                ["window.read bar0 0 32: value=0x54524353", "window.write bar0 0x3000 16 0xbeef: ok", "window.read bar0 0x120 64: value=0x0000000000000000", "window.read bar0 0x128 64: value=0x0000000000000001", "reset: ret=0 errno=-", ""],
                run.Output.Split('\n'));
        }
        finally
        {
            File.Delete(script);
        }
    }

    [Fact]
    public async Task A_server_that_was_killed_is_one_sentence()
    {
        using var folder = new Serving.SocketFolder();
        using (var killed = await Serving.RunningServer.StartAsync("scratch", "--socket", folder["s.sock"]))
            killed.Kill();

        var run = await ToolRun.RunAsync("/nonexistent", "probe", "vfio-user:" + folder["s.sock"]);

        run.AssertRefused(ExitCode.Refused, "ECONNREFUSED");
    }

    [Fact]
    public async Task A_server_that_ends_in_the_midst_of_a_benchmark_is_an_error()
    {
        var benchmark = Task.Run(() => _served.RunAsync("bench DEVICE bar0 0 --rounds 10000"), TestContext.Current.CancellationToken);
        // It warms up by then, and longer than this takes.
        await _served.AwaitMessagesAsync(1000);

        _served.Stop();

        (await benchmark).AssertRefused(ExitCode.Refused, "ECONNRESET");
    }
}
