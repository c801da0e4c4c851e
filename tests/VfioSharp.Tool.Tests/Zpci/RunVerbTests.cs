using System.Text.Json;

namespace VfioSharp.Tool.Tests.Zpci;

public sealed class RunVerbTests
{
    [Theory]
    [InlineData("read 0x1000000 4", "ret=-1 errno=ENXIO data=a5a5a5a5")]
    [InlineData("load 0x1000000 4", "SIGSEGV si_code=1 si_addr=DATA page")]
    [InlineData("load 0x1000ffe 4", "SIGSEGV si_code=1 si_addr=DATA page")]
    [InlineData("pread bar0 0xffffffffffffffff 8", "ret=-1 errno=EINVAL data=a5a5a5a5a5a5a5a5")]
    [InlineData("read 0xffffffffffffffff 2", "ret=-1 errno=EINVAL data=a5a5")]
    [InlineData("pcilgi 0x1000000 4", "SIGSEGV si_code=1 si_addr=DATA page")]
    [InlineData("pciwb", "ok")]
    [InlineData("pread bar0 8 4", "ret=4 errno=- data=00040100")]
    [InlineData("pread vga 0 4", "ret=-1 errno=EINVAL data=a5a5a5a5")]
    [InlineData("region vga", "ret=-1 errno=EINVAL")]
    [InlineData("window bar0", "path=MioInstruction")]
    [InlineData("window bar0 0x20 0x10 by MmioSyscall", "path=MmioSyscall")]
    [InlineData("window.read bar0 8 16", "value=0x0400")]
    [InlineData("window.read bar0 0x4000 8", "refused: 1 bytes at offset 0x4000 reach beyond the window, which has 0x4000 bytes of BAR0.")]
    [InlineData("config.read 0 32", "value=0x00101b36")]
    [InlineData("window.block bar0 0x28 00112233445566778899aabbccddeeff", "ok")]
    [InlineData("window.registers bar0 0 32 3", "data=ff07010f2008400000040100")]
    [InlineData("window.registers bar0 8 16 2", "data=00040100")]
    [InlineData("window.registers bar0 2 64 1", "refused: Offset 0x2 of BAR0 is no multiple of 8, as an access of 8 bytes needs.")]
    [InlineData("window.flush bar0", "ok")]
    [InlineData("window.faults bar0", "0")]
    [InlineData("window bar0 by MmioSyscall quiet", "path=MmioSyscall")]
    [InlineData("decode off", "value=0x0000")]
    [InlineData("reset", "ret=0 errno=-")]
    [InlineData("dma.map 0 4096", "ret=-1 errno=EINVAL")]
    [InlineData("a = mmap memory 4096 r", "ok errno=-")]
    [InlineData("m = mmap resource0 0 0x1000 w", "ok errno=-")]
    [InlineData("mmap bar0 private", "FAILED errno=EINVAL")]
    public async Task A_step_is_printed_with_its_result(string step, string result)
    {
        var run = await ToolRun.RunWithInputAsync(step, "zpci run linux-7.2,mio/nvme -");

        Assert.Equal((0, $"{step}: {result}\n", ""), (run.ExitCode, run.Output, run.Error));
    }

    [Fact]
    public async Task A_mapping_keeps_its_name_after_it_is_gone()
    {
        var run = await ToolRun.RunWithInputAsync(
            "m = mmap bar0 populate  # with a comment\n\n# another\nwrite m+0x24 1f001f00\nread m+0x24 4\npcistgi m+0x24 4 0\nstore m 4 1\n"
            + "mprotect m 0x4000 r\nwrite m+0x24 00000000\nmunmap m 0x4000\nread m 4",
            "zpci run linux-7.2,mio/nvme -");

        Assert.Equal(
            """
            m = mmap bar0 populate: ok errno=-
            write m+0x24 1f001f00: ret=0 errno=-
            read m+0x24 4: ret=0 errno=- data=1f001f00
            pcistgi m+0x24 4 0: cc=0 status=0
            store m 4 1: SIGILL si_code=3 si_addr=INSTRUCTION
            mprotect m 0x4000 r: ret=0 errno=-
            write m+0x24 00000000: ret=-1 errno=ENXIO
            munmap m 0x4000: ret=0 errno=-
            read m 4: ret=-1 errno=ENXIO data=a5a5a5a5

            """,
            run.Output);
    }

    [Fact]
    public async Task A_process_and_the_library_see_one_device()
    {
        var run = await ToolRun.RunWithInputAsync(
            "m = mmap bar0\nwindow.write bar0 0x24 32 0x12345678\nread m+0x24 4\nwrite m+0x24 01000000\nwindow.read bar0 0x24 32\n"
            + "decode off\nread m 4\nwindow.read bar0 8 32\nlow-power on\ndecode on\nlow-power off\nread m 4",
            "zpci run linux-7.2,nomio/nvme -");

        Assert.Equal(
            """
            m = mmap bar0: ok errno=-
            window.write bar0 0x24 32 0x12345678: ok
            read m+0x24 4: ret=0 errno=- data=78563412
            write m+0x24 01000000: ret=0 errno=-
            window.read bar0 0x24 32: value=0x00000001
            decode off: value=0x0000
            read m 4: ret=-1 errno=EINVAL data=a5a5a5a5
            window.read bar0 8 32: FAILED errno=EINVAL
            low-power on: ret=0 errno=-
            decode on: value=0x0002
            low-power off: ret=0 errno=-
            read m 4: ret=0 errno=- data=ff07010f

            """,
            run.Output);
    }

    [Fact]
    public async Task A_quiet_window_answers_all_ones_and_counts_what_failed()
    {
        var run = await ToolRun.RunWithInputAsync(
            "window bar0 quiet\nwindow.read bar0 0x800 32\nwindow.write bar0 0x818 32 1\nwindow.registers bar0 0x7f8 64 3\nwindow.faults bar0\n"
            + "window bar0\nwindow.faults bar0\nwindow.read bar0 0x800 32\nwindow.read bar0 0x820 32\nwindow.faults bar0",
            "zpci run linux-7.2,mio/nvme,mio-fault=0x800 -");

        Assert.Equal(
            """
            window bar0 quiet: path=MioInstruction
            window.read bar0 0x800 32: value=0xffffffff
            window.write bar0 0x818 32 1: ok
            window.registers bar0 0x7f8 64 3: data=0000000000000000ffffffffffffffffffffffffffffffff
            window.faults bar0: 4
            window bar0: path=MioInstruction
            window.faults bar0: 0
            window.read bar0 0x800 32: FAILED cc=1 status=12
            window.read bar0 0x820 32: FAILED signal=SIGILL
            window.faults bar0: 2

            """,
            run.Output);
    }

    [Fact]
    public async Task As_JSON_each_step_has_its_fields()
    {
        var run = await ToolRun.RunWithInputAsync(
            "m = mmap bar0\n\nfail bar0 0x800 cc1\npcilgi m+0x800 4\nread m+0x800 4\nload m 4", "zpci run linux-7.2,mio/nvme - --json");

        var steps = JsonDocument.Parse(run.Output).RootElement;
        Assert.Equal([1, 3, 4, 5, 6], steps.EnumerateArray().Select(step => step.GetProperty("line").GetInt32()));
        Assert.Equal("m = mmap bar0", steps[0].GetProperty("step").GetString());
        Assert.True(steps[0].GetProperty("done").GetBoolean());
        Assert.Equal((1, 12), (steps[2].GetProperty("conditionCode").GetInt32(), steps[2].GetProperty("status").GetInt32()));
        Assert.Equal((1, JsonValueKind.Null), (steps[3].GetProperty("return").GetInt32(), steps[3].GetProperty("errno").ValueKind));
        Assert.False(steps[3].GetProperty("done").GetBoolean());
        Assert.Equal(("SIGILL", 3), (steps[4].GetProperty("signal").GetString(), steps[4].GetProperty("signalCode").GetInt32()));
    }

    [Fact]
    public async Task A_script_in_a_file_plays_on_any_device()
    {
        var script = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName());
        await File.WriteAllTextAsync(script, "window bar0\nwindow.read bar0 8 32\nwindow.read bar0 8 32\nreset\n", TestContext.Current.CancellationToken);
        try
        {
            var device = new FakeDevice();

            var run = await ToolRun.RunOnAsync(device, $"zpci run 01:00.0 {script}");

            Assert.Equal((0, ""), (run.ExitCode, run.Error));
            Assert.Equal(
                "window bar0: path=LoadStore\nwindow.read bar0 8 32: value=0x00010400\nwindow.read bar0 8 32: value=0x00010400\nreset: ret=0 errno=-\n",
                run.Output);
            Assert.True(device.IsDisposed);
        }
        finally
        {
            File.Delete(script);
        }
    }

    [Theory]
    [InlineData("", "The script has no step")]
    [InlineData("frobnicate", "Line 1 of the script: there is no step 'frobnicate'")]
    [InlineData("\nread m 4", "Line 2 of the script: 'm' is not an address: no line above names a mapping so")]
    [InlineData("read 0 zz", "'zz' is not a length")]
    [InlineData("read 0", "'read' lacks a length")]
    [InlineData("read 0 4 4", "'4' is too much for 'read'")]
    [InlineData("write 0 123", "'123' is not bytes")]
    [InlineData("m = read 0 4", "'read' makes nothing that could be called 'm'")]
    [InlineData("1m = mmap bar0", "'1m' is not a name")]
    [InlineData("mmap bar9x", "'bar9x' cannot be mapped")]
    [InlineData("window.read bar0 0 24", "a width is 8, 16, 32 or 64 bits, not 24")]
    [InlineData("window.write bar0 0 8 256", "a value is 256")]
    [InlineData("config.read 0 64", "8, 16 or 32 bits wide")]
    [InlineData("window bar0 by Teleport", "'Teleport' is not a path")]
    [InlineData("window.registers bar0 0 64 9", "a count is 9")]
    [InlineData("window bar0 quiet by RegionFile", "'by' is too much for 'window'")]
    [InlineData("decode maybe", "'maybe' is not on or off")]
    public async Task A_script_with_a_mistake_is_refused_before_anything_is_played(string script, string expected) =>
        (await ToolRun.RunWithInputAsync(script, "zpci run linux-7.2,mio/nvme -")).AssertRefused(2, expected);

    [Theory]
    [InlineData("zpci run linux-3.18,nomio/nvme -", 1, "came with 3.19")]
    [InlineData("zpci run linux-7.2,turbo/nvme -", 1, "'turbo' is not a property of a host")]
    [InlineData("zpci run linux-7.2,mio/toaster -", 1, "'toaster' is no function")]
    [InlineData("zpci run linux-7.2,mio -", 1, "names no function")]
    [InlineData("zpci run linux-7.2,mio/nvme /nonexistent/script", 1, "/nonexistent/script")]
    [InlineData("zpci run pumpkin -", 2, "'pumpkin' is not a device address")]
    [InlineData("zpci run linux-7.2,mio/nvme", 2, "SCRIPT")]
    public async Task A_target_or_a_script_that_is_not_there_gets_one_sentence(string arguments, int exitCode, string expected) =>
        (await ToolRun.RunWithInputAsync("pciwb", arguments)).AssertRefused(exitCode, expected);

    [Fact]
    public async Task Steps_of_a_process_are_for_modelled_hosts_alone() =>
        (await ToolRun.RunWithInputAsync("pciwb", "zpci run 01:00.0 -")).AssertRefused(2, "'pciwb' can be played on a modelled host alone");

    [Theory]
    [InlineData("read zpci:linux-7.2,nomio/nvme bar0 8", "0x00010400\n")]
    [InlineData("read zpci:linux-6.12,mio/nvme bar0 0 --width 64 --path RegionFile", "0x004008200f0107ff\n")]
    [InlineData("read zpci:linux-7.2,mio/nic bar0 0 --path MioInstruction", "0x43494e56\n")]
    public async Task Other_verbs_open_modelled_hosts_as_devices(string arguments, string expected)
    {
        var run = await ToolRun.RunAsync("/nonexistent", arguments.Split(' '));

        Assert.Equal((0, expected, ""), (run.ExitCode, run.Output, run.Error));
    }

    [Fact]
    public async Task A_probe_of_a_modelled_host_tells_its_kernel_and_machine()
    {
        var probe = JsonDocument.Parse((await ToolRun.RunAsync("/nonexistent", "probe", "zpci:linux-7.2,nomio/nvme", "--json")).Output).RootElement;

        Assert.Equal(
            ["zpci", "7.2", "s390x", "vfio-pci"],
            ((string[])["backend", "kernel", "architecture", "driver"]).Select(field => probe.GetProperty(field).GetString()));
    }
}
