using VfioSharp.Regions;
using VfioSharp.Tool.Arguments;
using VfioSharp.Tool.Reports.Registers;

namespace VfioSharp.Tool.Reports.Benchmarking;

/// <summary>Reads a register by every path that its region allows, in turns, so that a busy machine is as unkind to one as to the other.</summary>
internal static class Benchmark
{
    /// <summary>Measures.</summary>
    /// <exception cref="VfioException">No path is possible, or a read does not reach the device.</exception>
    public static BenchReport Run(VfioDevice device, Region region, ulong offset, int widthInBits, int rounds, CancellationToken cancellation)
    {
        var ruledOut = new List<RuledOutReport>();
        var windows = new List<RegionWindow>();
        try
        {
            foreach (var path in PathNames.All)
            {
                if (TryOpen(device, region, offset, widthInBits, path, ruledOut) is { } window)
                    windows.Add(window);
            }

            if (windows.Count == 0)
                throw new VfioException($"reach {region.Name}", device.Address.ToString(), Errno.None, string.Join(' ', ruledOut.Select(path => path.Reason)));

            var timers = windows.ConvertAll(window => new PathTimer(window.Plan.Path, window, widthInBits, rounds));
            foreach (var timer in timers)
            {
                timer.Calibrate(cancellation);
                RequireReached(timer);
            }

            for (var round = 0; round < rounds; round++)
            {
                foreach (var timer in timers)
                {
                    cancellation.ThrowIfCancellationRequested();
                    timer.RunRound();
                    RequireReached(timer);
                }
            }

            var slowest = timers.Max(timer => timer.MedianNs);
            return new BenchReport(
                device.Address.ToString(), region.Name, offset, widthInBits, rounds, timers.ConvertAll(timer => timer.Summarize(slowest)), ruledOut);
        }
        finally
        {
            foreach (var window in windows)
                window.Dispose();
        }

        // Reads of a device that was lost on the way end at once: their times would mislead.
        void RequireReached(PathTimer timer)
        {
            if (timer.ReachedNothing)
                Try(device, region, offset, widthInBits, timer.Path);
        }
    }

    private static RegionWindow? TryOpen(
        VfioDevice device, Region region, ulong offset, int widthInBits, AccessPath path, List<RuledOutReport> ruledOut)
    {
        var options = new WindowOptions { Offset = offset, LengthInBytes = (ulong)widthInBits / 8, Path = path };
        try
        {
            region.Plan(options);
        }
        catch (VfioException impossible)
        {
            ruledOut.Add(new RuledOutReport(path.ToString(), impossible.Advice ?? impossible.Message));
            return null;
        }

        Try(device, region, offset, widthInBits, path);
        return RegisterWindow.Open(device, region, offset, (ulong)widthInBits / 8, path, OnFault.AllOnes);
    }

    // One read that throws where it does not reach the device: times of reads that reach nothing would mislead.
    private static void Try(VfioDevice device, Region region, ulong offset, int widthInBits, AccessPath path)
    {
        using var trial = RegisterWindow.Open(device, region, offset, (ulong)widthInBits / 8, path);
        RegisterWindow.Read(trial, widthInBits);
    }
}
