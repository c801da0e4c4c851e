using VfioSharp.Nvme.Specification;
using VfioSharp.Nvme.Tests.Faults;

namespace VfioSharp.Nvme.Tests.Controller;

/// <summary>
/// Commands that begin while the controller goes down, from threads that know nothing of it: the queue pair that a command found may
/// be disposed of before the command is in it.
/// </summary>
public sealed class CommandsBesideResetTests
{
    private const int Threads = 3;
    private const int Resets = 100;
    private const int Controllers = 40;
    private const int Block = FaultyController.BlockSizeInBytes;

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Commands_between_resets_are_done_or_end_with_the_reset(bool usesInterrupts)
    {
        await using var device = await FaultyDevice.OpenAsync(usesInterrupts);
        using var ended = new CancellationTokenSource();
        var threads = Start(device.Disk, device.Driver, NvmeFailure.Reset, () => ended.IsCancellationRequested);

        for (var i = 0; i < Resets; i++)
            await device.Driver.ResetAsync(TestContext.Current.CancellationToken);
        await ended.CancelAsync();

        await Task.WhenAll(threads).InTime();
        await device.RequireItWorks(0x31);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Commands_that_begin_when_the_controller_is_gone_say_that_it_is(bool usesInterrupts)
    {
        for (var i = 0; i < Controllers; i++)
        {
            await using var device = await FaultyDevice.OpenAsync(usesInterrupts);
            device.Controller.Meet(FaultyController.Write, CompletionFault.Vanish);
            var threads = Start(device.Disk, device.Driver, NvmeFailure.Disconnected, () => device.Driver.Failure is not null);

            using var buffer = device.Allocate(Block);
            await FaultyDevice.RequireFailure(NvmeFailure.Disconnected, () => device.Disk.WriteAsync(8, buffer.Memory));

            await Task.WhenAll(threads).InTime();
            await FaultyDevice.RequireFailure(NvmeFailure.Disconnected, () => device.Disk.ReadAsync(0, buffer.Memory));
        }
    }

    // Each way to send a command, again and again. Any failure but the expected one ends the task with it.
    private static Task[] Start(NvmeNamespace disk, NvmeController driver, NvmeFailure expected, Func<bool> isOver) =>
        [.. Enumerable.Range(0, Threads).Select(_ => Task.Run(async () =>
        {
            using var buffer = driver.AllocateBuffer(Block);
            while (!isOver())
            {
                await TryAsync(expected, async () => await disk.ReadAsync(0, buffer.Memory.Slice(0, Block)));
                await TryAsync(expected, async () => await disk.FlushAsync());
                await TryAsync(expected, async () => await disk.WriteZeroesAsync(16, 1));
                await TryAsync(expected, () => driver.IdentifyRawAsync(IdentifyKind.Controller));
                await TryAsync(expected, async () => await disk.DeallocateAsync([new NvmeBlockRange(32, 1)]));
            }
        }))];

    private static async Task TryAsync(NvmeFailure expected, Func<Task> send)
    {
        try
        {
            await send();
        }
        catch (NvmeException exception) when (exception.Reason == expected)
        {
            // The command was under way when the controller went.
        }
    }
}
