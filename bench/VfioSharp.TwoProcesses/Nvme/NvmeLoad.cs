using System.Diagnostics;
using VfioSharp.Dma;
using VfioSharp.Nvme;

namespace VfioSharp.TwoProcesses.Nvme;

/// <summary>Random reads of 4 KiB, a number of them at once and the next as soon as one is done.</summary>
internal abstract class NvmeLoad : IDisposable
{
    public const int TransferInBytes = 4096;

    private readonly MappedBuffer _buffer;
    private readonly ulong _places;
    private readonly ulong _blocksOfTransfer;
    private readonly Histogram[] _times;
    private long _end;

    protected NvmeLoad(NvmeNamespace disk, int depth)
    {
        Disk = disk;
        Depth = depth;
        _buffer = disk.Controller.AllocateBuffer((long)depth * TransferInBytes);
        _blocksOfTransfer = (ulong)(TransferInBytes / disk.BlockSizeInBytes);
        _places = disk.SizeInBlocks / _blocksOfTransfer;
        _times = [.. Enumerable.Range(0, depth).Select(_ => new Histogram())];
    }

    public int Depth { get; }

    protected NvmeNamespace Disk { get; }

    /// <summary>Runs for a time, and says how many reads there were and how long they took.</summary>
    public LoadSample Run(TimeSpan time)
    {
        foreach (var histogram in _times)
            histogram.Clear();
        var begin = Stopwatch.GetTimestamp();
        _end = begin + (long)(time.TotalSeconds * Stopwatch.Frequency);
        BeginLanes();
        // What a lane is made of is allocated once, however many reads it makes.
        var allocated = GC.GetTotalAllocatedBytes(precise: true);
        WaitForLanes();
        allocated = GC.GetTotalAllocatedBytes(precise: true) - allocated;
        var spent = Stopwatch.GetElapsedTime(begin);
        var all = new Histogram();
        foreach (var histogram in _times)
            all.Add(histogram);
        return new LoadSample(all.Count / spent.TotalSeconds, Percentile(all, 0.5), Percentile(all, 0.99), Percentile(all, 0.999), all.Count, allocated);
    }

    public virtual void Dispose() => _buffer.Dispose();

    /// <summary>Lets every lane make its first read.</summary>
    protected abstract void BeginLanes();

    /// <summary>Runs every lane until its end.</summary>
    protected abstract void WaitForLanes();

    /// <summary>A read of a lane.</summary>
    protected abstract ValueTask<int> ReadAsync(ulong lba, DmaMemory memory);

    /// <summary>One read after the other, until the time is over.</summary>
    protected async Task RunLaneAsync(int lane)
    {
        var memory = _buffer.Memory.Slice((long)lane * TransferInBytes, TransferInBytes);
        var times = _times[lane];
        var state = (ulong)lane * 0x9e37_79b9_7f4a_7c15 + 1;
        var begin = Stopwatch.GetTimestamp();
        var lba = 0ul;
        while (begin < _end)
        {
            lba = NextLba(ref state);
            if (await ReadAsync(lba, memory) != TransferInBytes)
                throw new MeasurementException("A read is short.");
            var now = Stopwatch.GetTimestamp();
            times.Add(now - begin);
            begin = now;
        }

        if (!BlockPattern.TryRead(memory.Span, lba, out _))
            throw new MeasurementException($"What was read last, at LBA {lba}, is not what lies there.");
    }

    private ulong NextLba(ref ulong state)
    {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        return state % _places * _blocksOfTransfer;
    }

    private static double Percentile(Histogram times, double part) => Latency.Nanoseconds(times.Percentile(part)) / 1000;
}

/// <summary>All lanes on one thread, which looks for completions itself.</summary>
internal sealed class PollingLoad(NvmeNamespace disk, NvmeQueuePair queue, int depth) : NvmeLoad(disk, depth)
{
    private readonly Task[] _lanes = new Task[depth];

    protected override void BeginLanes()
    {
        for (var lane = 0; lane < _lanes.Length; lane++)
            _lanes[lane] = RunLaneAsync(lane);
    }

    protected override void WaitForLanes()
    {
        foreach (var lane in _lanes)
        {
            while (!lane.IsCompleted)
                queue.Poll();
            lane.GetAwaiter().GetResult();
        }
    }

    protected override ValueTask<int> ReadAsync(ulong lba, DmaMemory memory) => queue.ReadAsync(Disk, lba, memory);
}

/// <summary>Lanes that sleep until the controller's interrupt, by the queue pair that the whole program shares.</summary>
internal sealed class InterruptLoad(NvmeNamespace disk, int depth) : NvmeLoad(disk, depth)
{
    // By when each lane runs, and the pool has the threads that it takes.
    private static readonly TimeSpan Beginning = TimeSpan.FromMilliseconds(50);

    private Task _lanes = Task.CompletedTask;

    protected override void BeginLanes()
    {
        _lanes = Task.WhenAll(Enumerable.Range(0, Depth).Select(lane => Task.Run(() => RunLaneAsync(lane))));
        Thread.Sleep(Beginning);
    }

    protected override void WaitForLanes() => _lanes.GetAwaiter().GetResult();

    protected override ValueTask<int> ReadAsync(ulong lba, DmaMemory memory) => Disk.ReadAsync(lba, memory);
}

/// <summary>What a run found: reads a second, times in microseconds, and how many bytes this process allocated meanwhile.</summary>
internal readonly record struct LoadSample(double ReadsPerSecond, double P50, double P99, double P999, long Reads, long AllocatedBytes);
