using VfioSharp.TwoProcesses.Nvme;

namespace VfioSharp.Endurance.Tests.Nvme;

/// <summary>The short versions of tests/soak and of bench/survival's kills, and the order of writes and flushes.</summary>
public sealed class NvmeSurvivalTests : IDisposable
{
    private static readonly string Program = Path.Combine(AppContext.BaseDirectory, "VfioSharp.TwoProcesses");

    private readonly SocketFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task No_acknowledged_write_is_lost_when_the_server_is_killed()
    {
        var report = await new NvmeSurvival(Program, _folder.FullName, seed: 3).RunAsync(4, TimeSpan.FromMilliseconds(300));

        Assert.Equal(4, report.Kills);
        Assert.True(report.Commands > 100, $"{report.Commands} commands are no traffic.");
    }

    [Fact]
    public async Task Resets_reconnections_and_kills_harm_no_block_and_leak_nothing()
    {
        var report = await new NvmeSoak(Program, _folder.FullName, seed: 5).RunAsync(TimeSpan.FromSeconds(15), _ => { });

        Assert.True(report.Commands > 100, $"{report.Commands} commands are no traffic.");
        Assert.NotEqual(0, report.Resets + report.Reconnects + report.Kills);
    }

    [Fact]
    public async Task A_flush_is_completed_after_what_was_acknowledged_before_it_lies_on_the_disk()
    {
        Assert.SkipUnless(CanTrace(), "strace is not here, or may not trace.");

        var (writes, flushes, syncs) = await new NvmeFlushes(Program, _folder.FullName, seed: 7).RunAsync(60);

        Assert.Equal(60, flushes);
        Assert.True(writes >= flushes);
        Assert.True(syncs >= flushes);
    }

    private static bool CanTrace()
    {
        try
        {
            using var process = System.Diagnostics.Process.Start(new System.Diagnostics.ProcessStartInfo("strace", ["-o", "/dev/null", "true"]) { RedirectStandardError = true });
            process!.WaitForExit();
            return process.ExitCode == 0;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return false;
        }
    }
}
