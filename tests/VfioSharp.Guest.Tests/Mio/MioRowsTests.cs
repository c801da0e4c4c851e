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
    [InlineData("s390x 7 mio", "mio-linux-7.2", "group", 332)]
    [InlineData("s390x iommufd mio", "mio-linux-7.2", "group", 332)]
    [InlineData("s390x iommufd mio", "mio-linux-7.2", "cdev", 332)]
    [InlineData("s390x 7 mio", "mio-machine-pci-nomio-linux-7.2", "group", 328, "--append", "pci=nomio")]
    public async Task Every_recorded_row_is_reproduced_or_its_difference_explained(string guest, string recording, string way, int rows, params string[] options)
    {
        var here = await MioRowsProgram.Run(guest, ["--device", Nvme, .. options], $"$VFIO_NVME {way}");

        var compared = MioRecording.Compare(recording, here);

        Report(guest, recording, compared);
        Assert.Equal(rows, compared.Count);
        var different = compared.Where(row => row.Verdict is RowVerdict.Different or RowVerdict.GuessDifferent).ToArray();
        Assert.True(different.Length == 0, string.Join("\n", different.Select(row => row.ToString())));
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
        Assert.Equal(3, rows.Count(row => row.Verdict is RowVerdict.Different or RowVerdict.GuessDifferent));
    }

    // What was reproduced, and each difference with its reason, for whoever reads the tests' output.
    private void Report(string guest, string recording, IReadOnlyList<MioRow> rows)
    {
        output.WriteLine($"{recording} on {guest}: {rows.Count} rows; " + string.Join(
            ", ", rows.GroupBy(row => row.Verdict).OrderBy(group => group.Key).Select(group => $"{group.Count()} {group.Key}")));
        foreach (var row in rows.Where(row => row.Verdict is RowVerdict.Explained))
            output.WriteLine($"{row}\n    since {row.Explanation}");
    }
}
