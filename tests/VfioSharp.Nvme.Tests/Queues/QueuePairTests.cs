using VfioSharp.Dma;
using VfioSharp.Nvme.Specification;

namespace VfioSharp.Nvme.Tests.Queues;

public sealed class QueuePairTests
{
    [Fact]
    public async Task A_read_goes_out_and_comes_back()
    {
        using var rig = new QueueRig();
        var read = rig.ReadAsync(77, blocks: 8);
        Assert.Equal(1u, rig.TailDoorbell);
        var command = rig.Fetch()!;
        Assert.Equal((byte)IoOpcode.Read, command.Opcode);
        Assert.Equal((77ul, 7u), (command.Lba, command.BlocksFromZero));
        Assert.Equal((rig.Data.Iova.Value, 0ul), (command.Prp1, command.Prp2));
        Assert.Equal(0, rig.Pair.Poll());
        Assert.False(read.IsCompleted);
        rig.Complete(command.Id);
        Assert.Equal(1, rig.Pair.OutstandingCommands);
        Assert.Equal(1, rig.Pair.Poll());
        Assert.Equal(0, rig.Pair.OutstandingCommands);
        Assert.True(read.IsCompleted);
        Assert.Equal(8 * 512, await read);
    }

    [Theory]
    [InlineData(65536)]
    [InlineData(4)]
    public async Task The_rings_go_round_and_round_with_commands_in_any_order(int maxQueueEntries)
    {
        using var rig = new QueueRig(depth: 3, maxQueueEntries: maxQueueEntries);
        var random = new Random(1);
        for (var turn = 0; turn < 200; turn++)
        {
            var reads = Enumerable.Range(1, 1 + random.Next(3)).Select(blocks => rig.ReadAsync((ulong)blocks, blocks)).ToArray();
            var commands = rig.Fetch(reads.Length);
            foreach (var command in commands.OrderBy(_ => random.Next()))
            {
                rig.Complete(command.Id);
                Assert.Equal(1, rig.Pair.Poll());
            }

            for (var i = 0; i < reads.Length; i++)
                Assert.Equal((i + 1) * 512, await reads[i]);
        }

        Assert.Equal(0, rig.Pair.StrayCompletions);
    }

    [Fact]
    public void The_controller_never_lacks_room_for_completions()
    {
        using var rig = new QueueRig(depth: 5);
        var unacknowledged = 0;
        var head = 0u;
        for (var i = 0; i < 300; i++)
        {
            var read = rig.ReadAsync(0);
            rig.Complete(rig.Fetch()!.Id);
            Assert.Equal(1, rig.Pair.Poll());
            Assert.True(read.IsCompletedSuccessfully);
            unacknowledged = rig.HeadDoorbell == head ? unacknowledged + 1 : 0;
            head = rig.HeadDoorbell;
            Assert.True(unacknowledged + rig.Pair.Depth <= rig.Pair.CompletionEntries - 1);
        }
    }

    [Fact]
    public async Task Commands_wait_for_room_in_their_order()
    {
        using var rig = new QueueRig(depth: 2);
        var reads = Enumerable.Range(0, 7).Select(lba => rig.ReadAsync((ulong)lba)).ToArray();
        Assert.Equal(2, rig.Pair.OutstandingCommands);
        for (var lba = 0; lba < reads.Length; lba++)
        {
            var command = rig.Fetch()!;
            Assert.Equal((ulong)lba, command.Lba);
            rig.Complete(command.Id);
            Assert.Equal(1, rig.Pair.Poll());
            Assert.Equal(512, await reads[lba]);
        }
    }

    [Fact]
    public async Task A_batch_has_one_doorbell_and_says_how_many_fit()
    {
        using var rig = new QueueRig(depth: 4);
        var first = rig.ReadAsync(0);
        var reads = AddThree(rig);
        Assert.Equal(4u, rig.TailDoorbell);
        foreach (var command in rig.Fetch(4))
            rig.Complete(command.Id);
        Assert.Equal(4, rig.Pair.Poll());
        Assert.Equal(512, await first);
        foreach (var read in reads)
            Assert.Equal(512, await read);
    }

    [Fact]
    public async Task An_error_is_thrown_with_its_status()
    {
        using var rig = new QueueRig();
        var read = rig.ReadAsync(5, blocks: 2);
        rig.Complete(rig.Fetch()!.Id, status: 0x4080);
        rig.Pair.Poll();
        var exception = await Assert.ThrowsAsync<NvmeException>(async () => await read);
        Assert.Equal(NvmeFailure.CommandFailed, exception.Reason);
        Assert.Equal(StatusCode.LbaOutOfRange, exception.Status!.Value.Code);
        Assert.Contains("Read of 2 blocks at LBA 5 of namespace 1 failed", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Any_command_is_answered_with_whatever_status_it_has()
    {
        using var rig = new QueueRig();
        var task = rig.SubmitAsync(new SubmissionEntry { Opcode = 0x7f, Dword12 = 9 });
        var command = rig.Fetch()!;
        Assert.Equal((0x7f, 9u), (command.Opcode, command.BlocksFromZero));
        rig.Complete(command.Id, status: 1, result: 0x1122334455667788);
        rig.Pair.Poll();
        var result = await task;
        Assert.Equal(StatusCode.InvalidOpcode, result.Status.Code);
        Assert.Equal((0x55667788u, 0x11223344u), (result.Result, result.UpperResult));
    }

    [Fact]
    public async Task What_follows_an_await_may_submit_and_poll_inside_of_poll()
    {
        using var rig = new QueueRig();
        var main = Follow(rig);
        rig.Complete(rig.Fetch()!.Id);
        rig.Pair.Poll();
        // The second command was sent inside of Poll, and told of at its end.
        var second = rig.Fetch()!;
        rig.Complete(second.Id);
        Assert.Equal(1, rig.Pair.Poll());
        Assert.Equal(Environment.CurrentManagedThreadId, await main);
    }

    [Fact]
    public void A_thread_reads_and_writes_without_a_task()
    {
        using var rig = new QueueRig();
        using var stop = new CancellationTokenSource();
        var controller = new Thread(() =>
        {
            while (!stop.IsCancellationRequested)
            {
                if (rig.Fetch() is { } command)
                    rig.Complete(command.Id, status: command.Lba == 9 ? 0x0281 : 0);
            }
        });
        controller.Start();
        Assert.Equal(1024, rig.Pair.Read(rig.Namespace, 1, rig.Blocks(2)));
        Assert.Equal(512, rig.Pair.Write(rig.Namespace, 2, rig.Blocks(1)));
        Assert.Equal(0x281, (int)Assert.Throws<NvmeException>(() => rig.Pair.Read(rig.Namespace, 9, rig.Blocks(1))).Status!.Value.Code);
        stop.Cancel();
        controller.Join();
    }

    [Fact]
    public void What_makes_no_command_is_refused_and_takes_nothing()
    {
        using var rig = new QueueRig();
        Assert.Throws<ArgumentException>(() => rig.TryRead(rig.Data.Memory.Slice(0, 511)));
        Assert.Throws<ArgumentException>(() => rig.TryRead(rig.Data.Memory.Slice(0, 0)));
        Assert.Throws<ArgumentException>(() => rig.TryRead(rig.Data.Memory.Slice(0, (1 << 20) + 512)));
        Assert.Throws<ArgumentException>(() => rig.TryRead(rig.Data.Memory.Slice(2, 512)));
        Assert.Throws<ArgumentOutOfRangeException>(() => rig.Start(16384));
        Assert.Throws<ArgumentOutOfRangeException>(() => rig.Start(16383, blocks: 2));
        Assert.Throws<ArgumentOutOfRangeException>(() => rig.Start(ulong.MaxValue));
        Assert.Throws<ArgumentNullException>(() => rig.Pair.Read(null!, 0, rig.Blocks(1)));
        var gone = MappedBuffer.Allocate(rig.Device.Dma, 4096);
        gone.Dispose();
        Assert.Throws<ObjectDisposedException>(() => rig.TryRead(QueueRig.Blocks(gone, 1)));
        Assert.Equal(0, rig.Pair.OutstandingCommands);
        Assert.Equal(0u, rig.TailDoorbell);
    }

    [Fact]
    public void Reading_allocates_nothing()
    {
        using var rig = new QueueRig(depth: 8);
        Exchange(rig, 2000);
        var before = GC.GetAllocatedBytesForCurrentThread();
        Exchange(rig, 2000);
        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
    }

    // The result is there when it is fetched, as Poll says.
#pragma warning disable CA2012
    private static void Exchange(QueueRig rig, int count)
    {
        for (var i = 0; i < count; i++)
        {
            var read = rig.Pair.ReadAsync(rig.Namespace, (ulong)i, rig.Blocks(1));
            // No assertions of the test framework in here: they allocate.
            if (!rig.TryFetch(out var id))
                throw new InvalidOperationException("No command came.");
            rig.Complete(id);
            if (rig.Pair.Poll() != 1 || read.GetAwaiter().GetResult() != 512)
                throw new InvalidOperationException("No completion came.");
        }
    }
#pragma warning restore CA2012

    private static List<ValueTask<int>> AddThree(QueueRig rig)
    {
        var reads = new List<ValueTask<int>>();
        using var batch = rig.Pair.BeginBatch();
        Assert.Equal(3, batch.Room);
        for (ulong lba = 1; lba < 4; lba++)
        {
            Assert.True(batch.TryRead(rig.Namespace, lba, rig.Blocks(1), out var read));
            reads.Add(read);
        }

        Assert.False(batch.TryWrite(rig.Namespace, 4, rig.Blocks(1), out _));
        Assert.Equal(0, batch.Room);
        Assert.Equal(1u, rig.TailDoorbell);
        return reads;
    }

    private static async Task<int> Follow(QueueRig rig)
    {
        await rig.ReadAsync(1);
        var second = rig.ReadAsync(2);
        Assert.Equal(0, rig.Pair.Poll());
        await second;
        return Environment.CurrentManagedThreadId;
    }
}
