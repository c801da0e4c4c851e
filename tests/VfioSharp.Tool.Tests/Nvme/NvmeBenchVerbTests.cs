using System.Diagnostics;
using System.Text.Json;
using System.Xml.Linq;
using VfioSharp.Tool.Demo;
using VfioSharp.Tool.Tests.Serving;

namespace VfioSharp.Tool.Tests.Nvme;

public sealed class NvmeBenchVerbTests
{
    private const string Quick = "--duration 0.2 --warmup 0.1";

    private static readonly string[] Percentiles = ["minNs", "p50Ns", "p90Ns", "p99Ns", "p999Ns", "maxNs"];

    [Theory]
    [InlineData("", "polled", "random", 32, 1, 4096)]
    [InlineData("--interrupt --queue-depth 4", "interrupt", "random", 4, 1, 4096)]
    [InlineData("--queue-depth 1 --pattern sequential --block-size 512", "polled", "sequential", 1, 1, 512)]
    [InlineData("--interrupt --pattern sequential --queues 2 --queue-depth 3 --block-size 64KiB", "interrupt", "sequential", 3, 2, 65536)]
    public async Task Figures_agree_with_one_another(string options, string completion, string pattern, int depth, int queues, int blockSize)
    {
        using var disk = new ServedDisk();

        var run = await disk.RunAsync($"nvme bench DEVICE {Quick} {options} --json".Replace("  ", " ", StringComparison.Ordinal));

        Assert.Equal((0, ""), (run.ExitCode, run.Error));
        var report = JsonDocument.Parse(run.Output).RootElement;
        Assert.Equal(
            (completion, pattern, depth, queues, blockSize),
            (report.GetProperty("completion").GetString(), report.GetProperty("pattern").GetString(), report.GetProperty("queueDepth").GetInt32(),
                report.GetProperty("queues").GetInt32(), report.GetProperty("blockSizeInBytes").GetInt32()));
        var (commands, seconds) = (report.GetProperty("commands").GetInt64(), report.GetProperty("seconds").GetDouble());
        var iops = report.GetProperty("iops").GetDouble();
        Assert.True(commands > 0);
        Assert.Equal(commands, report.GetProperty("reads").GetInt64());
        Assert.InRange(iops, 0.95 * commands / seconds, 1.05 * commands / seconds);
        Assert.InRange(report.GetProperty("bytesPerSecond").GetDouble(), 0.99 * iops * blockSize, 1.01 * iops * blockSize);

        var latency = report.GetProperty("latency");
        var ordered = Percentiles.Select(name => latency.GetProperty(name).GetInt64()).ToArray();
        Assert.Equal(ordered.Order(), ordered);
        Assert.InRange(latency.GetProperty("meanNs").GetDouble(), ordered[0], ordered[^1]);
        Assert.Equal(commands, latency.GetProperty("histogram").EnumerateArray().Sum(row => row.GetProperty("count").GetInt64()));

        // Little's law: no more commands are under way than were asked for. Fewer may be, while a busy machine lets the thread wait.
        Assert.InRange(iops * latency.GetProperty("meanNs").GetDouble() / 1e9, 0, 1.1 * depth * queues);
    }

    [Fact]
    public async Task Nothing_is_allocated_per_command()
    {
        using var folder = new SocketFolder();
        using var server = await RunningServer.StartAsync("nvme", "--size", "16MiB", "--socket", folder["s"]);

        // Two processes of their own: what other tests allocate would count here.
        using var bench = Process.Start(ToolProgram.OfThisProcess().StartWith(
            "nvme", "bench", "vfio-user:" + folder["s"], "--duration", "1", "--warmup", "1", "--queue-depth", "8", "--json"))!;
        var output = await bench.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);

        // The runtime allocates some KiB now and then, which on a busy machine is more than nothing for each of few commands.
        var report = JsonDocument.Parse(output).RootElement;
        var commands = report.GetProperty("commands").GetInt64();
        Assert.InRange(report.GetProperty("bytesAllocatedPerCommand").GetDouble() * commands, 0, 65_536 + 0.5 * commands);
    }

    [Fact]
    public async Task Writes_stay_in_the_range_that_was_given()
    {
        using var disk = new ServedDisk();

        var run = await disk.RunAsync($"nvme bench DEVICE {Quick} --read-percent 30 --lba 1024 --length 1MiB --force --json");

        Assert.Equal((0, ""), (run.ExitCode, run.Error));
        var report = JsonDocument.Parse(run.Output).RootElement;
        Assert.InRange((double)report.GetProperty("reads").GetInt64() / report.GetProperty("commands").GetInt64(), 0.1, 0.5);
        Assert.Equal(new byte[512 << 10], disk.Read(1, 0, 512 << 10));
        Assert.NotEqual(new byte[1 << 20], disk.Read(1, 512 << 10, 1 << 20));
        Assert.Equal(new byte[2560 << 10], disk.Read(1, 1536 << 10, 2560 << 10));
    }

    [Fact]
    public async Task The_histogram_is_shown_and_drawn()
    {
        using var disk = new ServedDisk();

        var run = await disk.RunAsync($"nvme bench DEVICE {Quick} --svg {disk["latency.svg"]}");

        Assert.Equal((0, ""), (run.ExitCode, run.Error));
        foreach (var part in new[] { "random read of 4 KiB, depth 32, 1 queue, polled", "a second", "MB/s", "p99.9", "bytes per command", "####" })
            Assert.Contains(part, run.Output, StringComparison.Ordinal);
        Assert.All(run.Output.Split('\n'), line => Assert.True(line.Length <= 120, line));
        var svg = XDocument.Load(disk["latency.svg"]).Root!;
        XNamespace names = "http://www.w3.org/2000/svg";
        Assert.Equal(names + "svg", svg.Name);
        Assert.NotEmpty(svg.Elements(names + "rect"));
        Assert.Equal(3, svg.Elements(names + "text").Count(text => text.Value.StartsWith('p')));
        Assert.All(svg.Elements(names + "rect"), bar => Assert.InRange((double)bar.Attribute("x")! + (double)bar.Attribute("width")!, 39, 822));
    }
}
