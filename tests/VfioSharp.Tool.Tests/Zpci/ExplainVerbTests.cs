using System.Text.Json;

namespace VfioSharp.Tool.Tests.Zpci;

/// <summary>The table that the models of kernels make, as the command prints it.</summary>
public sealed class ExplainVerbTests
{
    private static readonly string[] Fields = ["situation", "kernel", "mode", "result", "verified", "guess"];
    private static readonly string[] Known = ["real kernel", "real kernel (emulated MIO)", "source", "derived"];

    [Fact]
    public async Task As_JSON_the_table_is_an_array_of_cells()
    {
        var cells = (await Cells("zpci explain --json")).ToArray();

        Assert.All(cells, cell => Assert.Equal(Fields, cell.EnumerateObject().Select(field => field.Name)));
        Assert.All(cells, cell => Assert.Contains(Text(cell, "verified"), Known));
        Assert.All(cells, cell => Assert.Equal(Text(cell, "verified") == "derived", Guess(cell) is not null));
        Assert.All(cells.Where(cell => Text(cell, "verified") == "real kernel (emulated MIO)"), cell => Assert.Equal("mio", Text(cell, "mode")));
        Assert.DoesNotContain(cells, cell => Text(cell, "verified") == "real kernel" && Text(cell, "mode") == "mio");
        Assert.All(cells, cell => Assert.Contains(Text(cell, "mode"), (string[])["nomio", "mio", "pci=off"]));
        Assert.All(cells, cell => Assert.NotEmpty(Text(cell, "result")));
        Assert.Equal(cells.Length, cells.Select(cell => (Text(cell, "situation"), Text(cell, "kernel"), Text(cell, "mode"))).Distinct().Count());
        Assert.Equal(["6.12", "6.12.24", "6.15", "7.1", "7.2"], cells.Select(cell => Text(cell, "kernel")).Distinct());
    }

    [Theory]
    [InlineData("mmap of BAR 0", "6.12.24", "nomio", "EINVAL", "real kernel")]
    [InlineData("mmap of BAR 0", "7.2", "mio", "ok", "real kernel (emulated MIO)")]
    [InlineData("mmap of BAR 0", "6.15", "nomio", "ok", "source")]
    [InlineData("s390_pci_mmio_read of 4 bytes into nothing", "7.2", "mio", "returns 2", "real kernel (emulated MIO)")]
    [InlineData("s390_pci_mmio_read where nothing is mapped", "7.2", "pci=off", "ENODEV", "real kernel")]
    [InlineData("decoding off: pcilgi", "7.2", "mio", "SIGBUS (BUS_ADRERR)", "real kernel (emulated MIO)")]
    [InlineData("decoding off: an ordinary load", "7.2", "nomio", "SIGBUS (BUS_ADRERR)", "real kernel")]
    [InlineData("an ordinary load", "7.2", "nomio", "SIGILL (ILL_ILLADR)", "derived", 10)]
    [InlineData("the function is gone: pcilgi", "7.2", "mio", "cc 3", "derived", 8)]
    [InlineData("the function is gone: s390_pci_mmio_read", "7.2", "mio", "returns 3", "derived", 8)]
    [InlineData("the function is gone: s390_pci_mmio_read", "7.2", "nomio", "EIO", "source")]
    [InlineData("condition code 1: pcilgi", "7.2", "mio", "cc 1, status 12", "real kernel (emulated MIO)")]
    [InlineData("an exception in the system call", "7.2", "mio", "ENXIO", "real kernel (emulated MIO)")]
    [InlineData("ISM, ism_vfio_pci: pwrite of 8 bytes to BAR 2", "7.2", "nomio", "ENXIO", "derived", 5)]
    [InlineData("pcilgi of 3 bytes", "7.2", "mio", "SIGILL (ILL_ILLOPN)", "derived", 3)]
    [InlineData("pcilgi, page not touched before", "7.2", "nomio", "SIGILL (ILL_ILLOPC)", "derived", 2)]
    [InlineData("no MIO addresses: pcilgi", "7.2", "mio", "SIGILL (ILL_ILLADR)", "derived", 1)]
    [InlineData("no MIO addresses: pread of 4 bytes of a small BAR", "7.2", "mio", "all ones, no error", "real kernel (emulated MIO)")]
    [InlineData("ISM, vfio-pci: pread of 8 bytes of BAR 2", "7.2", "mio", "ENODEV", "real kernel (emulated MIO)")]
    [InlineData("ISM, ism_vfio_pci: pwrite of 136 bytes to BAR 2", "7.1", "mio", "EINVAL", "source")]
    [InlineData("ISM, ism_vfio_pci: pwrite of 136 bytes to BAR 2", "6.15", "mio", "-", "source")]
    [InlineData("no MIO addresses: the path that VfioSharp takes", "7.2", "mio", "Unreachable", "real kernel (emulated MIO)")]
    [InlineData("the path that VfioSharp takes", "6.12.24", "mio", "RegionFile", "real kernel (emulated MIO)")]
    [InlineData("the path that VfioSharp takes", "7.2", "mio", "MioInstruction", "real kernel (emulated MIO)")]
    public async Task A_cell_says_what_a_driver_sees_and_how_that_is_known(
        string situation, string kernel, string mode, string result, string verified, int? guess = null)
    {
        var cell = Assert.Single(await Cells("zpci explain --json"), cell =>
            Text(cell, "situation") == situation && Text(cell, "kernel") == kernel && Text(cell, "mode") == mode);

        Assert.Equal((result, verified, guess), (Text(cell, "result"), Text(cell, "verified"), Guess(cell)));
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
        Assert.Matches(@"(?m)^mmap of BAR 0 +mio +EINVAL +EINVAL \+ +ok +ok +ok \+$", run.Output);
        Assert.DoesNotContain("Guesses", run.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", @"(?m)^pcilgi of 3 bytes +mio .* SIGILL \(ILL_ILLOPN\) \?3$", @"(?m)^\?3 PCILGI and PCISTGI take 1, 2, 4 and 8 as the length")]
    [InlineData("--markdown", @"(?m)^\| pcilgi of 3 bytes \| mio \| .* \| \*SIGILL \(ILL\\_ILLOPN\)\* 3 \|$", @"(?m)^- 3: PCILGI and PCISTGI take 1, 2, 4 and 8 as the length")]
    public async Task A_cell_points_to_its_guess_and_the_guesses_are_listed_below(string option, string cell, string guess)
    {
        string[] arguments = ["zpci", "explain", "--situation", "pcilgi of 3 bytes", .. option.Split(' ', StringSplitOptions.RemoveEmptyEntries)];

        var run = await ToolRun.RunAsync("/nonexistent", arguments);

        Assert.Matches(cell, run.Output);
        Assert.Matches(guess, run.Output);
        Assert.Contains("Guesses (guest/qemu-mio/GUESSES.md)", run.Output, StringComparison.Ordinal);
        Assert.DoesNotMatch(@"(?m)^(- |\?)4:? ", run.Output);
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

    private static int? Guess(JsonElement cell) => cell.GetProperty("guess") is { ValueKind: JsonValueKind.Number } guess ? guess.GetInt32() : null;

    private static string Text(JsonElement cell, string field) => cell.GetProperty(field).GetString()!;
}
