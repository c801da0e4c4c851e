namespace VfioSharp.Nvme.Tests.Queues;

/// <summary>Queue pairs that have a thread of their own.</summary>
public sealed class ReapingThreadTests
{
    public static TheoryData<NvmeCompletionMode> Modes => [NvmeCompletionMode.Interrupt, NvmeCompletionMode.Polled];

    [Theory]
    [MemberData(nameof(Modes))]
    public async Task Commands_of_many_threads_come_back_to_whom_they_belong(NvmeCompletionMode completion)
    {
        using var rig = new QueueRig(depth: 5, completion: completion);
        using var controller = new RunningController(rig);
        await Task.WhenAll(Enumerable.Range(1, 4).Select(blocks => Task.Run(async () =>
        {
            for (var i = 0; i < 300; i++)
            {
                // Three at a time, more than there is room for: the third waits as a rule.
                var reads = new[] { rig.ReadAsync(1, blocks), rig.ReadAsync(2, blocks + 4), rig.ReadAsync(3, blocks + 8) };
                Assert.Equal(blocks * 512, await reads[0]);
                Assert.Equal((blocks + 4) * 512, await reads[1]);
                Assert.Equal((blocks + 8) * 512, await reads[2]);
            }
        })));
        controller.Dispose();
        Assert.Equal((0, 0), (rig.Pair.OutstandingCommands, rig.Pair.StrayCompletions));
    }

    [Theory]
    [MemberData(nameof(Modes))]
    public void A_thread_reads_without_a_task_and_the_pair_may_rest_in_between(NvmeCompletionMode completion)
    {
        using var rig = new QueueRig(completion: completion);
        using var controller = new RunningController(rig);
        for (var i = 0; i < 5; i++)
        {
            Assert.Equal(1024, rig.Pair.Read(rig.Namespace, 1, rig.Blocks(2)));
            Thread.Sleep(50);
        }

        controller.Dispose();
        Assert.Throws<InvalidOperationException>(() => rig.Pair.Poll());
    }

    [Theory]
    [MemberData(nameof(Modes))]
    public async Task What_follows_an_await_does_not_keep_the_pair_from_reaping(NvmeCompletionMode completion)
    {
        using var rig = new QueueRig(completion: completion);
        using var controller = new RunningController(rig);
        using var second = new ManualResetEventSlim();
        var blocked = Task.Run(async () =>
        {
            await rig.ReadAsync(1);
            // In whatever thread this runs: the next completion comes all the same.
            return second.Wait(TimeSpan.FromSeconds(20));
        });
        await rig.ReadAsync(2);
        second.Set();
        Assert.True(await blocked);
        controller.Dispose();
    }

    [Theory]
    [MemberData(nameof(Modes))]
    public async Task A_lost_command_is_noticed_even_after_a_long_rest(NvmeCompletionMode completion)
    {
        using var rig = new QueueRig(completion: completion, timeout: TimeSpan.FromMilliseconds(50));
        await Task.Delay(200, TestContext.Current.CancellationToken);
        var read = rig.ReadAsync(1);
        Assert.True(SpinWait.SpinUntil(() => rig.Resets.Count > 0, TimeSpan.FromSeconds(20)));
        rig.Pair.Fail(rig.Resets[0]);
        Assert.Equal(NvmeFailure.TimedOut, (await Assert.ThrowsAsync<NvmeException>(async () => await read)).Reason);
    }

    [Theory]
    [MemberData(nameof(Modes))]
    public async Task A_cancelled_command_is_aborted_without_a_completion_to_wake_the_thread(NvmeCompletionMode completion)
    {
        using var rig = new QueueRig(completion: completion);
        using var source = new CancellationTokenSource();
        var read = rig.ReadUntilAsync(1, source.Token);
        var id = rig.Fetch(1)[0].Id;
        await source.CancelAsync();
        Assert.True(SpinWait.SpinUntil(() => rig.Aborts.Count > 0, TimeSpan.FromSeconds(20)));
        rig.Complete(id, status: 7);
        if (completion == NvmeCompletionMode.Interrupt)
            rig.Interrupt();
        await Assert.ThrowsAsync<OperationCanceledException>(async () => await read);
    }

    [Theory]
    [MemberData(nameof(Modes))]
    public void Cancellation_at_any_moment_loses_no_command(NvmeCompletionMode completion)
    {
        using var rig = new QueueRig(depth: 3, completion: completion);
        using var controller = new RunningController(rig);
        Parallel.For(0, 400, new ParallelOptions { MaxDegreeOfParallelism = 4 }, i =>
        {
            using var source = new CancellationTokenSource();
            var read = rig.ReadUntilAsync((ulong)i, source.Token);
            if (i % 2 == 0)
                source.Cancel();
            else
                source.CancelAfter(TimeSpan.FromTicks(i));
            try
            {
                Assert.Equal(512, read.WaitAsync(TimeSpan.FromSeconds(20)).GetAwaiter().GetResult());
            }
            catch (OperationCanceledException exception)
            {
                Assert.Equal(source.Token, exception.CancellationToken);
            }
        });
        controller.Dispose();
        Assert.Equal(0, rig.Pair.OutstandingCommands);
    }

    [Theory]
    [MemberData(nameof(Modes))]
    public async Task What_follows_an_await_may_run_in_the_thread_that_reaps_and_read_there(NvmeCompletionMode completion)
    {
        using var rig = new QueueRig(completion: completion, continuations: NvmeContinuations.InReapingThread);
        // Waits when this returns: no controller runs yet.
        var reading = ReadInTurnAsync(rig);
        using var controller = new RunningController(rig);
        await reading;
        controller.Dispose();
        Assert.Equal(1, rig.DeleteCount);
    }

    [Fact]
    public async Task Switching_the_interrupts_off_leaves_no_command_behind()
    {
        using var rig = new QueueRig(completion: NvmeCompletionMode.Interrupt);
        var read = rig.ReadAsync(1);
        var id = rig.Fetch(1)[0].Id;
        rig.SwitchInterruptsOff();
        rig.Complete(id);
        Assert.Equal(512, await read.WaitAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken));
    }

    private static async Task ReadInTurnAsync(QueueRig rig)
    {
        await rig.ReadAsync(1).ConfigureAwait(false);
        var reader = Environment.CurrentManagedThreadId;
        // Without a task: the thread has to reap for itself.
        Assert.Equal(512, rig.Pair.Read(rig.Namespace, 2, rig.Blocks(1)));
        await rig.ReadAsync(3).ConfigureAwait(false);
        Assert.Equal(reader, Environment.CurrentManagedThreadId);
        rig.Pair.Dispose();
    }

    /// <summary>Completes what comes, in changing order, until it is disposed.</summary>
    private sealed class RunningController : IDisposable
    {
        private readonly QueueRig _rig;
        private readonly Thread _thread;
        private volatile bool _isStopping;

        public RunningController(QueueRig rig)
        {
            _rig = rig;
            _thread = new Thread(Run);
            _thread.Start();
        }

        public void Dispose()
        {
            _isStopping = true;
            _thread.Join();
        }

        private void Run()
        {
            var random = new Random(5);
            var held = new List<ushort>();
            while (!_isStopping)
            {
                while (held.Count < 3 && _rig.TryFetch(out var id))
                    held.Add(id);
                if (held.Count == 0)
                {
                    Thread.Yield();
                    continue;
                }

                var position = random.Next(held.Count);
                _rig.Complete(held[position]);
                held.RemoveAt(position);
                if (_rig.Pair.Completion == NvmeCompletionMode.Interrupt)
                    _rig.Interrupt();
            }
        }
    }
}
