using System.Diagnostics;
using VfioSharp.Emulation.Nvme;
using VfioSharp.Nvme;

namespace VfioSharp.TwoProcesses.Nvme;

/// <summary>
/// Measures the driver at the controller over vfio-user, each in a process of its own, the image in memory: with both looking for work all the time, and with interrupts; in short rounds
/// in turn, so that what the machine does beside disturbs all of them alike.
/// </summary>
internal sealed class NvmeBench : IDisposable
{
    private static readonly int[] Depths = [1, 8, 32, 128];
    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Idle = TimeSpan.FromSeconds(5);

    private readonly BenchedPair _polling;
    private readonly BenchedPair _interrupts;

    /// <summary>Starts the servers and connects.</summary>
    /// <param name="program">This program's file.</param>
    /// <param name="folder">Where the images are made; it has to be in memory.</param>
    public NvmeBench(string program, string folder)
    {
        _polling = new BenchedPair(program, folder, "polling", NvmeDoorbells.Shared, isPolling: true, Depths);
        _interrupts = new BenchedPair(program, folder, "interrupts", NvmeDoorbells.Trapped, isPolling: false, Depths);
    }

    /// <summary>Measures.</summary>
    /// <param name="rounds">How many rounds.</param>
    /// <param name="time">How long each part of a round takes.</param>
    public NvmeBenchReport Run(int rounds, TimeSpan time)
    {
        BenchedPair[] pairs = [_polling, _interrupts];
        foreach (var pair in pairs)
            pair.WarmUp(WarmUp);

        for (var round = 0; round < rounds; round++)
        {
            foreach (var pair in pairs)
                pair.Measure(time);
        }

        var rows = pairs.SelectMany(pair => pair.Rows()).ToArray();
        return new NvmeBenchReport { Rounds = rounds, Rows = rows, Idle = _interrupts.MeasureIdle(Idle) };
    }

    public void Dispose()
    {
        _polling.Dispose();
        _interrupts.Dispose();
    }
}

/// <summary>A server in a process of its own, and the loads at it.</summary>
internal sealed class BenchedPair : IDisposable
{
    private const long ImageSizeInBytes = 64 << 20;
    private const int BlockSizeInBytes = 512;

    // Two that spin want a processor each: where the scheduler puts both on one, each waits until the other's turn is over.
    private const int DriversProcessor = 0;
    private const int ServersProcessor = 1;

    private readonly string _name;
    private readonly bool _isPolling;
    private readonly SecondProcess _server;
    private readonly NvmeController _controller;
    private readonly NvmeQueuePair? _queue;
    private readonly List<LoadSample>[] _samples;
    private readonly long[] _serverBytes;

    public BenchedPair(string program, string folder, string name, NvmeDoorbells doorbells, bool isPolling, int[] depths)
    {
        _name = name;
        var image = ServedImage.Create(Path.Combine(folder, $"{name}-disk"), ImageSizeInBytes, BlockSizeInBytes);
        // A hole would be read without touching any memory; and what is read is compared.
        Fill(image.Path);
        var plan = new NvmeServerPlan(Path.Combine(folder, $"{name}-socket"), [image]) { Doorbells = doorbells, IsSpinning = isPolling };
        _isPolling = isPolling && Environment.ProcessorCount > 1;
        _server = _isPolling ? plan.StartOn(program, ServersProcessor) : plan.Start(program);
        _controller = NvmeController.OpenAsync($"vfio-user:{plan.Socket}").GetAwaiter().GetResult();
        var disk = _controller.Namespaces[0];
        if (isPolling)
        {
            var queue = _controller.CreateQueuePairAsync(new NvmeQueueOptions { Depth = depths.Max(), Completion = NvmeCompletionMode.Manual }).GetAwaiter().GetResult();
            _queue = queue;
            Loads = [.. depths.Select(depth => new PollingLoad(disk, queue, depth))];
        }
        else
        {
            Loads = [.. depths.Select(depth => new InterruptLoad(disk, depth))];
        }

        _samples = [.. Loads.Select(_ => new List<LoadSample>())];
        _serverBytes = new long[Loads.Count];
    }

    public IReadOnlyList<NvmeLoad> Loads { get; }

    /// <summary>Runs each load once, without counting it.</summary>
    public void WarmUp(TimeSpan time) => OnOwnProcessor(() =>
    {
        foreach (var load in Loads)
            load.Run(time);
    });

    /// <summary>Runs each load once.</summary>
    public void Measure(TimeSpan time) => OnOwnProcessor(() =>
    {
        for (var i = 0; i < Loads.Count; i++)
        {
            // What the question itself allocates over there is in the first difference alone.
            var first = _server.CountAllocatedBytes();
            var second = _server.CountAllocatedBytes();
            _samples[i].Add(Loads[i].Run(time));
            _serverBytes[i] += _server.CountAllocatedBytes() - second - (second - first);
        }
    });

    public IEnumerable<NvmeBenchRow> Rows() => Loads.Select((load, index) => NvmeBenchRow.Of(_name, load.Depth, _samples[index], _serverBytes[index]));

    /// <summary>How much of a processor each process takes while nothing is asked of the disk.</summary>
    public IdleReport MeasureIdle(TimeSpan time)
    {
        // Queues of work that the runs have left behind come to rest first.
        Thread.Sleep(1000);
        var client = ProcessTimes.ReadProcessorTime(Environment.ProcessId);
        var server = ProcessTimes.ReadProcessorTime(_server.Id);
        Thread.Sleep(time);
        return new IdleReport(
            time.TotalSeconds,
            (ProcessTimes.ReadProcessorTime(Environment.ProcessId) - client).TotalMilliseconds,
            (ProcessTimes.ReadProcessorTime(_server.Id) - server).TotalMilliseconds);
    }

    public void Dispose()
    {
        foreach (var load in Loads)
            load.Dispose();
        _queue?.Dispose();
        _controller.Dispose();
        _server.Dispose();
    }

    // Of a process that runs, Linux binds the one thread whose number is the process's: the main thread, which polls.
    private void OnOwnProcessor(Action run)
    {
        if (!_isPolling || !OperatingSystem.IsLinux())
        {
            run();
            return;
        }

        using var process = Process.GetCurrentProcess();
        var all = process.ProcessorAffinity;
        process.ProcessorAffinity = 1 << DriversProcessor;
        try
        {
            run();
        }
        finally
        {
            process.ProcessorAffinity = all;
        }
    }

    private static void Fill(string path)
    {
        using var file = File.OpenWrite(path);
        var bytes = new byte[NvmeLoad.TransferInBytes];
        for (var offset = 0L; offset < ImageSizeInBytes; offset += bytes.Length)
        {
            BlockPattern.Fill(bytes, (ulong)offset / BlockSizeInBytes, 1);
            file.Write(bytes);
        }
    }
}
