namespace VfioSharp.Nvme.Tests.Faults;

/// <summary>
/// A command that was given up must not reach its memory any more once the caller has that back: the controller carries it out late, whatever it said to Abort.
/// </summary>
public sealed class LateDataTests
{
    private const int LengthInBytes = 8 * FaultyController.BlockSizeInBytes;
    private const byte OnDisk = 0xd1;
    private const byte Untouched = 0x33;

    public static MatrixTheoryData<AbortManner, bool, bool> WaysToGiveUp => new(
        [AbortManner.Aborts, AbortManner.Refuses, AbortManner.IsSilent], [true, false], [true, false]);

    [Theory]
    [MemberData(nameof(WaysToGiveUp))]
    public async Task A_read_that_was_given_up_never_lands_in_memory_that_the_caller_has_back(AbortManner abort, bool isCancelled, bool usesInterrupts)
    {
        await using var device = await FaultyDevice.OpenAsync(usesInterrupts, controller => controller.Abort = abort);
        using var buffer = device.Allocate(LengthInBytes, Untouched);
        device.Controller.Disk[..LengthInBytes].Fill(OnDisk);
        device.Controller.Meet(FaultyController.Read, CompletionFault.Hold);

        await GiveUp(isCancelled, token => device.Disk.ReadAsync(0, buffer.Memory, token));
        buffer.Memory.Span.Fill(Untouched);
        await LetTheControllerCatchUp(device);

        Assert.False(buffer.Memory.Span.ContainsAnyExcept(Untouched));
        await device.Driver.ResetAsync().InTime();
        await device.RequireItWorks(0x41);
    }

    [Theory]
    [MemberData(nameof(WaysToGiveUp))]
    public async Task A_write_that_was_given_up_never_takes_what_the_caller_put_there_later(AbortManner abort, bool isCancelled, bool usesInterrupts)
    {
        await using var device = await FaultyDevice.OpenAsync(usesInterrupts, controller => controller.Abort = abort);
        using var buffer = device.Allocate(LengthInBytes, 0x10);
        device.Controller.Meet(FaultyController.Write, CompletionFault.Hold);

        await GiveUp(isCancelled, token => device.Disk.WriteAsync(0, buffer.Memory, token));
        buffer.Memory.Span.Fill(Untouched);
        await LetTheControllerCatchUp(device);

        Assert.False(device.Controller.Disk[..LengthInBytes].Contains(Untouched));
        await device.Driver.ResetAsync().InTime();
        await device.RequireItWorks(0x42);
    }

    [Theory]
    [MemberData(nameof(WaysToGiveUp))]
    public async Task Memory_of_the_drivers_own_is_not_used_again_while_the_controller_may_write_there(AbortManner abort, bool isCancelled, bool usesInterrupts)
    {
        await using var device = await FaultyDevice.OpenAsync(usesInterrupts, controller => controller.Abort = abort);
        var memory = new byte[LengthInBytes];
        device.Controller.Disk[..LengthInBytes].Fill(OnDisk);
        device.Controller.Disk.Slice(LengthInBytes, LengthInBytes).Fill(0xd2);
        device.Controller.Meet(FaultyController.Read, CompletionFault.Hold);

        await GiveUp(isCancelled, token => device.Disk.ReadAsync(0, memory.AsMemory(), token));
        var other = new byte[LengthInBytes];
        device.Controller.Release();
        // One that does not abort has been reset, or is about to be.
        if (abort != AbortManner.Aborts)
            await device.Driver.ResetAsync().InTime();
        await device.Disk.ReadAsync(8, other.AsMemory()).InTime();

        Assert.False(other.AsSpan().ContainsAnyExcept((byte)0xd2));
        Assert.False(memory.AsSpan().ContainsAnyExcept((byte)0));
        await device.RequireItWorks(0x43);
    }

    [Fact]
    public async Task A_completion_that_comes_just_before_the_time_is_up_is_taken()
    {
        await using var device = await FaultyDevice.OpenAsync();
        using var buffer = device.Allocate(LengthInBytes, Untouched);
        device.Controller.Disk[..LengthInBytes].Fill(OnDisk);
        device.Controller.Meet(FaultyController.Read, CompletionFault.Hold);

        var read = device.Disk.ReadAsync(0, buffer.Memory).AsTask();
        Assert.True(SpinWait.SpinUntil(() => device.Controller.HeldCount == 1, FaultyDevice.Patience));
        device.Controller.Release();

        Assert.Equal(LengthInBytes, await read.InTime());
        Assert.False(buffer.Memory.Span.ContainsAnyExcept(OnDisk));
    }

    private static async Task GiveUp(bool isCancelled, Func<CancellationToken, ValueTask<int>> begin)
    {
        using var cancellation = new CancellationTokenSource();
        var call = begin(cancellation.Token).AsTask();
        if (isCancelled)
        {
            cancellation.CancelAfter(20);
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call.InTime());
        }
        else
        {
            await FaultyDevice.RequireFailure(NvmeFailure.TimedOut, call);
        }
    }

    // What is released is carried out by another thread, under the lock that HeldCount takes.
    private static async Task LetTheControllerCatchUp(FaultyDevice device)
    {
        device.Controller.Release();
        await Task.Delay(50);
        Assert.Equal(0, device.Controller.HeldCount);
    }
}
