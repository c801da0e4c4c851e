using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace VfioSharp.TwoProcesses;

/// <summary>
/// Measures a register read by message, and by a load of shared memory, beside a ping-pong in C: short rounds in turn, so that what the machine does beside
/// disturbs all of them alike. One object is one sitting: two programs keep for seconds, and some as long as they run, half a microsecond that they
/// have by luck (of memory, of what the scheduler is at), ours as those in C. So there are several sittings, each with other processes.
/// </summary>
internal sealed class RoundTrip : IDisposable
{
    private const int Sittings = 10;
    private const int WarmUpRounds = 30;
    private const int LoadsOfRound = 200_000;

    private readonly Placement _placement;
    private readonly PingPong _floor;
    private readonly SecondProcess _server;
    private readonly Scratch _sleeping;
    private readonly Scratch _spinning;
    private readonly long[] _ticks;

    private RoundTrip(string pingPong, string folder, int count, Placement placement)
    {
        _placement = placement;
        _ticks = new long[count];
        _floor = new PingPong(pingPong);
        _server = SecondProcess.Serve(placement.CommandOfOther(Environment.ProcessPath!), folder, 2, polls: true);
        _sleeping = new Scratch(ServingProcess.SocketPath(folder, 0));
        _spinning = new Scratch(ServingProcess.SocketPath(folder, 1), new VfioOptions { BusyPoll = true });
    }

    /// <summary>Measures.</summary>
    /// <param name="pingPong">The ping-pong in C.</param>
    /// <param name="folder">Where the sockets are made.</param>
    /// <param name="rounds">How many rounds of each, at least; every sitting has as many.</param>
    /// <param name="count">How many round trips a round has.</param>
    /// <param name="placement">Where the two sides run. Spinning is measured where they do not share a processor.</param>
    public static RoundTripReport Run(string pingPong, string folder, int rounds, int count, Placement placement)
    {
        var samples = new RoundTripSamples();
        for (var sitting = 0; sitting < Sittings; sitting++)
        {
            using var measurement = new RoundTrip(pingPong, folder, count, placement);
            measurement.WarmUp();
            for (var round = 0; round < (rounds + Sittings - 1) / Sittings; round++)
                measurement.AddRound(samples);
            measurement.AddAllocations(samples);
        }

        return samples.Report();
    }

    public void Dispose()
    {
        _sleeping.Dispose();
        _spinning.Dispose();
        _server.Dispose();
        _floor.Dispose();
    }

    // The runtime compiles in the background what is called often: it needs calls, and time.
    private void WarmUp()
    {
        for (var round = 0; round < WarmUpRounds; round++)
        {
            Measure(_sleeping, 1000);
            if (!_placement.IsShared)
                Measure(_spinning, 1000);
            MeasureLoads();
            Thread.Sleep(10);
        }
    }

    private void AddRound(RoundTripSamples samples)
    {
        samples.Floor.Add(_floor.Measure(spins: false, _ticks.Length, _placement));
        samples.Message.Add(Measure(_sleeping, _ticks.Length));
        if (!_placement.IsShared)
        {
            samples.SharedFloor.Add(_floor.Measure(spins: false, _ticks.Length, _placement.Shared));
            samples.SpinningFloor.Add(_floor.Measure(spins: true, _ticks.Length, _placement));
            samples.SpinningMessage.Add(Measure(_spinning, _ticks.Length));
        }

        samples.Load.Add(MeasureLoads());
    }

    private void AddAllocations(RoundTripSamples samples)
    {
        samples.Allocations.Add(Allocations.Count(_server, _sleeping));
        if (!_placement.IsShared)
            samples.SpinningAllocations.Add(Allocations.Count(_server, _spinning));
    }

    private Latency Measure(Scratch scratch, int count)
    {
        var window = scratch.Registers;
        var ticks = _ticks.Length == count ? _ticks : new long[count];
        for (var i = 0; i < ticks.Length; i++)
        {
            var begin = Stopwatch.GetTimestamp();
            var value = window.Read32(0);
            ticks[i] = Stopwatch.GetTimestamp() - begin;
            if (value != Scratch.Identity)
                throw new MeasurementException($"The function's identity reads as 0x{value:x8}.");
        }

        return Latency.Of(ticks);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private double MeasureLoads()
    {
        var window = _sleeping.Shared;
        var sum = 0u;
        var begin = Stopwatch.GetTimestamp();
        for (var i = 0; i < LoadsOfRound; i++)
            sum += window.Read32(8);
        var spent = Latency.Nanoseconds(Stopwatch.GetTimestamp() - begin) / LoadsOfRound;
        return sum == 0 ? spent : throw new MeasurementException("Shared memory that nobody wrote is not 0.");
    }
}
