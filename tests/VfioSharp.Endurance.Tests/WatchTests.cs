using System.Globalization;
using VfioSharp.TwoProcesses;

namespace VfioSharp.Endurance.Tests;

public sealed class WatchTests : IDisposable
{
    private static readonly string Program = Path.Combine(AppContext.BaseDirectory, "VfioSharp.TwoProcesses");

    private readonly SocketFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    // Once it waited for the lock that requests hold, and each request woke it.
    [Fact]
    public void The_thread_that_watches_a_connection_sleeps_while_requests_are_made()
    {
        const int Reads = 20_000;
        using var server = SecondProcess.Serve(Program, _folder.FullName, 1);
        using var scratch = new Scratch(ServingProcess.SocketPath(_folder.FullName, 0));
        var before = CountWakeUps();

        for (var i = 0; i < Reads; i++)
            scratch.Registers.Read32(0);

        // It looks 20 times a second whether the connection is idle.
        Assert.InRange(CountWakeUps() - before, 0, Reads / 20);
    }

    private static long CountWakeUps() => Directory.EnumerateDirectories("/proc/self/task")
        .Where(task => File.ReadAllText($"{task}/comm").StartsWith("VfioSharp vfio-", StringComparison.Ordinal))
        .Select(task => File.ReadLines($"{task}/status").First(line => line.StartsWith("voluntary_ctxt_switches:", StringComparison.Ordinal)))
        .Sum(line => long.Parse(line.Split(':')[1], CultureInfo.InvariantCulture));
}
