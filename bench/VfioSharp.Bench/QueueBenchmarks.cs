using BenchmarkDotNet.Attributes;

namespace VfioSharp.Bench;

/// <summary>
/// What a read of 4 KiB costs in the driver, from submission to the awaited result, with a controller that completes at once. The memory column proves
/// that nothing is allocated per command.
/// </summary>
[MemoryDiagnoser]
#pragma warning disable CA1001 // BenchmarkDotNet calls Close.
public class QueueBenchmarks
#pragma warning restore CA1001
{
    private const int Commands = 32 * 64;

    private readonly ValueTask<int>[] _reads = new ValueTask<int>[32];
    private CompletingQueue _queue = null!;

    [GlobalSetup]
    public void Open() => _queue = new CompletingQueue();

    [GlobalCleanup]
    public void Close() => _queue.Dispose();

    /// <summary>One command at a time, awaited by a loop as a program writes it.</summary>
    [Benchmark(OperationsPerInvoke = Commands)]
    public void AwaitedOneAtATime()
    {
        var reader = ReadAsync(Commands);
        while (!reader.IsCompleted)
        {
            _queue.Complete(1);
            _queue.Pair.Poll();
        }

        reader.GetAwaiter().GetResult();
    }

    /// <summary>32 such loops: each completion is followed by the next command.</summary>
    [Benchmark(OperationsPerInvoke = Commands)]
    public void AwaitedByThirtyTwo()
    {
        var readers = new Task[32];
        for (var i = 0; i < readers.Length; i++)
            readers[i] = ReadAsync(Commands / readers.Length);
        var all = Task.WhenAll(readers);
        while (!all.IsCompleted)
        {
            _queue.Complete(_queue.Pair.OutstandingCommands);
            _queue.Pair.Poll();
        }

        all.GetAwaiter().GetResult();
    }

    /// <summary>32 commands with one doorbell, whose results are fetched when all are there.</summary>
    [Benchmark(OperationsPerInvoke = Commands)]
    public int BatchesOfThirtyTwo()
    {
        var sum = 0;
        var reads = _reads;
        for (var round = 0; round < Commands / reads.Length; round++)
        {
            using (var batch = _queue.Pair.BeginBatch())
            {
                for (var i = 0; i < reads.Length; i++)
                    batch.TryRead(_queue.Namespace, (ulong)i * 8, _queue.Data, out reads[i]);
            }

            _queue.Complete(reads.Length);
            _queue.Pair.Poll();
            foreach (var read in reads)
                sum += read.Result;
        }

        return sum;
    }

    private async Task ReadAsync(int count)
    {
        for (var i = 0; i < count; i++)
            await _queue.Pair.ReadAsync(_queue.Namespace, (ulong)i * 8, _queue.Data).ConfigureAwait(false);
    }
}
