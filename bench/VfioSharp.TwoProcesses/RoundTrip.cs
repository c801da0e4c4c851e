using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace VfioSharp.TwoProcesses;

/// <summary>
/// Measures a register read by message, and by a load of shared memory, beside a ping-pong in C: short rounds in turn, so that what the machine does beside
/// disturbs all of them alike.
/// </summary>
internal sealed class RoundTrip : IDisposable
{
    private const int WarmUpRounds = 30;
    private const int LoadsOfRound = 200_000;

    private readonly PingPong _floor;
    private readonly SecondProcess _server;
    private readonly Scratch _sleeping;
    private readonly Scratch _spinning;
    private readonly long[] _ticks;

    /// <summary>Starts the other processes and opens the devices.</summary>
    /// <param name="pingPong">The ping-pong in C.</param>
    /// <param name="folder">Where the sockets are made.</param>
    /// <param name="count">How many round trips a round has.</param>
    public RoundTrip(string pingPong, string folder, int count)
    {
        _ticks = new long[count];
        _floor = new PingPong(pingPong);
        _server = SecondProcess.Serve(Environment.ProcessPath!, folder, 2, polls: true);
        _sleeping = new Scratch(ServingProcess.SocketPath(folder, 0));
        _spinning = new Scratch(ServingProcess.SocketPath(folder, 1), new VfioOptions { BusyPoll = true });
    }

    /// <summary>Measures.</summary>
    /// <param name="rounds">How many rounds of each.</param>
    /// <param name="spins">Whether spinning is measured, too: not where both ends share one processor.</param>
    public RoundTripReport Run(int rounds, bool spins)
    {
        // The runtime compiles in the background what is called often: it needs calls, and time.
        for (var round = 0; round < WarmUpRounds; round++)
        {
            Measure(_sleeping, 1000);
            if (spins)
                Measure(_spinning, 1000);
            MeasureLoads();
            Thread.Sleep(10);
        }

        var samples = new RoundTripSamples();
        for (var round = 0; round < rounds; round++)
        {
            samples.Floor.Add(_floor.Measure(spins: false, _ticks.Length));
            samples.Message.Add(Measure(_sleeping, _ticks.Length));
            if (spins)
            {
                samples.SpinningFloor.Add(_floor.Measure(spins: true, _ticks.Length));
                samples.SpinningMessage.Add(Measure(_spinning, _ticks.Length));
            }

            samples.Load.Add(MeasureLoads());
        }

        return samples.Report(Allocations.Count(_server, _sleeping), spins ? Allocations.Count(_server, _spinning) : null);
    }

    public void Dispose()
    {
        _sleeping.Dispose();
        _spinning.Dispose();
        _server.Dispose();
        _floor.Dispose();
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
