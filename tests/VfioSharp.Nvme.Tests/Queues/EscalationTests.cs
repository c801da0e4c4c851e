using VfioSharp.Nvme.Specification;

namespace VfioSharp.Nvme.Tests.Queues;

/// <summary>Cancellation, time-outs, resets and the end: no command ends while the controller may still reach its memory.</summary>
public sealed class EscalationTests
{
    private const int AbortRequested = 7;
    private static readonly TimeSpan Short = TimeSpan.FromMilliseconds(40);

    [Fact]
    public async Task A_cancelled_command_is_aborted_and_ends_when_the_controller_gives_it_back()
    {
        using var rig = new QueueRig();
        using var source = new CancellationTokenSource();
        var read = rig.ReadUntilAsync(1, source.Token);
        var id = rig.Fetch()!.Id;
        await source.CancelAsync();
        rig.Pair.Poll();
        rig.Pair.Poll();
        Assert.Equal([id], rig.Aborts);
        Assert.False(read.IsCompleted);
        rig.Complete(id, AbortRequested);
        rig.Pair.Poll();
        var exception = await Assert.ThrowsAsync<OperationCanceledException>(async () => await read);
        Assert.Equal(source.Token, exception.CancellationToken);
    }

    [Fact]
    public async Task A_command_that_is_done_before_the_abort_is_done()
    {
        using var rig = new QueueRig();
        using var source = new CancellationTokenSource();
        var read = rig.ReadUntilAsync(1, source.Token);
        var id = rig.Fetch()!.Id;
        await source.CancelAsync();
        rig.Complete(id);
        rig.Pair.Poll();
        Assert.Equal(512, await read);
    }

    [Fact]
    public async Task A_token_that_is_cancelled_already_sends_nothing()
    {
        using var rig = new QueueRig();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await rig.ReadUntilAsync(1, new CancellationToken(true)));
        Assert.Equal(0u, rig.TailDoorbell);
    }

    [Fact]
    public async Task A_command_that_waits_for_room_is_cancelled_without_the_controller()
    {
        using var rig = new QueueRig(depth: 1);
        using var source = new CancellationTokenSource();
        var first = rig.ReadAsync(1);
        var second = rig.ReadUntilAsync(2, source.Token);
        var third = rig.ReadAsync(3);
        await source.CancelAsync();
        rig.Pair.Poll();
        await Assert.ThrowsAsync<OperationCanceledException>(async () => await second);
        Assert.Empty(rig.Aborts);
        rig.Complete(rig.Fetch()!.Id);
        rig.Pair.Poll();
        var last = rig.Fetch()!;
        Assert.Equal(3ul, last.Lba);
        rig.Complete(last.Id);
        rig.Pair.Poll();
        Assert.Equal((512, 512), (await first, await third));
    }

    [Fact]
    public async Task A_late_command_is_aborted_and_then_times_out()
    {
        using var rig = new QueueRig(timeout: Short);
        var read = rig.ReadAsync(1);
        var id = rig.Fetch()!.Id;
        PollUntil(rig, () => rig.Aborts.Count > 0);
        Assert.Equal([id], rig.Aborts);
        Assert.False(read.IsCompleted);
        rig.Complete(id, AbortRequested);
        rig.Pair.Poll();
        Assert.Equal(NvmeFailure.TimedOut, (await Assert.ThrowsAsync<NvmeException>(async () => await read)).Reason);
        Assert.Empty(rig.Resets);
    }

    [Fact]
    public async Task Where_the_abort_does_not_help_a_reset_is_asked_for_once_and_ends_everything()
    {
        using var rig = new QueueRig(depth: 2, timeout: Short);
        var reads = Enumerable.Range(0, 4).Select(lba => rig.ReadAsync((ulong)lba)).ToArray();
        PollUntil(rig, () => rig.Resets.Count > 0);
        for (var i = 0; i < 10_000; i++)
            rig.Pair.Poll();
        var cause = Assert.Single(rig.Resets);
        Assert.Equal(NvmeFailure.TimedOut, cause.Reason);
        Assert.DoesNotContain(reads, read => read.IsCompleted);
        rig.Pair.Fail(cause);
        rig.Pair.Poll();
        foreach (var read in reads)
            Assert.Equal(NvmeFailure.TimedOut, (await Assert.ThrowsAsync<NvmeException>(async () => await read)).Reason);
        Assert.Equal(NvmeFailure.TimedOut, Assert.Throws<NvmeException>(() => rig.Start(1)).Reason);
        Assert.Equal(0, rig.Pair.OutstandingCommands);
    }

    [Fact]
    public void A_controller_that_is_unwell_is_reset_without_waiting_for_a_timeout()
    {
        using var rig = new QueueRig(timeout: TimeSpan.FromSeconds(1));
        var read = rig.ReadAsync(1);
        rig.Illness = new NvmeException(NvmeFailure.ControllerFatal, "The controller is fatal.");
        PollUntil(rig, () => rig.Resets.Count > 0);
        Assert.Same(rig.Illness, rig.Resets[0]);
        Assert.False(read.IsCompleted);
    }

    [Fact]
    public void Commands_without_a_time_are_never_late()
    {
        using var rig = new QueueRig(timeout: Short);
        var forever = rig.SubmitAsync(new SubmissionEntry { Opcode = 0x0c }, timeout: Timeout.InfiniteTimeSpan);
        var until = DateTime.UtcNow + (5 * Short);
        while (DateTime.UtcNow < until)
            rig.Pair.Poll();
        Assert.Empty(rig.Aborts);
        Assert.False(forever.IsCompleted);
    }

    [Theory]
    [InlineData(NvmeCompletionMode.Manual)]
    [InlineData(NvmeCompletionMode.Polled)]
    [InlineData(NvmeCompletionMode.Interrupt)]
    public async Task Disposing_deletes_the_queues_and_then_ends_what_is_outstanding(NvmeCompletionMode completion)
    {
        var rig = new QueueRig(depth: 1, completion: completion);
        var reads = new[] { rig.ReadAsync(1), rig.ReadAsync(2) };
        rig.Pair.Dispose();
        Assert.Equal(1, rig.DeleteCount);
        foreach (var read in reads)
            Assert.Equal(NvmeFailure.Reset, (await Assert.ThrowsAsync<NvmeException>(async () => await read)).Reason);
        Assert.Throws<ObjectDisposedException>(() => rig.Start(1));
        rig.Dispose();
        Assert.Equal(1, rig.DeleteCount);
    }

    private static void PollUntil(QueueRig rig, Func<bool> condition) => Assert.True(SpinWait.SpinUntil(
        () =>
        {
            rig.Pair.Poll();
            return condition();
        },
        TimeSpan.FromSeconds(20)));
}
