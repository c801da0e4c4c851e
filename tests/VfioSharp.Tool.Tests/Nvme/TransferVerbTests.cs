using System.Text.Json;

namespace VfioSharp.Tool.Tests.Nvme;

public sealed class TransferVerbTests
{
    [Theory]
    [InlineData(512, 0, 1)]
    [InlineData(512, 0, 512)]
    [InlineData(512, 7, 4096)]
    [InlineData(512, 100, 3_000_001)]
    [InlineData(4096, 3, 5000)]
    [InlineData(4096, 0, 1 << 20)]
    public async Task What_is_written_is_what_is_read(int blockSize, long lba, int length)
    {
        using var disk = new ServedDisk((4 << 20, blockSize));
        var bytes = disk.WriteRandom("in", length);

        var write = await disk.RunAsync($"nvme write DEVICE --lba {lba} --input {disk["in"]}");
        var read = await disk.RunAsync($"nvme read DEVICE --lba {lba} --length {length} --output {disk["out"]}");

        Assert.Equal((0, "", ""), (write.ExitCode, write.Output, write.Error));
        Assert.Equal((0, "", ""), (read.ExitCode, read.Output, read.Error));
        Assert.Equal(bytes, File.ReadAllBytes(disk["out"]));
        Assert.Equal(bytes, disk.Read(1, lba * blockSize, length));
    }

    [Fact]
    public async Task Of_a_block_that_is_filled_in_part_the_rest_stays()
    {
        using var disk = new ServedDisk();
        var before = disk.WriteRandom("in", 2048);
        await disk.RunAsync($"nvme write DEVICE --input {disk["in"]}");
        var after = disk.WriteRandom("in", 700);

        var run = await disk.RunAsync($"nvme write DEVICE --input {disk["in"]} --force");

        Assert.Equal((0, ""), (run.ExitCode, run.Error));
        Assert.Equal([.. after, .. before[700..]], disk.Read(1, 0, 2048));
    }

    [Fact]
    public async Task Data_goes_through_standard_streams()
    {
        using var disk = new ServedDisk();
        var bytes = disk.WriteRandom("in", 1_000_000);
        using var output = new MemoryStream();

        var write = await disk.RunAsync("nvme write DEVICE --input -", new StandardStreams { Input = bytes });
        var read = await disk.RunAsync("nvme read DEVICE --length 1000000 --output -", new StandardStreams { Output = output });

        Assert.Equal((0, "", 0, ""), (write.ExitCode, write.Error, read.ExitCode, read.Error));
        Assert.Equal(bytes, output.ToArray());
    }

    [Fact]
    public async Task Each_namespace_is_a_disk_of_its_own()
    {
        using var disk = new ServedDisk((1 << 20, 512), (2 << 20, 4096));
        var bytes = disk.WriteRandom("in", 8192);

        var run = await disk.RunAsync($"nvme write DEVICE --namespace 2 --lba 1 --input {disk["in"]} --json");

        Assert.Equal((0, ""), (run.ExitCode, run.Error));
        Assert.Equal(bytes, disk.Read(2, 4096, 8192));
        Assert.Equal(new byte[8192], disk.Read(1, 0, 8192));
        var report = JsonDocument.Parse(run.Output).RootElement;
        Assert.Equal(
            (disk.Address, 2, 1, 4096, 8192),
            (report.GetProperty("device").GetString(), report.GetProperty("namespace").GetInt32(), report.GetProperty("firstLba").GetInt32(),
                report.GetProperty("blockSizeInBytes").GetInt32(), report.GetProperty("lengthInBytes").GetInt32()));
        Assert.True(report.GetProperty("bytesPerSecond").GetDouble() > 0);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(8191)]
    [InlineData(4096)]
    public async Task A_namespace_that_holds_data_is_refused_where_nobody_can_be_asked(long lbaOfData)
    {
        using var disk = new ServedDisk();
        disk.WriteRandom("in", 512);
        await disk.RunAsync($"nvme write DEVICE --lba {lbaOfData} --input {disk["in"]} --force");

        var run = await disk.RunAsync($"nvme write DEVICE --lba 4096 --input {disk["in"]}");

        run.AssertRefused(ExitCode.Refused, $"it holds data, at LBA {lbaOfData} for one");
        Assert.Contains("--force", run.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("y", true)]
    [InlineData("yes", true)]
    [InlineData("", false)]
    [InlineData("n", false)]
    [InlineData("yesterday", false)]
    public async Task A_person_at_a_terminal_is_asked(string answer, bool agrees)
    {
        using var disk = new ServedDisk();
        var before = disk.WriteRandom("in", 512);
        await disk.RunAsync($"nvme write DEVICE --input {disk["in"]}");
        var after = disk.WriteRandom("in", 512);

        var run = await disk.RunAsync($"nvme write DEVICE --input {disk["in"]}", new StandardStreams { Answer = answer + "\n" });

        Assert.Contains("holds data, at LBA 0 for one. Write LBA 0 to 0? [y/N] ", run.Error, StringComparison.Ordinal);
        Assert.Equal(agrees ? ExitCode.Done : ExitCode.Refused, run.ExitCode);
        Assert.Equal(agrees ? after : before, disk.Read(1, 0, 512));
    }

    [Fact]
    public async Task A_terminal_cannot_answer_while_the_data_comes_from_it()
    {
        using var disk = new ServedDisk();
        disk.WriteRandom("in", 512);
        await disk.RunAsync($"nvme write DEVICE --input {disk["in"]}");

        (await disk.RunAsync("nvme write DEVICE --input -", new StandardStreams { Input = new byte[512], Answer = "y\n" }))
            .AssertRefused(ExitCode.Refused, "no terminal to ask at");
    }

    [Theory]
    [InlineData("nvme read DEVICE --lba 8192 --output OUT", "it has 8192 blocks of 512 bytes")]
    [InlineData("nvme read DEVICE --lba 8191 --length 513 --output OUT", "cannot reach 513 bytes from LBA 8191 on of namespace 1")]
    [InlineData("nvme read DEVICE --namespace 2 --output OUT", "cannot find namespace 2: the controller has 1")]
    [InlineData("nvme read DEVICE --output /nonexistent/out", "/nonexistent/out")]
    [InlineData("nvme write DEVICE --input /nonexistent/in", "/nonexistent/in")]
    [InlineData("nvme write DEVICE --input IN --length 1001", "it has 1000 bytes, and 1001 are to be written")]
    [InlineData("nvme write DEVICE --input IN --lba 8191", "cannot reach 1000 bytes from LBA 8191 on of namespace 1")]
    [InlineData("nvme write DEVICE --input EMPTY", "it is empty")]
    [InlineData("nvme identify DEVICE --namespace 7", "cannot find namespace 7")]
    [InlineData("nvme bench DEVICE --lba 9000", "it has 8192 blocks")]
    [InlineData("nvme bench DEVICE --block-size 1000", "a command moves whole blocks, of 512 bytes")]
    [InlineData("nvme bench DEVICE --block-size 32MiB", "a command moves at most")]
    [InlineData("nvme bench DEVICE --length 8KiB --queues 3", "not a place for each of 3 queues")]
    public async Task What_the_disk_does_not_have_is_one_sentence_and_exit_code_1(string arguments, string expected)
    {
        using var disk = new ServedDisk();
        disk.WriteRandom("in", 1000);
        disk.WriteRandom("empty", 0);

        var run = await disk.RunAsync(arguments
            .Replace("OUT", disk["out"], StringComparison.Ordinal)
            .Replace("EMPTY", disk["empty"], StringComparison.Ordinal)
            .Replace("IN", disk["in"], StringComparison.Ordinal));

        run.AssertRefused(ExitCode.Refused, expected);
        Assert.False(File.Exists(disk["out"]));
    }

    [Fact]
    public async Task A_write_that_does_not_get_to_its_end_says_how_far_it_got()
    {
        using var disk = new ServedDisk();

        var run = await disk.RunAsync("nvme write DEVICE --lba 4096 --input -", new StandardStreams { Input = new byte[(2 << 20) + 1] });

        run.AssertRefused(ExitCode.Refused, "it goes on where the namespace ends. 2097152 bytes were written (LBA 4096 to 8191)");
    }

    [Fact]
    public async Task A_device_that_is_no_controller_is_refused()
    {
        using var served = new VfioUser.ServedFunction(new Emulation.Functions.EduFunction());

        (await served.RunAsync("nvme identify DEVICE")).AssertRefused(ExitCode.Refused, "no command set");
    }

    [Fact]
    public async Task A_terminal_shows_how_far_a_long_transfer_is()
    {
        using var disk = new ServedDisk((16 << 20, 512));

        var shown = await disk.RunAsync("nvme read DEVICE --output /dev/null", new StandardStreams { ShowsProgress = true });
        var small = await disk.RunAsync("nvme read DEVICE --length 4KiB --output /dev/null", new StandardStreams { ShowsProgress = true });

        Assert.Equal((0, 0, ""), (shown.ExitCode, small.ExitCode, small.Error));
        Assert.Contains("reading", shown.Error, StringComparison.Ordinal);
    }
}
