using System.Diagnostics;
using System.Globalization;
using VfioSharp.Nvme;

namespace VfioSharp.TwoProcesses.Nvme;

/// <summary>
/// Mixed verified traffic over vfio-user for a long time, while controllers are reset, queue pairs are made and deleted, connections end and begin, and one of two servers is killed
/// again and again. From time to time everything rests, and both sides are looked at: what they hold must not grow.
/// </summary>
internal sealed class NvmeSoak(string program, string folder, int seed)
{
    private const int Lanes = 3;
    private const long ImageSizeInBytes = 8 << 20;
    private static readonly TimeSpan RoundTime = TimeSpan.FromSeconds(10);

    /// <summary>How much more memory either side may have at the end than after the warm-up.</summary>
    private const long AllowedGrowthInBytes = 24 << 20;

    /// <summary>And how much more of it may be objects that are in use.</summary>
    private const long AllowedGrowthOfObjectsInBytes = 2 << 20;

    private static readonly TimeSpan SettlingTime = TimeSpan.FromMilliseconds(500);

    private readonly Random _random = new(seed);
    private readonly SoakCounts _counts = new();

    /// <summary>Runs.</summary>
    /// <param name="time">How long.</param>
    /// <param name="report">Told what was found whenever everything rests.</param>
    /// <exception cref="MeasurementException">A block was not what it has to be, something leaked, or a call did not end.</exception>
    public async Task<SoakReport> RunAsync(TimeSpan time, Action<SoakReport> report)
    {
        var clock = Stopwatch.StartNew();
        var reports = new List<SoakReport>();
        using var steady = new SoakedDevice(program, Path.Combine(folder, "steady"), HashCode.Combine(seed, 0), ImageSizeInBytes);
        using var mortal = new SoakedDevice(program, Path.Combine(folder, "mortal"), HashCode.Combine(seed, 1), ImageSizeInBytes);
        do
        {
            var end = clock.Elapsed + RoundTime;
            await Task.WhenAll(
                DisturbAsync(steady, () => clock.Elapsed < end, canKill: false),
                DisturbAsync(mortal, () => clock.Elapsed < end, canKill: true));
            reports.Add(Rest(steady, mortal, clock.Elapsed));
            report(reports[^1]);
        }
        while (clock.Elapsed < time);

        // The first third is for what both sides compile and for buffers that grow to their size.
        RequireFlat(reports[reports.Count / 3], reports[^1]);
        return reports[^1];
    }

    private async Task DisturbAsync(SoakedDevice device, Func<bool> goesOn, bool canKill)
    {
        await device.ConnectAsync();
        await device.VerifyAsync();
        device.Begin(Lanes);
        while (goesOn())
        {
            await Task.Delay(Next(100, 900));
            switch (Next(0, canKill ? 5 : 4))
            {
                case 0:
                    await device.ResetAsync();
                    Interlocked.Increment(ref _counts.Resets);
                    device.Begin(Lanes);
                    break;
                case 1 or 2:
                    await device.UseQueuePairAsync((NvmeCompletionMode)Next(0, 3));
                    Interlocked.Increment(ref _counts.QueuePairs);
                    break;
                case 3:
                    await device.EndAsync();
                    device.Disconnect();
                    await device.ConnectAsync();
                    Interlocked.Increment(ref _counts.Reconnects);
                    device.Begin(Lanes);
                    break;
                default:
                    await device.KillAsync();
                    await device.ConnectAsync();
                    await device.VerifyAsync();
                    Interlocked.Increment(ref _counts.Kills);
                    device.Begin(Lanes);
                    break;
            }
        }

        await device.EndAsync();
        await device.VerifyAsync();
        device.Disconnect();
    }

    private int Next(int least, int below)
    {
        lock (_random)
            return _random.Next(least, below);
    }

    private SoakReport Rest(SoakedDevice steady, SoakedDevice mortal, TimeSpan elapsed)
    {
        // The servers see the end of their connections, and what a finalizer would give back is given back, before anything is counted.
        Thread.Sleep(SettlingTime);
        GC.Collect();
        GC.WaitForPendingFinalizers();
        GC.Collect();
        return new SoakReport
        {
            Seconds = elapsed.TotalSeconds,
            Commands = steady.Commands + mortal.Commands,
            Resets = _counts.Resets,
            QueuePairs = _counts.QueuePairs,
            Reconnects = _counts.Reconnects,
            Kills = _counts.Kills,
            ClientDescriptors = ProcessTimes.CountDescriptors(Environment.ProcessId),
            ServerDescriptors = steady.CountServerDescriptors(),
            ClientObjectsInBytes = GC.GetTotalMemory(forceFullCollection: true),
            ClientBytes = SecondProcess.CountResidentBytes(Environment.ProcessId),
            ServerBytes = SecondProcess.CountResidentBytes(steady.ServerId),
        };
    }

    private static void RequireFlat(SoakReport warm, SoakReport last)
    {
        if (last.ClientDescriptors > warm.ClientDescriptors || last.ServerDescriptors > warm.ServerDescriptors)
        {
            throw new MeasurementException(
                $"Descriptors leak: the client had {warm.ClientDescriptors} and has {last.ClientDescriptors}, the server {warm.ServerDescriptors} and {last.ServerDescriptors}.");
        }

        if (last.ClientObjectsInBytes > warm.ClientObjectsInBytes + AllowedGrowthOfObjectsInBytes)
            throw new MeasurementException($"Objects leak: the client had {warm.ClientObjectsInBytes >> 10} KiB of them and has {last.ClientObjectsInBytes >> 10}.");
        if (last.ClientBytes > warm.ClientBytes + AllowedGrowthInBytes || last.ServerBytes > warm.ServerBytes + AllowedGrowthInBytes)
        {
            throw new MeasurementException(string.Create(
                CultureInfo.InvariantCulture,
                $"Memory grows: the client had {warm.ClientBytes >> 20} MiB and has {last.ClientBytes >> 20}, the server {warm.ServerBytes >> 20} and {last.ServerBytes >> 20}."));
        }
    }

    private sealed class SoakCounts
    {
        public int Resets;
        public int QueuePairs;
        public int Reconnects;
        public int Kills;
    }
}

/// <summary>What there was so far, and what both sides hold while nothing is connected.</summary>
internal sealed record SoakReport
{
    public required double Seconds { get; init; }

    public required long Commands { get; init; }

    public required int Resets { get; init; }

    public required int QueuePairs { get; init; }

    public required int Reconnects { get; init; }

    public required int Kills { get; init; }

    public required int ClientDescriptors { get; init; }

    public required int ServerDescriptors { get; init; }

    /// <summary>The objects of the driver's side that are in use.</summary>
    public required long ClientObjectsInBytes { get; init; }

    public required long ClientBytes { get; init; }

    public required long ServerBytes { get; init; }

    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"{Seconds,6:F0} s: {Commands,12:N0} commands verified, {Resets,4} resets, {QueuePairs,4} queue pairs, {Reconnects,4} reconnections, {Kills,4} kills; "
        + $"client {ClientDescriptors} descriptors, {ClientObjectsInBytes >> 10} KiB of objects, {ClientBytes >> 10} KiB resident; server {ServerDescriptors}, {ServerBytes >> 10} KiB");
}
