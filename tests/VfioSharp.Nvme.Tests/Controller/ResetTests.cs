using VfioSharp.Nvme.Tests.Faults;

namespace VfioSharp.Nvme.Tests.Controller;

public class ResetTests
{
    private const byte Read = 0x02;
    private const byte IdentifyOpcode = 0x06;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task After_a_reset_namespaces_are_the_same_objects_and_work()
    {
        await using var opened = await OpenedController<FaultyController>.OpenAsync(new FaultyController());
        var @namespace = opened.Namespace;
        await @namespace.WriteAsync(7, Filled(0x5a), Token);

        for (var round = 0; round < 3; round++)
            await opened.Driver.ResetAsync(Token);

        Assert.Same(@namespace, opened.Namespace);
        Assert.Equal(Filled(0x5a), await ReadBlockAsync(@namespace, 7));
        Assert.Equal(4, opened.Function.EnableCount);
        Assert.Null(opened.Driver.Failure);
    }

    [Fact]
    public async Task A_queue_pair_of_the_callers_ends_with_a_reset_and_a_new_one_can_be_made()
    {
        await using var opened = await OpenedController<FaultyController>.OpenAsync(new FaultyController());
        using var buffer = opened.Driver.AllocateBuffer(512);
        await using var old = await opened.Driver.CreateQueuePairAsync(cancellationToken: Token);
        await old.ReadAsync(opened.Namespace, 0, buffer.Memory.Slice(0, 512), Token);

        await opened.Driver.ResetAsync(Token);

        var exception = await Assert.ThrowsAsync<NvmeException>(async () => await old.ReadAsync(opened.Namespace, 0, buffer.Memory.Slice(0, 512), Token));
        Assert.Equal(NvmeFailure.Reset, exception.Reason);
        await using var @new = await opened.Driver.CreateQueuePairAsync(cancellationToken: Token);
        Assert.Equal(512, await @new.ReadAsync(opened.Namespace, 0, buffer.Memory.Slice(0, 512), Token));
        // Its number is the new one's now: disposing of it leaves that alone.
        await old.DisposeAsync();
        Assert.Equal(512, await @new.ReadAsync(opened.Namespace, 0, buffer.Memory.Slice(0, 512), Token));
        Assert.Equal(2, opened.Function.QueueCount);
    }

    [Fact]
    public async Task A_fatal_error_ends_every_command_and_a_reset_brings_the_controller_back()
    {
        await using var opened = await OpenedController<FaultyController>.OpenAsync(new FaultyController());
        opened.Function.Meet(Read, CompletionFault.Hold);
        opened.Function.Meet(Read, CompletionFault.Fatal);
        var held = opened.Namespace.ReadAsync(0, new byte[512], Token).AsTask();
        var fatal = opened.Namespace.ReadAsync(1, new byte[512], Token).AsTask();

        Assert.Equal(NvmeFailure.ControllerFatal, (await FailureOf(held)).Reason);
        Assert.Equal(NvmeFailure.ControllerFatal, (await FailureOf(fatal)).Reason);
        Assert.Equal(NvmeFailure.ControllerFatal, (await FailureOf(opened.Namespace.ReadAsync(2, new byte[512], Token).AsTask())).Reason);
        Assert.Equal(NvmeFailure.ControllerFatal, (await FailureOf(opened.Driver.ReadSmartAsync(cancellationToken: Token))).Reason);
        Assert.Equal(NvmeFailure.ControllerFatal, opened.Driver.Failure?.Reason);

        await opened.Driver.ResetAsync(Token);
        Assert.Null(opened.Driver.Failure);
        Assert.Equal(new byte[512], await ReadBlockAsync(opened.Namespace, 0));
    }

    [Fact]
    public async Task A_controller_whose_fatal_error_outlasts_its_reset_has_its_function_reset()
    {
        await using var opened = await OpenedController<FaultyController>.OpenAsync(new FaultyController { StaysFatalUntilFunctionReset = true });
        opened.Function.Meet(Read, CompletionFault.Fatal);
        await FailureOf(opened.Namespace.ReadAsync(1, new byte[512], Token).AsTask());

        await opened.Driver.ResetAsync(Token);

        Assert.Equal(new byte[512], await ReadBlockAsync(opened.Namespace, 0));
    }

    [Fact]
    public async Task A_controller_that_does_not_stop_has_its_function_reset()
    {
        await using var opened = await OpenedController<FaultyController>.OpenAsync(new FaultyController());
        opened.Function.NeverDisabled = true;

        await opened.Driver.ResetAsync(Token);

        opened.Function.NeverDisabled = false;
        Assert.Equal(new byte[512], await ReadBlockAsync(opened.Namespace, 0));
    }

    [Fact]
    public async Task Reads_that_begin_while_a_stuck_controller_is_reset_wait_for_its_return()
    {
        var options = new NvmeOptions { CommandTimeout = TimeSpan.FromMilliseconds(200) };
        await using var opened = await OpenedController<FaultyController>.OpenAsync(new FaultyController { Abort = AbortManner.Refuses }, options);
        opened.Function.Meet(Read, CompletionFault.Drop);

        var stuck = await FailureOf(opened.Namespace.ReadAsync(0, new byte[512], Token).AsTask());

        // The stuck command ends before the controller is back.
        Assert.Equal(NvmeFailure.TimedOut, stuck.Reason);
        Assert.Equal(new byte[512], await ReadBlockAsync(opened.Namespace, 0));
        Assert.Equal(2, opened.Function.EnableCount);
    }

    [Fact]
    public async Task A_controller_that_hangs_while_it_is_reset_can_be_reset_again()
    {
        var options = new NvmeOptions { AdminTimeout = TimeSpan.FromMilliseconds(200) };
        await using var opened = await OpenedController<FaultyController>.OpenAsync(new FaultyController { Abort = AbortManner.IsSilent }, options);
        opened.Function.MeetAdmin(IdentifyOpcode, CompletionFault.Drop);

        Assert.Equal(NvmeFailure.TimedOut, (await FailureOf(opened.Driver.ResetAsync(Token))).Reason);
        Assert.Equal(NvmeFailure.TimedOut, (await FailureOf(opened.Namespace.ReadAsync(2, new byte[512], Token).AsTask())).Reason);

        await opened.Driver.ResetAsync(Token);
        Assert.Equal(new byte[512], await ReadBlockAsync(opened.Namespace, 0));
    }

    [Fact]
    public async Task A_controller_that_was_shut_down_says_so_and_comes_back_by_a_reset()
    {
        await using var opened = await OpenedController<FaultyController>.OpenAsync(new FaultyController());

        await opened.Driver.ShutdownAsync();
        await opened.Driver.ShutdownAsync();

        Assert.Equal(1, opened.Function.ShutdownCount);
        Assert.Equal(NvmeFailure.NotReady, (await FailureOf(opened.Namespace.FlushAsync(Token).AsTask())).Reason);
        Assert.Equal(NvmeFailure.NotReady, (await FailureOf(opened.Driver.CreateQueuePairAsync(cancellationToken: Token))).Reason);
        await opened.Driver.ResetAsync(Token);
        Assert.Equal(new byte[512], await ReadBlockAsync(opened.Namespace, 0));
    }

    [Fact]
    public async Task A_disposed_controller_says_so()
    {
        var opened = await OpenedController<FaultyController>.OpenAsync(new FaultyController());
        var @namespace = opened.Namespace;
        await opened.DisposeAsync();

        await Assert.ThrowsAsync<ObjectDisposedException>(() => opened.Driver.ResetAsync(Token));
        await Assert.ThrowsAsync<ObjectDisposedException>(() => opened.Driver.ReadSmartAsync(cancellationToken: Token));
        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await @namespace.FlushAsync(Token));
        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await @namespace.ReadAsync(0, new byte[512], Token));
    }

    [Fact]
    public async Task Queue_pairs_are_made_until_there_are_no_more_and_their_numbers_are_used_again()
    {
        await using var opened = await OpenedController<FaultyController>.OpenAsync(new FaultyController(), new NvmeOptions { QueuePairs = 4 });
        Assert.Equal(4, opened.Driver.MaxQueuePairs);
        var pairs = new List<NvmeQueuePair>();
        for (var made = 0; made < 3; made++)
            pairs.Add(await opened.Driver.CreateQueuePairAsync(cancellationToken: Token));

        Assert.Equal(NvmeFailure.NoQueue, (await FailureOf(opened.Driver.CreateQueuePairAsync(cancellationToken: Token))).Reason);

        await pairs[1].DisposeAsync();
        var again = await opened.Driver.CreateQueuePairAsync(cancellationToken: Token);
        Assert.Equal(pairs[1].Id, again.Id);
        await again.FlushAsync(opened.Namespace, Token);
        foreach (var pair in pairs)
            await pair.DisposeAsync();
        await again.DisposeAsync();
        Assert.Equal(1, opened.Function.QueueCount);
    }

    private static async Task<NvmeException> FailureOf(Task task)
    {
        Assert.Same(task, await Task.WhenAny(task, Task.Delay(Patience, Token)));
        return await Assert.ThrowsAsync<NvmeException>(() => task);
    }

    private static byte[] Filled(byte value)
    {
        var block = new byte[512];
        block.AsSpan().Fill(value);
        return block;
    }

    private static async Task<byte[]> ReadBlockAsync(NvmeNamespace @namespace, ulong lba)
    {
        var block = new byte[512];
        await @namespace.ReadAsync(lba, block, Token);
        return block;
    }
}
