using System.Diagnostics;
using VfioSharp.Regions;
using VfioSharp.Tool.Demo.Reporting;

namespace VfioSharp.Tool.Demo.Acts;

/// <summary>Kills the function's process while two threads read, one by messages and one by loads.</summary>
internal static class LossAct
{
    // Long enough for both to read undisturbed.
    private static readonly TimeSpan Undisturbed = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan LongestLoss = TimeSpan.FromSeconds(5);

    public static LossReport Perform(DemoStage stage)
    {
        var driver = stage.Driver;
        using var over = CancellationTokenSource.CreateLinkedTokenSource(stage.Cancellation);
        Reader[] readers = [new(driver.Registers, over.Token), new(driver.SharedMemory, over.Token)];
        if (stage.Cancellation.WaitHandle.WaitOne(Undisturbed))
            stage.Cancellation.ThrowIfCancellationRequested();

        var (server, killed) = (stage.Server.Id, stage.Server.Kill());
        var notice = Task.WhenAll(readers.Select(reader => reader.Task));
        var hasAllNoticed = notice.Wait(LongestLoss, stage.Cancellation);
        over.Cancel();
        Check.That(hasAllNoticed, stage.Address, "a driver notices that the function is gone",
            $"it reads on by {string.Join(" and ", readers.Where(reader => !reader.Task.IsCompleted).Select(reader => reader.Path))}.");
        return new LossReport(server, [.. readers.Select(reader => reader.Describe(stage.Address, killed))]);
    }

    /// <summary>A thread that reads until a read fails.</summary>
    private sealed class Reader
    {
        private readonly RegionWindow _window;
        private readonly CancellationToken _over;
        private long _reads;
        private long _endedAt;
        private Exception? _failure;

        public Reader(RegionWindow window, CancellationToken over)
        {
            (_window, _over) = (window, over);
            Task = Task.Factory.StartNew(Read, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        }

        public Task Task { get; }

        public AccessPath Path => _window.Plan.Path;

        public LossOnPathReport Describe(DeviceAddress device, long killed)
        {
            Check.That(_reads > 0 && _endedAt >= killed && _failure is VfioException, device, "it was the death of the process that ended the reads",
                $"{_reads} reads by {Path} ended with {_failure?.GetType().Name ?? "nothing"}: {_failure?.Message}");
            return new LossOnPathReport(
                Path.ToString(), _reads, DemoTime.Milliseconds(Stopwatch.GetElapsedTime(killed, _endedAt)), _failure!.GetType().Name, _failure.Message);
        }

        private void Read()
        {
            try
            {
                for (; !_over.IsCancellationRequested; _reads++)
                    _window.Read32(0);
            }
            catch (Exception failure) when (failure is VfioException or ObjectDisposedException)
            {
                _failure = failure;
            }

            _endedAt = Stopwatch.GetTimestamp();
        }
    }
}
