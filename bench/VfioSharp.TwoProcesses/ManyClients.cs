using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace VfioSharp.TwoProcesses;

/// <summary>
/// One process serves many functions, this one has a client for each, all at once. Every client writes what only it writes, in RAM by message, in shared
/// memory, and by DMA, and reads it back.
/// </summary>
internal sealed class ManyClients(string program, string folder, int count)
{
    /// <summary>Runs.</summary>
    /// <param name="time">How long.</param>
    /// <exception cref="MeasurementException">An answer was not right.</exception>
    public ManyClientsReport Run(TimeSpan time)
    {
        using var server = SecondProcess.Serve(program, folder, count);
        var clients = new CheckingClient[count];
        var resident = new List<ResidentMemory>();
        using var start = new Barrier(count + 1);
        var end = new StrongBox<bool>();
        var threads = Enumerable.Range(0, count).Select(number =>
        {
            var client = clients[number] = new CheckingClient(number);
            return new Thread(() => client.Run(ServingProcess.SocketPath(folder, number), start, end));
        }).ToArray();
        foreach (var thread in threads)
            thread.Start();
        start.SignalAndWait();
        var clock = Stopwatch.StartNew();
        var step = time / 20;
        while (clock.Elapsed < time)
        {
            Thread.Sleep(step);
            resident.Add(new ResidentMemory(SecondProcess.CountResidentBytes(server.Id), SecondProcess.CountResidentBytes(Environment.ProcessId)));
        }

        Volatile.Write(ref end.Value, true);
        foreach (var thread in threads)
            thread.Join();
        var elapsed = clock.Elapsed;
        foreach (var client in clients)
            client.ThrowIfFailed();
        return Report(clients, resident, elapsed);
    }

    private static ManyClientsReport Report(CheckingClient[] clients, List<ResidentMemory> resident, TimeSpan elapsed)
    {
        var all = new Histogram();
        foreach (var client in clients)
            all.Add(client.Times);
        // The first quarter is for what both compile and for buffers that grow.
        var warm = resident[resident.Count / 4];
        return new ManyClientsReport
        {
            Clients = clients.Length,
            Seconds = elapsed.TotalSeconds,
            RoundTrips = all.Count,
            SlowestClientRoundTrips = clients.Min(client => client.Times.Count),
            DmaMoves = clients.Sum(client => client.Moves),
            P50Microseconds = Latency.Nanoseconds(all.Percentile(0.5)) / 1000,
            P99Microseconds = Latency.Nanoseconds(all.Percentile(0.99)) / 1000,
            WarmServerBytes = warm.Server,
            LastServerBytes = resident[^1].Server,
            WarmClientBytes = warm.Clients,
            LastClientBytes = resident[^1].Clients,
        };
    }

    private readonly record struct ResidentMemory(long Server, long Clients);
}

/// <summary>What came of it.</summary>
internal sealed record ManyClientsReport
{
    public required int Clients { get; init; }

    public required double Seconds { get; init; }

    public required long RoundTrips { get; init; }

    /// <summary>Of the client that had the fewest: whether all get their share.</summary>
    public required long SlowestClientRoundTrips { get; init; }

    public required long DmaMoves { get; init; }

    public required double P50Microseconds { get; init; }

    public required double P99Microseconds { get; init; }

    /// <summary>Resident memory of the process with the server after a quarter of the time, and at the end.</summary>
    public required long WarmServerBytes { get; init; }

    public required long LastServerBytes { get; init; }

    public required long WarmClientBytes { get; init; }

    public required long LastClientBytes { get; init; }

    public string ToTable() => string.Create(System.Globalization.CultureInfo.InvariantCulture, $"""
        {Clients} clients at {Clients} functions of one process, {Seconds:F1} s: {RoundTrips:N0} round trips, {RoundTrips / Seconds:N0} a second, all answers right.
        The slowest client made {SlowestClientRoundTrips:N0}. {DmaMoves:N0} moves by DMA.
        p50 {P50Microseconds:F1} us, p99 {P99Microseconds:F1} us
        resident: server {WarmServerBytes >> 10} KiB when warm, {LastServerBytes >> 10} KiB at the end; clients {WarmClientBytes >> 10} KiB, {LastClientBytes >> 10} KiB
        """);
}
