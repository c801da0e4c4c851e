using VfioSharp.Dma;
using VfioSharp.Nvme;

namespace VfioSharp.TwoProcesses.Nvme;

/// <summary>
/// Random commands on a part of a namespace whose every block is verified: reads, writes, flushes and zeros of any length at any alignment, several at once, none on
/// blocks that another is at.
/// </summary>
/// <param name="blocks">The part, which is this object's alone.</param>
/// <param name="seed">What chance follows from.</param>
internal sealed class VerifiedTraffic(StampedBlocks blocks, int seed)
{
    private const int MostBlocks = 48;
    private readonly Lock _lock = new();
    private long _commands;

    /// <summary>How many commands were completed, of all runs.</summary>
    public long Commands => Interlocked.Read(ref _commands);

    public StampedBlocks Blocks => blocks;

    /// <summary>Runs until it is told to end, or until the driver refuses; then every command has ended.</summary>
    /// <param name="target">Where to.</param>
    /// <param name="depth">How many commands at once.</param>
    /// <param name="end">The end.</param>
    /// <exception cref="MeasurementException">A block is not what it has to be.</exception>
    /// <exception cref="NvmeException">A command failed. What it was to write may have been written.</exception>
    public Task RunAsync(TrafficTarget target, int depth, CancellationToken end) =>
        WhenAllAsync(Begin(depth, lane => Task.Run(() => RunLaneAsync(target, lane, end), CancellationToken.None)));

    /// <summary>The same on one thread, which looks for completions itself.</summary>
    public void Run(NvmeQueuePair queue, NvmeNamespace disk, int depth, CancellationToken end)
    {
        var target = new QueueTarget(queue, disk);
        var all = WhenAllAsync(Begin(depth, lane => RunLaneAsync(target, lane, end)));
        while (!all.IsCompleted)
            queue.Poll();
        all.GetAwaiter().GetResult();
    }

    /// <summary>Reads all of it.</summary>
    /// <exception cref="MeasurementException">A block is not what it has to be.</exception>
    public async Task VerifyAsync(NvmeNamespace disk)
    {
        var memory = new byte[MostBlocks * blocks.BlockSizeInBytes];
        for (var first = 0; first < blocks.Count; first += MostBlocks)
        {
            var range = new BlockRange(first, Math.Min(MostBlocks, blocks.Count - first));
            var bytes = memory.AsMemory(0, range.Count * blocks.BlockSizeInBytes);
            await disk.ReadAsync(blocks.FirstLba + (ulong)first, bytes);
            blocks.Check(range, bytes.Span);
        }
    }

    private Task[] Begin(int depth, Func<Random, Task> begin) => [.. Enumerable.Range(0, depth).Select(lane => begin(new Random(HashCode.Combine(seed, lane, Commands))))];

    private static async Task WhenAllAsync(Task[] lanes)
    {
        var all = Task.WhenAll(lanes);
        try
        {
            await all;
        }
        catch (NvmeException) when (all.Exception!.InnerExceptions.FirstOrDefault(static failure => failure is not NvmeException) is { } worse)
        {
            // What one lane found wrong is not to be hidden by another's end.
            throw new MeasurementException(worse.ToString());
        }
    }

    private async Task RunLaneAsync(TrafficTarget target, Random random, CancellationToken end)
    {
        // Room to begin anywhere in a page.
        using var mapped = target.Allocate(MostBlocks * blocks.BlockSizeInBytes + 4096);
        var plain = new byte[MostBlocks * blocks.BlockSizeInBytes + 64];
        while (!end.IsCancellationRequested)
        {
            var range = Take(random);
            try
            {
                var length = range.Count * blocks.BlockSizeInBytes;
                var memory = target.TakesPlainMemory && random.Next(4) == 0
                    ? new TrafficMemory(plain.AsMemory(random.Next(64), length))
                    : new TrafficMemory(mapped.Memory.Slice(random.Next(1024) * 4, length));
                await RunCommandAsync(target, range, memory, random);
                Interlocked.Increment(ref _commands);
            }
            finally
            {
                lock (_lock)
                    blocks.Return(range);
            }
        }
    }

    private async Task RunCommandAsync(TrafficTarget target, BlockRange range, TrafficMemory memory, Random random)
    {
        var lba = blocks.FirstLba + (ulong)range.First;
        ulong sequence;
        switch (random.Next(20))
        {
            case 0:
                await target.FlushAsync();
                break;
            case 1:
                lock (_lock)
                    sequence = blocks.StampZeros(range);
                await target.WriteZeroesAsync(lba, range.Count);
                Acknowledge(range, sequence);
                break;
            case < 11:
                lock (_lock)
                    sequence = blocks.Stamp(range, memory.Span);
                await memory.WriteAsync(target, lba);
                Acknowledge(range, sequence);
                break;
            default:
                memory.Span.Fill(0xee);
                await memory.ReadAsync(target, lba);
                lock (_lock)
                    blocks.Check(range, memory.Span);
                break;
        }
    }

    // All lanes together are at a small part of the blocks, so that others are soon found.
    private BlockRange Take(Random random)
    {
        while (true)
        {
            var count = random.Next(3) == 0 ? 1 : random.Next(1, MostBlocks + 1);
            var range = new BlockRange(random.Next(blocks.Count - count + 1), count);
            lock (_lock)
            {
                if (blocks.TryTake(range))
                    return range;
            }
        }
    }

    private void Acknowledge(BlockRange range, ulong sequence)
    {
        lock (_lock)
            blocks.Acknowledge(range, sequence);
    }

    /// <summary>Where the bytes of a command are: in memory that the controller reaches, or in the program's own.</summary>
    private readonly struct TrafficMemory
    {
        private readonly DmaMemory _mapped;
        private readonly Memory<byte> _plain;

        public TrafficMemory(DmaMemory mapped) => _mapped = mapped;

        public TrafficMemory(Memory<byte> plain) => _plain = plain;

        public Span<byte> Span => _mapped.IsEmpty ? _plain.Span : _mapped.Span;

        public ValueTask<int> ReadAsync(TrafficTarget target, ulong lba) => _mapped.IsEmpty ? target.ReadAsync(lba, _plain) : target.ReadAsync(lba, _mapped);

        public ValueTask<int> WriteAsync(TrafficTarget target, ulong lba) => _mapped.IsEmpty ? target.WriteAsync(lba, _plain) : target.WriteAsync(lba, _mapped);
    }
}
