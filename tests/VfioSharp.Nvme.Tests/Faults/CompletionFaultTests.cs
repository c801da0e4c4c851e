using VfioSharp.Nvme.Specification;

namespace VfioSharp.Nvme.Tests.Faults;

/// <summary>Completions that do not come, come twice, or say nonsense, by interrupt and polled.</summary>
public sealed class CompletionFaultTests
{
    private const int LengthInBytes = 8 * FaultyController.BlockSizeInBytes;

    public static MatrixTheoryData<CompletionFault, bool, bool> WrongCompletions => new(
        [
            CompletionFault.Drop, CompletionFault.OldPhase, CompletionFault.UnknownCommandId, CompletionFault.UnknownQueueId, CompletionFault.Garbage,
            CompletionFault.Fatal,
        ],
        [true, false],
        [true, false]);

    [Theory]
    [MemberData(nameof(WrongCompletions))]
    public async Task A_wrong_completion_ends_the_command_with_its_reason_and_a_reset_recovers(CompletionFault fault, bool usesInterrupts, bool isWrite)
    {
        await using var device = await FaultyDevice.OpenAsync(usesInterrupts);
        using var buffer = device.Allocate(LengthInBytes, 0x5a);
        device.Controller.Meet(isWrite ? FaultyController.Write : FaultyController.Read, fault);

        var call = isWrite ? device.Disk.WriteAsync(8, buffer.Memory) : device.Disk.ReadAsync(8, buffer.Memory);
        // A completion that belongs to no command is ignored; the command that it was meant for has not been completed, and its time runs out.
        await FaultyDevice.RequireFailure(fault == CompletionFault.Fatal ? NvmeFailure.ControllerFatal : NvmeFailure.TimedOut, call.AsTask());

        await device.Driver.ResetAsync().InTime();
        await device.RequireItWorks(0x77);
    }

    [Theory]
    [InlineData(CompletionFault.UnknownCommandId)]
    [InlineData(CompletionFault.UnknownQueueId)]
    [InlineData(CompletionFault.Garbage)]
    [InlineData(CompletionFault.Duplicate)]
    public async Task A_completion_of_no_command_is_counted(CompletionFault fault)
    {
        await using var device = await FaultyDevice.OpenAsync();
        await using var queue = await device.Driver.CreateQueuePairAsync();
        using var buffer = device.Allocate(LengthInBytes);
        device.Controller.Meet(FaultyController.Read, fault);

        var call = queue.ReadAsync(device.Disk, 0, buffer.Memory).AsTask();
        if (fault == CompletionFault.Duplicate)
            Assert.Equal(LengthInBytes, await call.InTime());
        else
            await FaultyDevice.RequireFailure(NvmeFailure.TimedOut, call);

        Assert.True(SpinWait.SpinUntil(() => queue.StrayCompletions == 1, FaultyDevice.Patience));
    }

    [Fact]
    public async Task What_a_completion_says_of_the_submission_queues_head_does_no_harm()
    {
        const int Commands = 1000;
        await using var device = await FaultyDevice.OpenAsync();
        using var buffer = device.Allocate(LengthInBytes);
        device.Controller.Disk[..LengthInBytes].Fill(0x29);
        device.Controller.Meet(FaultyController.Read, CompletionFault.HeadOutOfRange, Commands);

        for (var i = 0; i < Commands; i++)
            Assert.Equal(LengthInBytes, await device.Disk.ReadAsync(0, buffer.Memory).InTime());

        Assert.False(buffer.Memory.Span.ContainsAnyExcept((byte)0x29));
        Assert.Equal(1, device.Controller.EnableCount);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_completion_that_comes_twice_completes_no_other_command(bool usesInterrupts)
    {
        await using var device = await FaultyDevice.OpenAsync(usesInterrupts);
        using var buffer = device.Allocate(LengthInBytes);
        device.Controller.Disk[..LengthInBytes].Fill(0x21);
        device.Controller.Disk.Slice(LengthInBytes, LengthInBytes).Fill(0x22);
        device.Controller.Meet(FaultyController.Read, CompletionFault.Duplicate);

        Assert.Equal(LengthInBytes, await device.Disk.ReadAsync(0, buffer.Memory).InTime());
        Assert.False(buffer.Memory.Span.ContainsAnyExcept((byte)0x21));
        // Held, so that the second completion is all there is to be mistaken for its answer.
        device.Controller.Meet(FaultyController.Read, CompletionFault.Hold);
        await FaultyDevice.RequireFailure(NvmeFailure.TimedOut, () => device.Disk.ReadAsync(8, buffer.Memory));

        await device.Driver.ResetAsync().InTime();
        await device.RequireItWorks(0x78);
    }

    [Fact]
    public async Task An_error_status_ends_its_command_alone()
    {
        await using var device = await FaultyDevice.OpenAsync();
        using var buffer = device.Allocate(LengthInBytes);
        device.Controller.Meet(FaultyController.Read, CompletionFault.InternalError);

        var failure = await FaultyDevice.RequireFailure(NvmeFailure.CommandFailed, device.Disk.ReadAsync(0, buffer.Memory).AsTask());

        Assert.Equal(StatusCode.InternalError, failure.Status?.Code);
        await device.RequireItWorks(0x79);
        Assert.Equal(1, device.Controller.EnableCount);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_controller_that_vanishes_ends_every_command_and_says_so(bool usesInterrupts)
    {
        await using var device = await FaultyDevice.OpenAsync(usesInterrupts);
        using var first = device.Allocate(LengthInBytes);
        using var second = device.Allocate(LengthInBytes);
        device.Controller.Meet(FaultyController.Read, CompletionFault.Hold);
        device.Controller.Meet(FaultyController.Write, CompletionFault.Vanish);

        var read = FaultyDevice.RequireFailure(NvmeFailure.Disconnected, () => device.Disk.ReadAsync(0, first.Memory));
        var write = FaultyDevice.RequireFailure(NvmeFailure.Disconnected, () => device.Disk.WriteAsync(8, second.Memory));

        await read;
        await write;
        await FaultyDevice.RequireFailure(NvmeFailure.Disconnected, () => device.Disk.ReadAsync(0, first.Memory));
        await FaultyDevice.RequireFailure(NvmeFailure.Disconnected, device.Driver.ResetAsync());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Commands_beside_a_wrong_one_end_and_none_with_what_is_not_true(bool usesInterrupts)
    {
        const int Commands = 24;
        await using var device = await FaultyDevice.OpenAsync(usesInterrupts);
        using var buffer = device.Allocate(Commands * LengthInBytes);
        for (var i = 0; i < Commands; i++)
            device.Controller.Disk.Slice(i * LengthInBytes, LengthInBytes).Fill((byte)(i + 1));
        device.Controller.Meet(FaultyController.Read, CompletionFault.UnknownCommandId, after: Commands / 2);

        var calls = Enumerable.Range(0, Commands)
            .Select(i => device.Disk.ReadAsync((ulong)i * 8, buffer.Memory.Slice(i * LengthInBytes, LengthInBytes)).AsTask())
            .ToArray();

        var failures = 0;
        for (var i = 0; i < Commands; i++)
        {
            try
            {
                Assert.Equal(LengthInBytes, await calls[i].InTime());
                Assert.False(buffer.Memory.Slice(i * LengthInBytes, LengthInBytes).Span.ContainsAnyExcept((byte)(i + 1)));
            }
            catch (NvmeException failure)
            {
                Assert.Contains(failure.Reason, new[] { NvmeFailure.TimedOut, NvmeFailure.Reset });
                failures++;
            }
        }

        Assert.NotEqual(0, failures);
        await device.Driver.ResetAsync().InTime();
        await device.RequireItWorks(0x7a);
    }
}
