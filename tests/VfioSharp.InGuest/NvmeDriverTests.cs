using VfioSharp.Nvme;
using VfioSharp.Nvme.Specification;

namespace VfioSharp.InGuest;

/// <summary>
/// The library's driver on a controller of this guest, by each way to learn of completions. Sizes are small, since some guests are emulated on a machine
/// of the other byte order, with an interpreter's speed.
/// </summary>
public sealed class NvmeDriverTests
{
    private const string Device = "nvme";
    private const int CommandInBytes = 64 << 10;
    private const ulong Place = 4096;

    [Fact]
    public Task Data_is_written_and_read_by_interrupts() => DataIsWrittenAndRead(NvmeCompletionMode.Interrupt);

    [Fact]
    public Task Data_is_written_and_read_while_a_thread_polls() => DataIsWrittenAndRead(NvmeCompletionMode.Polled);

    [Fact]
    public async Task Data_is_written_and_read_while_the_caller_polls()
    {
        await using var controller = await Open();
        var disk = controller.Namespaces[0];
        await using var queue = await controller.CreateQueuePairAsync(new NvmeQueueOptions { Completion = NvmeCompletionMode.Manual });
        using var buffer = controller.AllocateBuffer(2 * CommandInBytes);
        var (source, target) = (buffer.Memory.Slice(0, CommandInBytes), buffer.Memory.Slice(CommandInBytes, CommandInBytes));
        Fill(source.Span, seed: 3);

        Assert.Equal(CommandInBytes, Polled(queue, queue.WriteAsync(disk, Place, source)));
        Assert.Equal(CommandInBytes, Polled(queue, queue.ReadAsync(disk, Place, target)));

        Assert.True(source.Span.SequenceEqual(target.Span), "what was read is not what was written");
    }

    [Fact]
    public async Task Many_commands_are_under_way_at_once()
    {
        const int Commands = 32, BlockInBytes = 4096;
        await using var controller = await Open();
        var disk = controller.Namespaces[0];
        await using var queue = await controller.CreateQueuePairAsync(new NvmeQueueOptions { Depth = Commands });
        using var buffer = controller.AllocateBuffer(2 * Commands * BlockInBytes);
        Fill(buffer.Memory.Slice(0, Commands * BlockInBytes).Span, seed: 4);
        var blocks = (ulong)(BlockInBytes / disk.BlockSizeInBytes);

        var writes = Enumerable.Range(0, Commands)
            .Select(i => queue.WriteAsync(disk, Place + (ulong)i * blocks, buffer.Memory.Slice(i * BlockInBytes, BlockInBytes)).AsTask()).ToArray();
        await Task.WhenAll(writes);
        // In the opposite order, so that none finds its data by chance.
        var reads = Enumerable.Range(0, Commands).Reverse()
            .Select(i => queue.ReadAsync(disk, Place + (ulong)i * blocks, buffer.Memory.Slice((Commands + i) * BlockInBytes, BlockInBytes)).AsTask()).ToArray();
        await Task.WhenAll(reads);

        var half = Commands * BlockInBytes;
        Assert.True(buffer.Memory.Slice(0, half).Span.SequenceEqual(buffer.Memory.Slice(half, half).Span), "what was read is not what was written");
    }

    [Fact]
    public async Task Memory_that_the_controller_cannot_reach_is_copied()
    {
        await using var controller = await Open();
        var disk = controller.Namespaces[0];
        var written = new byte[3 * CommandInBytes];
        Fill(written, seed: 5);

        Assert.Equal(written.Length, await disk.WriteAsync(Place, written));
        await disk.FlushAsync();
        var read = new byte[written.Length];
        Assert.Equal(read.Length, await disk.ReadAsync(Place, read));

        Assert.True(written.AsSpan().SequenceEqual(read), "what was read is not what was written");
    }

    [Fact]
    public async Task Blocks_are_compared_verified_and_zeroed_and_what_is_not_there_is_refused()
    {
        await using var controller = await Open();
        var disk = controller.Namespaces[0];
        await using var queue = await controller.CreateQueuePairAsync();
        var blocks = CommandInBytes / disk.BlockSizeInBytes;
        using var buffer = controller.AllocateBuffer(CommandInBytes);
        Fill(buffer.Memory.Span, seed: 6);
        await queue.WriteAsync(disk, Place, buffer.Memory);

        await queue.FlushAsync(disk);
        await queue.CompareAsync(disk, Place, buffer.Memory);
        buffer.Memory.Span[0] ^= 1;
        await Refused(StatusCode.CompareFailure, () => queue.CompareAsync(disk, Place, buffer.Memory).AsTask());
        // QEMU's controller has the command and does not say so; the driver goes by what it says.
        if ((controller.Identity.IoCommands & OptionalIoCommand.Verify) != 0)
            await queue.VerifyAsync(disk, Place, blocks);
        else
            Assert.Equal(NvmeFailure.Unsupported, (await Assert.ThrowsAsync<NvmeException>(() => queue.VerifyAsync(disk, Place, blocks).AsTask())).Reason);
        await queue.WriteZeroesAsync(disk, Place, blocks);
        await queue.ReadAsync(disk, Place, buffer.Memory);
        Assert.All(buffer.Memory.Span.ToArray(), value => Assert.Equal(0, value));
        await queue.DeallocateAsync(disk, [new NvmeBlockRange(Place, (uint)blocks)]);
    }

    [Fact]
    public async Task A_reset_in_between_leaves_data_and_driver_whole()
    {
        await using var controller = await Open();
        using var buffer = controller.AllocateBuffer(CommandInBytes);
        Fill(buffer.Memory.Span, seed: 7);
        var written = buffer.Memory.Span.ToArray();
        await using (var queue = await controller.CreateQueuePairAsync())
            await queue.WriteAsync(controller.Namespaces[0], Place, buffer.Memory);

        await controller.ResetAsync();

        buffer.Memory.Span.Clear();
        await using (var queue = await controller.CreateQueuePairAsync())
            await queue.ReadAsync(controller.Namespaces[0], Place, buffer.Memory);
        Assert.True(buffer.Memory.Span.SequenceEqual(written), "what was read is not what was written");
    }

    private static Task<NvmeController> Open() => NvmeController.OpenAsync(Guest.AddressOf(Device));

    private static async Task DataIsWrittenAndRead(NvmeCompletionMode completion)
    {
        await using var controller = await Open();
        var disk = controller.Namespaces[0];
        await using var queue = await controller.CreateQueuePairAsync(new NvmeQueueOptions { Completion = completion });
        using var buffer = controller.AllocateBuffer(2 * CommandInBytes);
        var (source, target) = (buffer.Memory.Slice(0, CommandInBytes), buffer.Memory.Slice(CommandInBytes, CommandInBytes));
        Fill(source.Span, seed: (int)completion);

        Assert.Equal(CommandInBytes, await queue.WriteAsync(disk, Place, source));
        Assert.Equal(CommandInBytes, await queue.ReadAsync(disk, Place, target));

        Assert.True(source.Span.SequenceEqual(target.Span), "what was read is not what was written");
    }

    private static int Polled(NvmeQueuePair queue, ValueTask<int> command)
    {
        while (!command.IsCompleted)
            queue.Poll();
        return command.GetAwaiter().GetResult();
    }

    private static async Task Refused(StatusCode expected, Func<Task> command)
    {
        var refusal = await Assert.ThrowsAsync<NvmeException>(command);
        Assert.Equal(NvmeFailure.CommandFailed, refusal.Reason);
        Assert.Equal(expected, refusal.Status!.Value.Code);
    }

    private static void Fill(Span<byte> memory, int seed) => new Random(seed).NextBytes(memory);
}
