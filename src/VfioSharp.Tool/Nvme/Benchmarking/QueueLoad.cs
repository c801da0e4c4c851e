using System.Runtime.CompilerServices;
using VfioSharp.Dma;
using VfioSharp.Nvme;
using VfioSharp.Tool.Nvme.Transfers;

namespace VfioSharp.Tool.Nvme.Benchmarking;

/// <summary>A queue pair with the commands that it keeps under way.</summary>
internal sealed class QueueLoad : IAsyncDisposable
{
    private readonly NvmeQueuePair _queue;
    private readonly MappedBuffer _buffer;
    private readonly LoadLane[] _lanes;
    private readonly LoadPhase _phase;
    private readonly bool _usesInterrupts;

    private QueueLoad(NvmeQueuePair queue, MappedBuffer buffer, LoadLane[] lanes, LoadPhase phase, bool usesInterrupts) =>
        (_queue, _buffer, _lanes, _phase, _usesInterrupts) = (queue, buffer, lanes, phase, usesInterrupts);

    /// <summary>The commands under way.</summary>
    public IReadOnlyList<LoadLane> Lanes => _lanes;

    /// <summary>Makes the queue pair and its memory; no command is begun.</summary>
    /// <param name="controller">The controller.</param>
    /// <param name="range">Where commands may go.</param>
    /// <param name="workload">What is asked for.</param>
    /// <param name="number">Which of the queues it is, from 0.</param>
    /// <param name="phase">Says what counts, and when it is over.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <exception cref="NvmeException">The controller grants no such queue pair.</exception>
    /// <exception cref="VfioException">There is no memory, or it cannot be mapped.</exception>
    public static async Task<QueueLoad> CreateAsync(
        NvmeController controller, BlockRange range, NvmeWorkload workload, int number, LoadPhase phase, CancellationToken cancellation)
    {
        var options = new NvmeQueueOptions
        {
            Depth = workload.QueueDepth,
            Completion = workload.UsesInterrupts ? NvmeCompletionMode.Interrupt : NvmeCompletionMode.Manual,
            Continuations = NvmeContinuations.InReapingThread,
        };
        var queue = await controller.CreateQueuePairAsync(options, cancellation);
        MappedBuffer? buffer = null;
        try
        {
            // What is read must not become what is written: then all would soon be what was there before.
            var length = (long)workload.QueueDepth * workload.BlockSizeInBytes;
            buffer = controller.AllocateBuffer(workload.Writes ? 2 * length : length);
            Fill(buffer, number);
            return new QueueLoad(queue, buffer, CreateLanes(queue, buffer.Memory, range, workload, number, phase), phase, workload.UsesInterrupts);
        }
        catch
        {
            await queue.DisposeAsync();
            buffer?.Dispose();
            throw;
        }
    }

    /// <summary>Keeps the commands under way until the phase is over and the last of them is completed.</summary>
    /// <exception cref="NvmeException">A command failed.</exception>
    public Task RunAsync() => _usesInterrupts
        ? RunLanesAsync()
        : Task.Factory.StartNew(RunPolled, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);

    /// <summary>Deletes the queues, then gives the memory back.</summary>
    public async ValueTask DisposeAsync()
    {
        await _queue.DisposeAsync();
        _buffer.Dispose();
    }

    private static LoadLane[] CreateLanes(
        NvmeQueuePair queue, DmaMemory memory, BlockRange range, NvmeWorkload workload, int number, LoadPhase phase)
    {
        // Each queue has a part of the range of its own.
        var (places, blocks) = (workload.PlacesIn(range) / (ulong)workload.Queues, (ulong)workload.BlockSizeInBytes / range.BlockSize);
        var first = range.FirstLba + (ulong)number * places * blocks;
        var cursor = workload.Pattern == AccessPattern.Sequential ? new StrongBox<long>() : null;
        var lanes = new LoadLane[workload.QueueDepth];
        var (picker, histogram) = (PickerOf(0), new LatencyHistogram());
        for (var lane = 0; lane < lanes.Length; lane++)
        {
            // With interrupts the first lanes go on while the last are begun by another thread: there they share nothing that is not made for it.
            if (workload.UsesInterrupts && lane != 0)
                (picker, histogram) = (PickerOf(lane), new LatencyHistogram());
            var source = PartOf(workload.Writes ? lanes.Length + lane : lane);
            lanes[lane] = new LoadLane(queue, range.Namespace, PartOf(lane), source, picker, phase, histogram);
        }

        return lanes;

        DmaMemory PartOf(int part) => memory.Slice((long)part * workload.BlockSizeInBytes, workload.BlockSizeInBytes);

        PlacePicker PickerOf(int lane) => new(first, places, blocks, cursor, workload.ReadPercent, number + workload.Queues * lane);
    }

    private static void Fill(MappedBuffer buffer, int seed)
    {
        const int pieceInBytes = 1 << 20;
        var random = new Random(seed);
        for (long offset = 0; offset < buffer.LengthInBytes; offset += pieceInBytes)
            random.NextBytes(buffer.Memory.Slice(offset, Math.Min(pieceInBytes, buffer.LengthInBytes - offset)).Span);
    }

    private Task RunLanesAsync() => Task.WhenAll(_lanes.Select(lane => lane.RunAsync()));

    // All of it happens in this thread: the lanes go on within Poll.
    private void RunPolled()
    {
        try
        {
            var running = RunLanesAsync();
            while (!running.IsCompleted)
                _queue.Poll();
            running.GetAwaiter().GetResult();
        }
        catch
        {
            // The other queues must not go on alone where this one cannot be looked at any more.
            _phase.End();
            throw;
        }
    }
}
