namespace VfioSharp.Tool.Tests.Zpci;

/// <summary>
/// Three parts made BARs mappable on IBM Z: the system calls fault pages in, a BAR that cannot be mapped is found out, and vfio-pci maps at
/// all. Each one switched off by itself brings back the failure that it cured.
/// </summary>
public sealed class PartsOfTheSeriesTests
{
    private const string FirstTouch = "m = mmap bar0\nread m 4";
    private const string LargeBar = "region bar0\nm = mmap bar0 0 0x1000\nlog";

    [Fact]
    public async Task Without_the_fault_fix_the_first_touch_by_a_system_call_is_EINVAL()
    {
        Assert.Equal(["m = mmap bar0: ok errno=-", "read m 4: ret=-1 errno=EINVAL data=a5a5a5a5"], await Play("linux-6.15,nomio,fault=off/nvme", FirstTouch));
        Assert.Equal(["m = mmap bar0: ok errno=-", "read m 4: ret=0 errno=- data=ff07010f"], await Play("linux-6.15,nomio/nvme", FirstTouch));
    }

    [Fact]
    public async Task Without_the_fault_fix_MIO_faults_pages_in_all_the_same() =>
        Assert.Equal(["m = mmap bar0: ok errno=-", "read m 4: ret=0 errno=- data=ff07010f"], await Play("linux-6.15,mio,fault=off/nvme", FirstTouch));

    [Theory]
    [InlineData("linux-6.15,mio,fit=off/ism", "vmalloc_node_range for size 281474976714752 failed: Address range restricted to 0x")]
    [InlineData("linux-6.8,mio,fit=off,mmap=on/ism", "vmap allocation for size 281474976714752 failed: use vmalloc=<size> to increase size")]
    public async Task Without_the_fit_a_BAR_of_256_TiB_is_offered_and_its_mapping_is_ENOMEM_with_a_message(string target, string message)
    {
        var lines = await Play(target, LargeBar);

        Assert.Equal("region bar0: size=0x1000000000000 flags=0x7(READ, WRITE, MMAP) offset=0x0", lines[0]);
        Assert.Equal("m = mmap bar0 0 0x1000: FAILED errno=ENOMEM", lines[1]);
        Assert.Equal("log: 1 message", lines[2]);
        Assert.StartsWith("    " + message, lines[3], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("linux-6.15,mio,fit=size/ism")]
    [InlineData("linux-6.15,mio,fit=flag/ism")]
    [InlineData("linux-6.15,mio/ism")]
    public async Task With_the_fit_the_BAR_is_not_offered_and_its_mapping_is_EINVAL_without_a_message(string target) => Assert.Equal(
        ["region bar0: size=0x1000000000000 flags=0x3(READ, WRITE) offset=0x0", "m = mmap bar0 0 0x1000: FAILED errno=EINVAL", "log: no message"],
        await Play(target, LargeBar));

    [Fact]
    public async Task Without_the_mmap_part_no_BAR_has_the_MMAP_flag_and_a_window_goes_by_the_file()
    {
        Assert.Equal(
            [
                "region bar0: size=0x4000 flags=0x3(READ, WRITE) offset=0x0",
                "m = mmap bar0: FAILED errno=EINVAL",
                "read m 4: skipped: there is no m",
                "window bar0: path=RegionFile",
            ],
            await Play("linux-7.2,nomio,mmap=off/nvme", "region bar0\nm = mmap bar0\nread m 4\nwindow bar0"));
        Assert.Equal(
            ["region bar0: size=0x4000 flags=0xf(READ, WRITE, MMAP) offset=0x0", "window bar0: path=MmioSyscall"],
            await Play("linux-7.2,nomio/nvme", "region bar0\nwindow bar0"));
    }

    private static async Task<string[]> Play(string target, string script)
    {
        var run = await ToolRun.RunWithInputAsync(script, $"zpci run {target} -");
        Assert.Equal((0, ""), (run.ExitCode, run.Error));
        return run.Output.TrimEnd().Split('\n');
    }
}
