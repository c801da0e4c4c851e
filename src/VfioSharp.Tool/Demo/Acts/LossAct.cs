using System.Diagnostics;
using VfioSharp.Nvme;
using VfioSharp.Tool.Demo.Reporting;

namespace VfioSharp.Tool.Demo.Acts;

/// <summary>Kills the function's process while three threads read: registers by messages, doorbells by loads, and the disk.</summary>
internal static class LossAct
{
    // Long enough for both to read undisturbed.
    private static readonly TimeSpan Undisturbed = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan LongestLoss = TimeSpan.FromSeconds(5);

    public static LossReport Perform(DemoStage stage)
    {
        var disk = stage.Disk;
        using var buffer = disk.Controller.AllocateBuffer(disk.Namespace.BlockSizeInBytes);
        var block = buffer.Memory.Slice(0, disk.Namespace.BlockSizeInBytes);
        using var over = CancellationTokenSource.CreateLinkedTokenSource(stage.Cancellation);
        Reader[] readers =
        [
            new(disk.Doorbells.Plan.Path.ToString(), () => disk.Doorbells.Read32(0), over.Token),
            new(disk.Registers.Plan.Path.ToString(), () => disk.Registers.Read32(DemoDisk.IdentityOffset), over.Token),
            new("Nvme", () => disk.Namespace.ReadAsync(0, block).AsTask().GetAwaiter().GetResult(), over.Token),
        ];
        if (stage.Cancellation.WaitHandle.WaitOne(Undisturbed))
            stage.Cancellation.ThrowIfCancellationRequested();

        var (server, killed) = (stage.Server.Id, stage.Server.Kill());
        var notice = Task.WhenAll(readers.Select(reader => reader.Task));
        var hasAllNoticed = notice.Wait(LongestLoss, stage.Cancellation);
        over.Cancel();
        Check.That(hasAllNoticed, stage.Address, "a driver notices that the function is gone",
            $"it reads on by {string.Join(" and ", readers.Where(reader => !reader.Task.IsCompleted).Select(reader => reader.Name))}.");
        return new LossReport(server, [.. readers.Select(reader => reader.Describe(stage.Address, killed))]);
    }

    /// <summary>A thread that reads until a read fails.</summary>
    private sealed class Reader
    {
        private readonly Action _read;
        private readonly CancellationToken _over;
        private long _reads;
        private long _endedAt;
        private Exception? _failure;

        public Reader(string name, Action read, CancellationToken over)
        {
            (Name, _read, _over) = (name, read, over);
            Task = Task.Factory.StartNew(Read, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        }

        public Task Task { get; }

        public string Name { get; }

        public LossOnPathReport Describe(DeviceAddress device, long killed)
        {
            var isLoss = _failure is VfioException or NvmeException;
            Check.That(_reads > 0 && _endedAt >= killed && isLoss, device, "it was the death of the process that ended the reads",
                $"{_reads} reads by {Name} ended with {_failure?.GetType().Name ?? "nothing"}: {_failure?.Message}");
            return new LossOnPathReport(
                Name, _reads, DemoTime.Milliseconds(Stopwatch.GetElapsedTime(killed, _endedAt)), _failure!.GetType().Name, _failure.Message);
        }

        private void Read()
        {
            try
            {
                for (; !_over.IsCancellationRequested; _reads++)
                    _read();
            }
            catch (Exception failure) when (failure is VfioException or NvmeException or ObjectDisposedException)
            {
                _failure = failure;
            }

            _endedAt = Stopwatch.GetTimestamp();
        }
    }
}
