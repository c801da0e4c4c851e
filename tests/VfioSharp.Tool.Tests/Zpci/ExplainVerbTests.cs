using System.Text.Json;

namespace VfioSharp.Tool.Tests.Zpci;

/// <summary>The table that the models of kernels make, as the command prints it.</summary>
public sealed class ExplainVerbTests
{
    private static readonly string[] Fields = ["situation", "kernel", "mode", "result", "verified"];

    [Fact]
    public async Task As_JSON_the_table_is_an_array_of_cells()
    {
        var cells = (await Cells("zpci explain --json")).ToArray();

        Assert.All(cells, cell => Assert.Equal(Fields, cell.EnumerateObject().Select(field => field.Name)));
        Assert.All(cells, cell => Assert.Contains(Text(cell, "verified"), (string[])["real kernel", "source", "derived"]));
        Assert.All(cells, cell => Assert.Contains(Text(cell, "mode"), (string[])["nomio", "mio", "pci=off"]));
        Assert.All(cells, cell => Assert.NotEmpty(Text(cell, "result")));
        Assert.Equal(cells.Length, cells.Select(cell => (Text(cell, "situation"), Text(cell, "kernel"), Text(cell, "mode"))).Distinct().Count());
        Assert.Equal(["6.12", "6.12.24", "6.15", "7.1", "7.2"], cells.Select(cell => Text(cell, "kernel")).Distinct());
    }

    [Theory]
    [InlineData("mmap of BAR 0", "6.12.24", "nomio", "EINVAL", "real kernel")]
    [InlineData("mmap of BAR 0", "7.2", "mio", "ok", "real kernel")]
    [InlineData("mmap of BAR 0", "6.15", "nomio", "ok", "source")]
    [InlineData("s390_pci_mmio_read of 4 bytes into nothing", "7.2", "mio", "returns 2", "real kernel")]
    [InlineData("s390_pci_mmio_read where nothing is mapped", "7.2", "pci=off", "ENODEV", "source")]
    [InlineData("decoding off: pcilgi", "7.2", "mio", "SIGBUS (BUS_ADRERR)", "real kernel")]
    [InlineData("pcilgi of 3 bytes", "7.2", "mio", "SIGILL (ILL_ILLOPN)", "derived")]
    [InlineData("pcilgi, page not touched before", "7.2", "nomio", "SIGILL (ILL_ILLOPC)", "derived")]
    [InlineData("no MIO addresses: pcilgi", "7.2", "mio", "SIGILL (ILL_ILLADR)", "derived")]
    [InlineData("no MIO addresses: pread of 4 bytes of a small BAR", "7.2", "mio", "all ones, no error", "real kernel")]
    [InlineData("ISM, vfio-pci: pread of 8 bytes of BAR 2", "7.2", "mio", "ENODEV", "real kernel")]
    [InlineData("ISM, ism_vfio_pci: pwrite of 136 bytes to BAR 2", "7.1", "mio", "EINVAL", "source")]
    [InlineData("ISM, ism_vfio_pci: pwrite of 136 bytes to BAR 2", "6.15", "mio", "-", "source")]
    [InlineData("no MIO addresses: the path that VfioSharp takes", "7.2", "mio", "Unreachable", "source")]
    public async Task A_cell_says_what_a_driver_sees_and_how_that_is_known(string situation, string kernel, string mode, string result, string verified)
    {
        var cell = Assert.Single(await Cells("zpci explain --json"), cell =>
            Text(cell, "situation") == situation && Text(cell, "kernel") == kernel && Text(cell, "mode") == mode);

        Assert.Equal((result, verified), (Text(cell, "result"), Text(cell, "verified")));
    }

    [Fact]
    public async Task Kernels_modes_and_situations_can_be_chosen()
    {
        var cells = await Cells("zpci explain --json --kernel 5.11 --kernel 6.8 --mode mio --situation ISM,");

        Assert.Equal(["5.11", "6.8"], cells.Select(cell => Text(cell, "kernel")).Distinct());
        Assert.Equal(["mio"], cells.Select(cell => Text(cell, "mode")).Distinct());
        Assert.All(cells, cell => Assert.StartsWith("ISM,", Text(cell, "situation"), StringComparison.Ordinal));
    }

    [Fact]
    public async Task For_people_each_situation_is_a_line_with_a_cell_for_each_kernel()
    {
        var run = await ToolRun.RunAsync("/nonexistent", "zpci", "explain", "--situation", "mmap of BAR 0");

        Assert.Equal((0, ""), (run.ExitCode, run.Error));
        Assert.Matches(@"(?m)^mmap of BAR 0 +nomio +EINVAL +EINVAL \* +ok +ok +ok \*$", run.Output);
        Assert.Matches(@"(?m)^mmap of BAR 0 +mio +EINVAL +EINVAL +ok +ok +ok \*$", run.Output);
    }

    [Fact]
    public async Task Each_script_can_be_played_by_run()
    {
        var scripts = (await ToolRun.RunAsync("/nonexistent", "zpci", "explain", "--scripts")).Output;

        Assert.All(scripts.Split("\n\n", StringSplitOptions.RemoveEmptyEntries), script => Assert.Matches(@"^# [^\n]+\n# HOST\S*/\S+\n[^#]", script));
        var run = await ToolRun.RunWithInputAsync(scripts.Split("\n\n")[0], "zpci run linux-7.2,mio/nvme -");
        Assert.Equal(0, run.ExitCode);
    }

    [Fact]
    public async Task The_document_holds_the_table_that_the_command_makes()
    {
        const string Begin = "<!-- table: vfio zpci explain --markdown -->\n";
        const string End = "\n<!-- end of the table -->";
        var document = await File.ReadAllTextAsync(Checkout.PathOf("docs/ibm-z.md"), TestContext.Current.CancellationToken);
        var start = document.IndexOf(Begin, StringComparison.Ordinal) + Begin.Length;

        var run = await ToolRun.RunAsync("/nonexistent", "zpci", "explain", "--markdown");

        Assert.Equal(run.Output.TrimEnd(), document[start..document.IndexOf(End, StringComparison.Ordinal)].Trim());
    }

    [Theory]
    [InlineData("zpci explain --json --markdown", "exclude each other")]
    [InlineData("zpci explain --kernel 3.18", "came with 3.19")]
    [InlineData("zpci explain --kernel pumpkin", "linux-VERSION")]
    [InlineData("zpci explain --mode turbo", "--mode is nomio, mio or pci=off")]
    [InlineData("zpci explain --situation pumpkin", "No situation's name contains 'pumpkin'")]
    [InlineData("zpci frobnicate", "no verb 'frobnicate'")]
    [InlineData("zpci", "Say what to do. See `vfio zpci --help`")]
    public async Task A_wrong_command_line_is_refused(string arguments, string expected) =>
        (await ToolRun.RunAsync("/nonexistent", arguments.Split(' '))).AssertRefused(2, expected);

    [Theory]
    [InlineData("explain")]
    [InlineData("run")]
    public async Task Each_has_a_manual_that_fits_the_width(string verb)
    {
        var run = await ToolRun.RunAsync("/nonexistent", "zpci", verb, "--help");

        Assert.Equal(0, run.ExitCode);
        Assert.Contains("Examples:", run.Output, StringComparison.Ordinal);
        Assert.All(run.Output.Split('\n'), line => Assert.True(line.Length <= 112, line));
    }

    private static async Task<IReadOnlyList<JsonElement>> Cells(string arguments)
    {
        var run = await ToolRun.RunAsync("/nonexistent", arguments.Split(' '));
        Assert.Equal((0, ""), (run.ExitCode, run.Error));
        return [.. JsonDocument.Parse(run.Output).RootElement.EnumerateArray()];
    }

    private static string Text(JsonElement cell, string field) => cell.GetProperty(field).GetString()!;
}
