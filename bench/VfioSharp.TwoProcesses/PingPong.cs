using System.Diagnostics;
using System.Globalization;

namespace VfioSharp.TwoProcesses;

/// <summary>bench/c/ping-pong.c, which makes a round of round trips whenever it is asked.</summary>
internal sealed class PingPong : IDisposable
{
    private readonly Process _process;

    /// <summary>Starts it.</summary>
    /// <param name="program">The compiled program.</param>
    public PingPong(string program) =>
        _process = Process.Start(new ProcessStartInfo(program) { RedirectStandardInput = true, RedirectStandardOutput = true })
            ?? throw new MeasurementException($"{program} does not start.");

    /// <summary>Makes a round.</summary>
    public Latency Measure(bool spins, int count, Placement placement)
    {
        _process.StandardInput.WriteLine(FormattableString.Invariant($"{(spins ? "spinning" : "blocking")} {count} {placement.Own} {placement.Other}"));
        var words = _process.StandardOutput.ReadLine()?.Split(' ') ?? throw new MeasurementException("The ping-pong in C has ended.");
        return new Latency(double.Parse(words[0], CultureInfo.InvariantCulture), double.Parse(words[1], CultureInfo.InvariantCulture));
    }

    public void Dispose()
    {
        _process.StandardInput.Close();
        _process.WaitForExit();
        _process.Dispose();
    }
}
