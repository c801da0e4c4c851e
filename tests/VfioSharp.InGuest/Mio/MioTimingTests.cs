using System.Diagnostics;
using VfioSharp.Regions;

namespace VfioSharp.InGuest.Mio;

/// <summary>
/// That an instruction saves the way into the kernel. How much is not judged here: times of an emulated machine say nothing about IBM Z. Explicit: see
/// <see cref="MioGuest"/>.
/// </summary>
public sealed class MioTimingTests
{
    private const int Rounds = 21, ReadsInRound = 100;

    [Fact(Explicit = true)]
    public void A_read_by_instruction_takes_less_time_than_by_system_call_or_pread()
    {
        using var device = Guest.Open("nvme");
        AccessPath[] paths = [AccessPath.MioInstruction, AccessPath.MmioSyscall, AccessPath.RegionFile];
        var windows = Array.ConvertAll(
            paths, path => device.Regions[RegionIndex.Bar0].Open(new WindowOptions { Path = path, OnFault = OnFault.Throw }));
        var rounds = Array.ConvertAll(paths, _ => new long[Rounds]);
        // In turns, so that a busy machine is as unkind to one as to the other.
        for (var round = 0; round < Rounds; round++)
        {
            for (var i = 0; i < windows.Length; i++)
            {
                var begin = Stopwatch.GetTimestamp();
                for (var read = 0; read < ReadsInRound; read++)
                    _ = windows[i].Read32(NvmeAdminQueue.Version);
                rounds[i][round] = Stopwatch.GetTimestamp() - begin;
            }
        }

        var medians = Array.ConvertAll(rounds, times => times.OrderBy(time => time).ElementAt(Rounds / 2));
        foreach (var window in windows)
            window.Dispose();
        Assert.InRange(medians[0], 1, medians[1] - 1);
        Assert.InRange(medians[0], 1, medians[2] - 1);
    }
}
