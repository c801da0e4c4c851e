using VfioSharp.Nvme.Specification;

namespace VfioSharp.Nvme.Tests.Queues;

/// <summary>What a controller must not do, and what it cannot do harm with.</summary>
public sealed class HostileCompletionTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(0x7fff)]
    [InlineData(0xffff)]
    public async Task A_completion_of_an_unknown_command_is_counted_and_ignored(int commandId)
    {
        using var rig = new QueueRig(depth: 4);
        var read = rig.ReadAsync(1);
        var command = rig.Fetch()!;
        Assert.NotEqual(commandId, command.Id);
        rig.Complete((ushort)commandId);
        Assert.Equal(1, rig.Pair.Poll());
        Assert.Equal(1, rig.Pair.StrayCompletions);
        Assert.False(read.IsCompleted);
        rig.Complete(command.Id);
        rig.Pair.Poll();
        Assert.Equal(512, await read);
    }

    [Fact]
    public async Task A_completion_of_another_queue_is_ignored()
    {
        using var rig = new QueueRig();
        var read = rig.ReadAsync(1);
        var command = rig.Fetch()!;
        rig.Complete(command.Id, queueId: 2);
        rig.Pair.Poll();
        Assert.Equal((1, false), (rig.Pair.StrayCompletions, read.IsCompleted));
        rig.Complete(command.Id);
        rig.Pair.Poll();
        Assert.Equal(512, await read);
    }

    [Fact]
    public async Task A_completion_that_comes_twice_or_late_ends_no_other_command()
    {
        using var rig = new QueueRig(depth: 1);
        var first = rig.ReadAsync(1);
        var firstId = rig.Fetch()!.Id;
        rig.Complete(firstId);
        rig.Complete(firstId);
        Assert.Equal(2, rig.Pair.Poll());
        Assert.Equal(512, await first);
        // The same slot, and another identifier.
        var second = rig.ReadAsync(2);
        var secondId = rig.Fetch()!.Id;
        rig.Complete(firstId);
        rig.Pair.Poll();
        Assert.Equal((2, false), (rig.Pair.StrayCompletions, second.IsCompleted));
        rig.Complete(secondId);
        rig.Pair.Poll();
        Assert.Equal(512, await second);
    }

    [Fact]
    public void An_entry_with_the_old_phase_is_none()
    {
        using var rig = new QueueRig();
        var read = rig.ReadAsync(1);
        rig.Complete(rig.Fetch()!.Id, isNew: false);
        Assert.Equal(0, rig.Pair.Poll());
        Assert.False(read.IsCompleted);
    }

    [Fact]
    public void A_controller_that_completes_without_end_does_not_keep_the_caller()
    {
        using var rig = new QueueRig(depth: 1);
        var entries = rig.Pair.CompletionEntries;
        using var isRunning = new ManualResetEventSlim();
        using var stop = new CancellationTokenSource();
        // Round and round, without looking at the head.
        var controller = new Thread(() =>
        {
            for (ushort id = 0; !stop.IsCancellationRequested; id++)
            {
                rig.Complete(id);
                isRunning.Set();
            }
        });
        controller.Start();
        isRunning.Wait(TestContext.Current.CancellationToken);
        while (rig.Pair.StrayCompletions < 1000)
            Assert.InRange(rig.Pair.Poll(), 0, entries);
        stop.Cancel();
        controller.Join();
    }

    [Fact]
    public async Task Any_mixture_of_wrong_completions_leaves_right_commands_right()
    {
        using var rig = new QueueRig(depth: 7);
        var random = new Random(3);
        long strays = 0;
        for (var turn = 0; turn < 500; turn++)
        {
            var reads = Enumerable.Range(1, 1 + random.Next(7)).Select(blocks => rig.ReadAsync((ulong)blocks, blocks)).ToArray();
            var commands = rig.Fetch(reads.Length);
            var outstanding = commands.Select(command => command.Id).ToHashSet();
            foreach (var command in commands.OrderBy(_ => random.Next()))
            {
                for (var wrong = random.Next(3); wrong > 0; wrong--)
                {
                    var id = (ushort)random.Next(65536);
                    var queue = random.Next(2) == 0 ? QueueRig.QueueId : (ushort)random.Next(65536);
                    if (outstanding.Contains(id) && queue == QueueRig.QueueId)
                        continue;
                    rig.Complete(id, status: random.Next(0x8000), queueId: queue);
                    strays++;
                    rig.Pair.Poll();
                }

                rig.Complete(command.Id);
                outstanding.Remove(command.Id);
                rig.Pair.Poll();
            }

            for (var i = 0; i < reads.Length; i++)
                Assert.Equal((i + 1) * 512, await reads[i]);
        }

        Assert.Equal(strays, rig.Pair.StrayCompletions);
    }

    [Fact]
    public void Identifiers_do_not_repeat_soon_and_none_is_the_one_that_is_no_commands()
    {
        using var rig = new QueueRig(depth: 3);
        var seen = new HashSet<ushort>();
        for (var i = 0; i < 30_000; i++)
        {
            var read = rig.ReadAsync(0);
            Assert.True(rig.TryFetch(out var id));
            Assert.NotEqual(0xffff, id);
            Assert.True(seen.Add(id) || i >= 3 * 16384 / 4);
            rig.Complete(id);
            rig.Pair.Poll();
            Assert.True(read.IsCompletedSuccessfully);
        }

        Assert.Equal(StatusCode.Success, default(NvmeStatus).Code);
    }
}
