using System.Diagnostics;
using System.Text.Json;
using VfioSharp.Tool.Demo;

namespace VfioSharp.Tool.Tests.Demo;

public sealed class DemoVerbTests
{
    [Fact]
    public async Task Every_act_is_performed_and_told_in_JSON()
    {
        var run = await ToolRun.RunAsync("/nonexistent", "demo", "--json");

        Assert.Equal((ExitCode.Done, ""), (run.ExitCode, run.Error));
        var demo = JsonDocument.Parse(run.Output).RootElement;
        Assert.True(demo.GetProperty("succeeded").GetBoolean());
        Assert.Equal(JsonValueKind.Null, demo.GetProperty("failure").ValueKind);
        foreach (var act in DemoPlay.Acts)
            Assert.NotEqual(JsonValueKind.Null, demo.GetProperty(act.Name).ValueKind);

        var identity = demo.GetProperty("open").GetProperty("identity").GetUInt32();
        Assert.Equal(0x5452_4353u, identity);
        Assert.Equal(["LoadStore", "Message"], demo.GetProperty("open").GetProperty("plans").EnumerateArray().Select(PathOf));
        Assert.Equal(["LoadStore", "Message"], demo.GetProperty("reads").GetProperty("paths").EnumerateArray().Select(PathOf));
        Assert.True(demo.GetProperty("reads").GetProperty("paths")[0].GetProperty("timesFaster").GetDouble() > 10);
        Assert.True(demo.GetProperty("dma").GetProperty("lengthInBytes").GetInt32() >= 4096);
        Assert.True(demo.GetProperty("interrupt").GetProperty("minMicroseconds").GetDouble() > 0);
        Assert.Equal(identity, demo.GetProperty("recovery").GetProperty("identity").GetUInt32());

        var killed = demo.GetProperty("loss").GetProperty("processId").GetInt32();
        Assert.Equal(demo.GetProperty("serve").GetProperty("processId").GetInt32(), killed);
        Assert.NotEqual(killed, demo.GetProperty("recovery").GetProperty("processId").GetInt32());
        Assert.Equal(["LoadStore", "Message"], demo.GetProperty("loss").GetProperty("threads").EnumerateArray().Select(PathOf).Order(StringComparer.Ordinal));
        Assert.All(
            demo.GetProperty("loss").GetProperty("threads").EnumerateArray(),
            thread => Assert.InRange(thread.GetProperty("milliseconds").GetDouble(), 0, 5000));
    }

    [Fact]
    public async Task Modelled_hosts_differ_as_their_kernels_do()
    {
        var run = await ToolRun.RunAsync("/nonexistent", "demo", "--json");

        var hosts = JsonDocument.Parse(run.Output).RootElement.GetProperty("hosts").EnumerateArray()
            .Select(
                host => $"{host.GetProperty("host")}/{host.GetProperty("function")}: {host.GetProperty("mmap")} {host.GetProperty("pread")} {PathOf(host)} {host.GetProperty("read")} {host.GetProperty("farStore")}");
        Assert.Equal(
            [
                "linux-6.12,nomio/scratch: EINVAL ok RegionFile ok ",
                "linux-6.12,mio/scratch: EINVAL ok RegionFile ok ",
                "linux-7.2,nomio/scratch: ok ok MmioSyscall ok ",
                "linux-7.2,mio/scratch: ok ok MioInstruction ok ",
                "linux-6.12,nomio/ism: EINVAL ok RegionFile ok out of reach",
                "linux-7.2,nomio/ism: EINVAL ENODEV RegionFile ENODEV out of reach",
                "linux-7.2,mio/ism: EINVAL ENODEV Unreachable  ",
                "linux-7.2,mio,driver=ism_vfio_pci/ism: EINVAL ok RegionFile ok ok",
            ],
            hosts);
    }

    [Fact]
    public async Task People_get_a_text_that_keeps_within_the_width()
    {
        var run = await ToolRun.RunAsync("/nonexistent", "demo");

        Assert.Equal((ExitCode.Done, ""), (run.ExitCode, run.Error));
        foreach (var part in new[] { "vfio serve scratch --socket ", "LoadStore", "Message", "MSI-X", "kill -9", "linux-6.12,nomio", "ism_vfio_pci", "All of it was seen" })
            Assert.Contains(part, run.Output, StringComparison.Ordinal);
        Assert.All(run.Output.Split('\n'), line => Assert.True(line.Length <= 120, line));
    }

    [Fact]
    public async Task Nothing_is_left_of_it()
    {
        var run = await ToolRun.RunAsync("/nonexistent", "demo", "--json");

        var demo = JsonDocument.Parse(run.Output).RootElement;
        Assert.False(Directory.Exists(Path.GetDirectoryName(demo.GetProperty("serve").GetProperty("socket").GetString())));
        foreach (var act in new[] { "serve", "recovery" })
            Assert.Throws<ArgumentException>(() => Process.GetProcessById(demo.GetProperty(act).GetProperty("processId").GetInt32()));
    }

    [Theory]
    [InlineData("/nonexistent/vfio", "ENOENT")]
    [InlineData("/bin/false", "it ended with 1")]
    public async Task An_act_that_fails_is_named(string program, string reason)
    {
        var run = await ToolRun.RunWithProgramAsync(new ToolProgram(program, []), "demo --json");

        Assert.Equal(ExitCode.Refused, run.ExitCode);
        Assert.StartsWith("vfio: cannot finish the demonstration: its act 'serve' failed: ", run.Error, StringComparison.Ordinal);
        Assert.Contains(reason, run.Error, StringComparison.Ordinal);
        var demo = JsonDocument.Parse(run.Output).RootElement;
        Assert.False(demo.GetProperty("succeeded").GetBoolean());
        Assert.Equal("serve", demo.GetProperty("failure").GetProperty("act").GetString());
        Assert.Equal(JsonValueKind.Null, demo.GetProperty("open").ValueKind);
    }

    private static string PathOf(JsonElement element) => element.GetProperty("path").GetString()!;
}
