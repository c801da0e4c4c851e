using System.Text.Json;
using VfioSharp.Backends.Linux;
using VfioSharp.Tests.Backends.Linux.Sysfs;

namespace VfioSharp.Tool.Tests;

public sealed class ListVerbTests : IDisposable
{
    private readonly FakeSysfs _tree = new();

    public void Dispose() => _tree.Dispose();

    [Fact]
    public async Task A_machine_without_PCI_gets_a_sentence()
    {
        var run = await ToolRun.RunAsync(_tree.PathOf("nowhere"), "list");

        Assert.Equal(0, run.ExitCode);
        Assert.StartsWith("This machine has no PCI bus", run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_machine_without_PCI_gives_an_empty_array_in_JSON()
    {
        var run = await ToolRun.RunAsync(_tree.PathOf("nowhere"), "list", "--json");

        Assert.Equal(0, run.ExitCode);
        Assert.Equal(0, JsonDocument.Parse(run.Output).RootElement.GetProperty("functions").GetArrayLength());
    }

    [Fact]
    public async Task The_table_says_who_is_in_the_way()
    {
        AddTwoFunctions();

        var run = await ToolRun.RunAsync(_tree.Root, "list");

        Assert.Equal(0, run.ExitCode);
        var lines = run.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.StartsWith("address", lines[0], StringComparison.Ordinal);
        Assert.StartsWith("0000:01:00.0", lines[1], StringComparison.Ordinal);
        Assert.Contains("1b36:0010", lines[1], StringComparison.Ordinal);
        Assert.Contains("vfio-pci", lines[1], StringComparison.Ordinal);
        Assert.Contains("no: 0000:01:00.1 (e1000e)", run.Output, StringComparison.Ordinal);
        Assert.DoesNotContain('\u001b', run.Output);
        Assert.DoesNotContain('│', run.Output);
    }

    [Fact]
    public async Task A_narrow_table_keeps_within_its_width_and_breaks_no_address()
    {
        AddTwoFunctions();
        using var output = new StringWriter();

        var code = await VfioCommand.RunAsync(["list"], new ToolHost
        {
            Output = output,
            Error = TextWriter.Null,
            IsOutputRedirected = true,
            Columns = 80,
            Functions = new PciFunctions(_tree.Root),
            PciIdsFiles = [],
        });

        Assert.Equal(0, code);
        var lines = output.ToString().Split('\n');
        Assert.All(lines, line => Assert.InRange(line.Length, 0, 80));
        Assert.Equal(2, lines.Count(line => line.StartsWith("0000:01:00.", StringComparison.Ordinal)));
        Assert.Equal(2, lines.Count(line => line.Contains("1b36:0010", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task JSON_has_numbers_as_numbers()
    {
        AddTwoFunctions();

        var run = await ToolRun.RunAsync(_tree.Root, "list", "--json");

        var functions = JsonDocument.Parse(run.Output).RootElement.GetProperty("functions");
        Assert.Equal(2, functions.GetArrayLength());
        var nvme = functions[0];
        Assert.Equal("0000:01:00.0", nvme.GetProperty("address").GetString());
        Assert.Equal(0x010802, nvme.GetProperty("class").GetInt32());
        Assert.Equal(0x1b36, nvme.GetProperty("vendor").GetInt32());
        Assert.Equal(0x10, nvme.GetProperty("deviceId").GetInt32());
        Assert.Equal("vfio-pci", nvme.GetProperty("driver").GetString());
        Assert.Equal(7, nvme.GetProperty("iommuGroup").GetInt32());
        Assert.True(nvme.GetProperty("bound").GetBoolean());
        Assert.False(nvme.GetProperty("viable").GetBoolean());
        Assert.True(nvme.GetProperty("mappable").GetBoolean());
        Assert.Equal("e1000e", nvme.GetProperty("inTheWay")[0].GetProperty("driver").GetString());
        Assert.Equal(JsonValueKind.Null, nvme.GetProperty("numaNode").ValueKind);
    }

    [Fact]
    public async Task Metrics_are_in_the_text_format()
    {
        AddTwoFunctions();

        var run = await ToolRun.RunAsync(_tree.Root, "list", "--prometheus");

        Assert.Contains(
            "vfio_pci_function_info{address=\"0000:01:00.0\",class=\"0x010802\",vendor=\"0x1b36\",device=\"0x0010\",driver=\"vfio-pci\",iommu_group=\"7\"} 1\n",
            run.Output,
            StringComparison.Ordinal);
        Assert.Contains("vfio_iommu_group_viable{iommu_group=\"7\"} 0\n", run.Output, StringComparison.Ordinal);
        Assert.Contains("vfio_pci_function_bound{address=\"0000:01:00.1\"} 0\n", run.Output, StringComparison.Ordinal);
        Assert.All(
            run.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries),
            line => Assert.Matches("^(# (HELP|TYPE) [a-z_]+ .+|[a-z_]+\\{([a-z_]+=\"[^\"]*\",?)+\\} [01])$", line));
    }

    [Fact]
    public async Task Features_for_Kubernetes_are_labels()
    {
        AddTwoFunctions();

        var run = await ToolRun.RunAsync(_tree.Root, "list", "--nfd");

        Assert.Equal("vfio.iommu=true\nvfio.functions=2\nvfio.bound=1\nvfio.mappable=2\nvfio.bound-0108_1b36_0010=1\n", run.Output);
    }

    private void AddTwoFunctions()
    {
        _tree.AddFunction("0000:01:00.0", driver: "vfio-pci", group: 7);
        _tree.AddFunction("0000:01:00.1", driver: "e1000e", group: 7, classCode: "0x020000");
    }
}
