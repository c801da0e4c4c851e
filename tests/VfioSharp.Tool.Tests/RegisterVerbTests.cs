using System.Text.Json;

namespace VfioSharp.Tool.Tests;

public sealed class RegisterVerbTests
{
    [Theory]
    [InlineData("read 01:00.0 bar0 8", "0x00010400\n")]
    [InlineData("read 01:00.0 bar0 8 --path RegionFile", "0x00010400\n")]
    [InlineData("read 01:00.0 BAR0 0x8 --width 8 --path loadstore", "0x00\n")]
    [InlineData("read 01:00.0 0 0x9 --width 8", "0x04\n")]
    [InlineData("read 01:00.0 bar0 8 --width 64", "0x0000000000010400\n")]
    [InlineData("read 01:00.0 config 0 --width 16", "0x1b36\n")]
    [InlineData("read 01:00.0 7 0x2 --width 16", "0x0010\n")]
    public async Task A_read_prints_the_value_in_the_width_of_the_register(string arguments, string expected)
    {
        var device = new FakeDevice();

        var run = await ToolRun.RunOnAsync(device, arguments);

        Assert.Equal((0, expected, ""), (run.ExitCode, run.Output, run.Error));
        Assert.True(device.IsDisposed);
    }

    [Fact]
    public async Task A_read_as_JSON_has_the_path_that_was_taken()
    {
        var run = await ToolRun.RunOnAsync(new FakeDevice(), "read 01:00.0 bar0 8 --json --path RegionFile");

        var report = JsonDocument.Parse(run.Output).RootElement;
        Assert.Equal("0000:01:00.0", report.GetProperty("device").GetString());
        Assert.Equal("BAR0", report.GetProperty("region").GetString());
        Assert.Equal(8, report.GetProperty("offset").GetInt32());
        Assert.Equal(32, report.GetProperty("width").GetInt32());
        Assert.Equal(0x10400, report.GetProperty("value").GetInt32());
        Assert.Equal("RegionFile", report.GetProperty("path").GetString());
    }

    [Theory]
    [InlineData("LoadStore")]
    [InlineData("RegionFile")]
    public async Task A_write_reaches_the_register_and_nothing_beside_it(string path)
    {
        var device = new FakeDevice();

        var run = await ToolRun.RunOnAsync(device, $"write 01:00.0 bar0 0x14 0xcafe_f00d --path {path}");

        Assert.Equal((0, "", ""), (run.ExitCode, run.Output, run.Error));
        Assert.Equal([0, 0, 0, 0, 0x0d, 0xf0, 0xfe, 0xca, 0, 0, 0, 0], device.Bar0AtTheEnd[0x10..0x1c]);
    }

    [Fact]
    public async Task Configuration_space_can_be_written()
    {
        var device = new FakeDevice();

        var run = await ToolRun.RunOnAsync(device, "write 01:00.0 config 4 0x0146 --width 16");

        Assert.Equal(0, run.ExitCode);
        Assert.Equal([0x46, 0x01, 0x10, 0x00], device.Config[4..8]);
    }

    [Theory]
    [InlineData("read 01:00.0 bar0 0x4000", "BAR0 ends at 0x4000")]
    [InlineData("read 01:00.0 bar0 0xffff_ffff_ffff_fff8 --width 64", "BAR0 ends at 0x4000")]
    [InlineData("read 01:00.0 bar1 0", "no such region")]
    [InlineData("read 01:00.0 9 0", "numbers 0 to 8")]
    [InlineData("read 01:00.0 bar2 0 --path LoadStore", "BAR2")]
    [InlineData("read 01:00.0 bar0 0 --path MioInstruction", "IBM Z")]
    [InlineData("read 01:00.0 rom 0", "EIO")]
    [InlineData("write 01:00.0 rom 0 1", "reading only")]
    [InlineData("write 01:00.0 bar0 0x4000 1", "BAR0 ends at 0x4000")]
    [InlineData("dump 01:00.0 bar0 --offset 0x3ff8 --length 16", "BAR0 ends at 0x4000")]
    [InlineData("dump 01:00.0 bar0 --offset 0x4000", "BAR0 ends at 0x4000")]
    [InlineData("dump 01:00.0 rom", "EIO")]
    [InlineData("dump 01:00.0 bar2 --output /nonexistent/file", "/nonexistent/file")]
    [InlineData("bench 01:00.0 rom 0", "EIO")]
    [InlineData("bench 01:00.0 bar5 0", "no such region")]
    public async Task What_the_device_does_not_have_is_one_sentence_and_exit_code_1(string arguments, string expected)
    {
        var device = new FakeDevice();

        (await ToolRun.RunOnAsync(device, arguments)).AssertRefused(1, expected);
        Assert.True(device.IsDisposed);
    }

    [Fact]
    public async Task A_dump_looks_like_that_of_hexdump()
    {
        var run = await ToolRun.RunOnAsync(new FakeDevice(), "dump 01:00.0 config --length 96");

        Assert.Equal(
            """
            00000000  36 1b 10 00 06 00 10 00  02 02 08 01 00 00 00 00  |6...............|
            00000010  04 00 bd fe 00 00 00 00  01 c0 00 00 00 00 00 00  |................|
            00000020  00 00 00 00 00 00 00 00  00 00 00 00 f4 1a 00 11  |................|
            00000030  00 00 00 00 40 00 00 00  00 00 00 00 00 00 00 00  |....@...........|
            00000040  01 50 03 00 00 00 00 00  00 00 00 00 00 00 00 00  |.P..............|
            00000050  11 60 40 00 00 20 00 00  00 30 00 00 00 00 00 00  |.`@.. ...0......|
            00000060

            """,
            run.Output);
    }

    [Fact]
    public async Task A_dump_squeezes_repeated_lines_and_shows_a_short_last_one()
    {
        var run = await ToolRun.RunOnAsync(new FakeDevice(), "dump 01:00.0 bar0 --offset 0x1000 --length 0x1804 --path RegionFile");

        Assert.Equal(
            """
            00001000  00 00 00 00 00 00 00 00  00 00 00 00 00 00 00 00  |................|
            *
            00002800  00 00 00 00                                       |....|
            00002804

            """,
            run.Output);
    }

    [Fact]
    public async Task A_dump_into_a_file_holds_the_bytes()
    {
        var file = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName());
        try
        {
            var run = await ToolRun.RunOnAsync(new FakeDevice(), $"dump 01:00.0 config --length 64 --output {file}");

            Assert.Equal((0, "", ""), (run.ExitCode, run.Output, run.Error));
            using var device = new FakeDevice();
            Assert.Equal(device.Config[..64], File.ReadAllBytes(file));
        }
        finally
        {
            File.Delete(file);
        }
    }

    [Fact]
    public async Task A_dump_that_fails_leaves_no_file()
    {
        var file = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName());

        (await ToolRun.RunOnAsync(new FakeDevice(), $"dump 01:00.0 rom --output {file}")).AssertRefused(1, "EIO");
        Assert.False(File.Exists(file));
    }
}
