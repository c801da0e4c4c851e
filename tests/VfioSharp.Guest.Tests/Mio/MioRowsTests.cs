namespace VfioSharp.Guest.Tests.Mio;

/// <summary>
/// What was recorded on a machine with MIO instructions, asked again by a program of our own, on our own QEMU (guest/qemu-mio), of the kernels
/// of today: the same, line by line.
/// </summary>
public sealed class MioRowsTests(ITestOutputHelper output)
{
    // Where the recordings had their five failing registers is not written in them: behind what they read in pieces, within the first page.
    private const string Nvme = "nvme,mio-fault=0x800";

    [Theory]
    [InlineData("mio-linux-7.2", 332)]
    [InlineData("mio-machine-pci-nomio-linux-7.2", 328, "--append", "pci=nomio")]
    public async Task Every_recorded_row_is_reproduced_or_its_difference_explained(string recording, int rows, params string[] options)
    {
        var here = await MioRowsProgram.Run("s390x 7 mio", ["--device", Nvme, .. options], "$VFIO_NVME group");

        AssertSame("s390x 7 mio", recording, here.Single(), rows);
    }

    [Fact]
    public async Task Every_recorded_row_is_the_same_by_group_and_by_character_device()
    {
        var here = await MioRowsProgram.Run("s390x iommufd mio", ["--device", Nvme], "$VFIO_NVME group", "$VFIO_NVME cdev");

        Assert.All(here, lines => AssertSame("s390x iommufd mio", "mio-linux-7.2", lines, rows: 332));
    }

    [Fact]
    public async Task A_machine_without_the_instructions_is_like_one_whose_kernel_does_not_use_them()
    {
        const string Recording = "mio-machine-pci-nomio-linux-7.2";
        var here = await MioRowsProgram.Run("s390x 7 mio", ["--device", Nvme, "--cpu", "pcimio=off"], "$VFIO_NVME group");

        var compared = MioRecording.Compare(Recording, here.Single());

        Report("s390x 7 mio, pcimio=off", compared);
        var facility = Assert.Single(compared, row => row.IsDifferent);
        Assert.Equal(("cpu facilities153=1", "cpu facilities153=0"), (facility.Recorded, facility.Here));
    }

    [Theory]
    [InlineData("linux-6.12", "s390x 6.12 mio", "nvme")]
    [InlineData("no-mio-addresses", "s390x 7 mio", "nvme,mio=off")]
    [InlineData("no-mio-addresses-6.12", "s390x 6.12 mio", "nvme,mio=off")]
    public async Task What_was_measured_without_a_recording_is_so_of_a_function(string expectation, string guest, string device)
    {
        var here = await MioRowsProgram.Run(guest, ["--device", device], "$VFIO_NVME group");

        MioExpectation.AssertIn(expectation, here.Single());
    }

    [Fact]
    public async Task What_was_measured_of_combined_stores_is_so()
    {
        var here = await MioRowsProgram.Run("s390x 7 mio", ["--device", "virtio-rng-pci,id=rng"], "$VFIO_RNG combined");

        MioExpectation.AssertIn("combined-stores", here.Single());
    }

    [Fact]
    public async Task What_was_measured_of_a_kernel_without_PCI_is_so()
    {
        var here = await MioRowsProgram.Run("s390x 7 mio", ["--no-devices", "--append", "pci=off"], "");

        MioExpectation.AssertIn("pci-off", here.Single());
    }

    [Fact]
    public void Every_guess_and_every_difference_speaks_of_a_recorded_row()
    {
        var rows = MioRecording.Names.SelectMany(name => MioRecording.Read(name).Select(text => (File: name, Text: text))).ToArray();

        Assert.All(GuessedRows.All, guess => Assert.Contains(rows, row => row.File == guess.File && guess.Row.IsMatch(row.Text)));
        Assert.All(ExplainedDifferences.All, difference => Assert.Contains(
            rows, row => (difference.File == "*" || row.File == difference.File) && difference.Recorded.IsMatch(row.Text)));
    }

    [Fact]
    public void A_row_that_is_answered_otherwise_is_noticed()
    {
        var here = MioRecording.Read("mio-linux-7.2");
        var kernel = Array.IndexOf(here, "mt sys_read NULL buffer: ret=2 -");
        var machine = Array.IndexOf(here, "mt pciwb: ok");
        here[kernel] = "mt sys_read NULL buffer: ret=-1 EFAULT";
        here[machine] = "mt pciwb: SIGILL si_code=1 si_addr=INSTRUCTION";

        var rows = MioRecording.Compare("mio-linux-7.2", here[..^1]);

        Assert.Equal(RowVerdict.Different, rows[kernel].Verdict);
        Assert.Equal(RowVerdict.GuessDifferent, rows[machine].Verdict);
        Assert.Equal(RowVerdict.Different, rows[^1].Verdict);
        Assert.Equal(3, rows.Count(row => row.IsDifferent));
    }

    private void AssertSame(string guest, string recording, string[] here, int rows)
    {
        var compared = MioRecording.Compare(recording, here);
        Report(guest, compared);
        Assert.Equal(rows, compared.Count);
        Assert.True(!compared.Any(row => row.IsDifferent), string.Join("\n", compared.Where(row => row.IsDifferent)));
    }

    // How many rows were reproduced, and each explained difference with its reason, for whoever reads the tests' output.
    private void Report(string guest, IReadOnlyList<MioRow> rows)
    {
        output.WriteLine($"{rows[0].File} on {guest}: {rows.Count} rows: " + string.Join(
            ", ", rows.GroupBy(row => row.Verdict).OrderBy(group => group.Key).Select(group => $"{group.Count()} {group.Key}")));
        foreach (var row in rows.Where(row => row.Verdict is RowVerdict.Explained))
            output.WriteLine($"{row}\n    since {row.Explanation}");
    }
}
