using System.Diagnostics;
using System.Text.Json;
using VfioSharp.Tool.Demo;

namespace VfioSharp.Tool.Tests.Demo;

public sealed class DemoVerbTests
{
    // Takes some seconds, so that those who look at one thing of it each share it.
    private static readonly Lazy<Task<ToolRun>> Json = new(() => ToolRun.RunAsync("/nonexistent", "demo", "--json"));

    [Fact]
    public async Task Every_act_is_performed_and_told_in_JSON()
    {
        var run = await Json.Value;

        Assert.Equal((ExitCode.Done, ""), (run.ExitCode, run.Error));
        var demo = JsonDocument.Parse(run.Output).RootElement;
        Assert.True(demo.GetProperty("succeeded").GetBoolean());
        Assert.Equal(JsonValueKind.Null, demo.GetProperty("failure").ValueKind);
        foreach (var act in DemoPlay.Acts)
            Assert.NotEqual(JsonValueKind.Null, demo.GetProperty(act.Name).ValueKind);

        var identity = demo.GetProperty("open").GetProperty("identity").GetUInt32();
        Assert.Equal(0x10400u, identity);
        Assert.Equal(["LoadStore", "Message"], demo.GetProperty("open").GetProperty("plans").EnumerateArray().Select(PathOf));
        Assert.Equal(["LoadStore", "Message"], demo.GetProperty("reads").GetProperty("paths").EnumerateArray().Select(PathOf));
        Assert.True(demo.GetProperty("reads").GetProperty("paths")[0].GetProperty("timesFaster").GetDouble() > 10);
        Assert.Equal("VfioSharp NVMe Controller", demo.GetProperty("identify").GetProperty("model").GetString());
        Assert.Equal(256 << 20, demo.GetProperty("identify").GetProperty("sizeInBytes").GetInt64());
        Assert.Equal([1, 32], demo.GetProperty("speed").EnumerateArray().Select(speed => speed.GetProperty("queueDepth").GetInt32()));
        Assert.All(
            demo.GetProperty("speed").EnumerateArray().Append(demo.GetProperty("interrupt")),
            speed => Assert.True(speed.GetProperty("iops").GetDouble() > 0));
        Assert.Equal("interrupt", demo.GetProperty("interrupt").GetProperty("completion").GetString());
        Assert.Matches("^[0-9a-f]{64}$", demo.GetProperty("data").GetProperty("sha256").GetString());
        Assert.Equal(demo.GetProperty("data").GetProperty("sha256").GetString(), demo.GetProperty("recovery").GetProperty("sha256").GetString());
        Assert.Equal(identity, demo.GetProperty("recovery").GetProperty("identity").GetUInt32());

        var killed = demo.GetProperty("loss").GetProperty("processId").GetInt32();
        Assert.Equal(demo.GetProperty("serve").GetProperty("processId").GetInt32(), killed);
        Assert.NotEqual(killed, demo.GetProperty("recovery").GetProperty("processId").GetInt32());
        Assert.Equal(
            ["LoadStore", "Message", "Nvme"],
            demo.GetProperty("loss").GetProperty("threads").EnumerateArray().Select(PathOf).Order(StringComparer.Ordinal));
        Assert.All(
            demo.GetProperty("loss").GetProperty("threads").EnumerateArray(),
            thread => Assert.InRange(thread.GetProperty("milliseconds").GetDouble(), 0, 5000));
    }

    [Fact]
    public async Task Modelled_hosts_differ_as_their_kernels_do()
    {
        var run = await Json.Value;

        var hosts = JsonDocument.Parse(run.Output).RootElement.GetProperty("hosts").EnumerateArray()
            .Select(host => $"{host.GetProperty("host")}/{host.GetProperty("function")}: {host.GetProperty("mmap")} {host.GetProperty("pread")} "
                + $"{PathOf(host)} {host.GetProperty("read")} {host.GetProperty("disk")} {host.GetProperty("farStore")}");
        Assert.Equal(
            [
                "linux-6.12,nomio/nvme: EINVAL ok RegionFile ok ok ",
                "linux-6.12,mio/nvme: EINVAL ok RegionFile ok ok ",
                "linux-7.2,nomio/nvme: ok ok MmioSyscall ok ok ",
                "linux-7.2,mio/nvme: ok ok MioInstruction ok ok ",
                "linux-6.12,nomio/ism: EINVAL ok RegionFile ok  out of reach",
                "linux-7.2,nomio/ism: EINVAL ENODEV RegionFile ENODEV  out of reach",
                "linux-7.2,mio/ism: EINVAL ENODEV Unreachable   ",
                "linux-7.2,mio,driver=ism_vfio_pci/ism: EINVAL ok RegionFile ok  ok",
            ],
            hosts);
    }

    [Fact]
    public async Task People_get_a_text_that_keeps_within_the_width()
    {
        var run = await ToolRun.RunAsync("/nonexistent", "demo");

        Assert.Equal((ExitCode.Done, ""), (run.ExitCode, run.Error));
        string[] parts =
        [
            "vfio serve nvme --image ", "LoadStore", "Message", "MSI-X", "kill -9", "SHA-256", "32 at a time", "linux-6.12,nomio", "ism_vfio_pci",
            "All of it was seen",
        ];
        foreach (var part in parts)
            Assert.Contains(part, run.Output, StringComparison.Ordinal);
        Assert.All(run.Output.Split('\n'), line => Assert.True(line.Length <= 120, line));
    }

    [Fact]
    public async Task Nothing_is_left_of_it()
    {
        var run = await Json.Value;

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
