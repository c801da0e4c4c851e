using System.Text.Json;
using System.Xml.Linq;
using VfioSharp.Tool.Reports;
using VfioSharp.Tool.Reports.Benchmarking;

namespace VfioSharp.Tool.Tests;

public sealed class BenchVerbTests
{
    [Fact]
    public async Task Every_path_that_the_region_allows_is_measured_and_the_others_have_a_reason()
    {
        var run = await ToolRun.RunOnAsync(new FakeDevice(), "bench 01:00.0 bar0 8 --rounds 3 --json");

        Assert.Equal((0, ""), (run.ExitCode, run.Error));
        var report = JsonDocument.Parse(run.Output).RootElement;
        var paths = report.GetProperty("paths").EnumerateArray().ToArray();
        Assert.Equal(["LoadStore", "RegionFile"], paths.Select(path => path.GetProperty("path").GetString()!));
        Assert.All(paths, path =>
        {
            Assert.InRange(path.GetProperty("minNs").GetDouble(), 0.01, path.GetProperty("medianNs").GetDouble());
            Assert.True(path.GetProperty("medianNs").GetDouble() <= path.GetProperty("maxNs").GetDouble());
            Assert.Equal(0, path.GetProperty("faults").GetInt32());
            Assert.Equal(0, path.GetProperty("bytesAllocatedPerRead").GetDouble());
            Assert.True(path.GetProperty("reads").GetInt64() > 0);
        });
        Assert.True(paths[0].GetProperty("timesFaster").GetDouble() > 1);
        Assert.Equal(1, paths[1].GetProperty("timesFaster").GetDouble());
        Assert.Equal(
            ["MioInstruction", "MmioSyscall", "Message"],
            report.GetProperty("ruledOut").EnumerateArray().Select(path => path.GetProperty("path").GetString()!));
    }

    [Fact]
    public async Task Text_has_a_row_and_a_bar_for_each_path()
    {
        var run = await ToolRun.RunOnAsync(new FakeDevice(), "bench 01:00.0 bar2 0 --width 8 --rounds 1");

        Assert.Equal((0, ""), (run.ExitCode, run.Error));
        Assert.Contains("Read of 8 bits at 0x0 of BAR2, 0000:01:00.0", run.Output, StringComparison.Ordinal);
        Assert.Contains("RegionFile      ####", run.Output, StringComparison.Ordinal);
        Assert.Contains("not LoadStore:", run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_drawing_is_written_next_to_the_table()
    {
        var file = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName());
        try
        {
            var run = await ToolRun.RunOnAsync(new FakeDevice(), $"bench 01:00.0 bar0 8 --rounds 1 --svg {file}");

            Assert.Equal((0, ""), (run.ExitCode, run.Error));
            Assert.Equal("svg", XDocument.Load(file).Root!.Name.LocalName);
        }
        finally
        {
            File.Delete(file);
        }
    }

    [Fact]
    public void The_drawing_is_valid_XML_with_a_bar_for_each_path_inside_its_frame()
    {
        var report = new BenchReport(
            "<&\">",
            "BAR0",
            8,
            32,
            51,
            [
                new BenchResult("LoadStore", 0.42, 0.4, 1.2, 700.5, 1000, 0, 0),
                new BenchResult("RegionFile", 294.2, 250, 90_000, 1, 1000, 0, 0),
            ],
            [new RuledOutReport("Message", "no")]);

        var svg = XDocument.Parse(BenchSvg.Render(report)).Root!;

        XNamespace name = "http://www.w3.org/2000/svg";
        Assert.Equal("Read of 32 bits at 0x8 of BAR0, <&\">", svg.Element(name + "title")!.Value);
        var bars = svg.Elements(name + "rect").ToArray();
        Assert.Equal(2, bars.Length);
        Assert.True((double)bars[0].Attribute("width")! < (double)bars[1].Attribute("width")!);
        var width = (double)svg.Attribute("width")!;
        Assert.All(svg.Elements(name + "line"), line => Assert.InRange((double)line.Attribute("x2")!, 0, width));
        Assert.Contains(svg.Elements(name + "text"), text => text.Value == "0.42 ns, 700.5×");
    }
}
