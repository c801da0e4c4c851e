using VfioSharp.Dma;
using VfioSharp.Nvme;

namespace VfioSharp.InGuest;

/// <summary>Where commands and their data may lie, judged by QEMU's controller: its own memory, memory of several pieces, long lists of pages.</summary>
public sealed class NvmeMemoryTests
{
    private const string Device = "nvme";
    private const ulong Place = 32768;

    /// <summary>Explicit: it needs a guest whose controller has a memory buffer.</summary>
    [Fact(Explicit = true)]
    public async Task Submission_queues_lie_in_the_controllers_own_memory()
    {
        await using var controller = await NvmeController.OpenAsync(Guest.AddressOf(Device), new NvmeOptions { UseControllerMemory = true });
        var disk = controller.Namespaces[0];
        using var buffer = controller.AllocateBuffer(8192);
        var (source, target) = (buffer.Memory.Slice(0, 4096), buffer.Memory.Slice(4096, 4096));
        await using var queue = await controller.CreateQueuePairAsync(new NvmeQueueOptions { Depth = 15, Completion = NvmeCompletionMode.Manual });
        Assert.True(queue.UsesControllerMemory);
        // More often than the queue has entries.
        for (var turn = 0; turn < 50; turn++)
        {
            new Random(turn).NextBytes(source.Span);
            queue.Write(disk, Place + (ulong)turn, source);
            queue.Read(disk, Place + (ulong)turn, target);
            Assert.True(source.Span.SequenceEqual(target.Span), $"turn {turn}: what was read is not what was written");
        }

        // The queue goes, and another takes its place, also after the controller has forgotten everything.
        await queue.DisposeAsync();
        await controller.ResetAsync();
        await using var second = await controller.CreateQueuePairAsync(new NvmeQueueOptions { Completion = NvmeCompletionMode.Manual });
        Assert.True(second.UsesControllerMemory);
        target.Span.Clear();
        second.Read(disk, Place + 49, target);
        Assert.True(source.Span.SequenceEqual(target.Span), "what was read after the reset is not what was written");
    }

    [Fact]
    public async Task Data_may_lie_in_pieces_of_any_length()
    {
        await using var controller = await NvmeController.OpenAsync(Guest.AddressOf(Device));
        var disk = controller.Namespaces[0];
        using var buffer = controller.AllocateBuffer(256 << 10);
        var random = new Random(8);
        var written = new byte[64 << 10];
        random.NextBytes(written);
        var pieces = CutIntoPieces(buffer.Memory, written.Length, random);
        Copy(written, pieces);
        await using var queue = await controller.CreateQueuePairAsync();

        Assert.Equal(written.Length, await queue.WriteAsync(disk, Place, pieces));
        var whole = buffer.Memory.Slice(192 << 10, written.Length);
        await queue.ReadAsync(disk, Place, whole);
        Assert.True(whole.Span.SequenceEqual(written), "what was written in pieces is something else");

        foreach (var piece in pieces)
            piece.Span.Clear();
        Assert.Equal(written.Length, await queue.ReadAsync(disk, Place, pieces));
        var offset = 0;
        foreach (var piece in pieces)
        {
            Assert.True(piece.Span.SequenceEqual(written.AsSpan(offset, piece.Span.Length)), $"what was read into the piece at {offset} is something else");
            offset += piece.Span.Length;
        }
    }

    [Fact]
    public async Task The_longest_command_moves_its_data_from_wherever_it_begins()
    {
        await using var controller = await NvmeController.OpenAsync(Guest.AddressOf(Device));
        var disk = controller.Namespaces[0];
        var length = controller.MaxTransferInBytes;
        using var buffer = controller.AllocateBuffer((2L * length) + 8192);
        await using var queue = await controller.CreateQueuePairAsync();
        foreach (var offset in new[] { 0, 4, 512, 4092 })
        {
            var (source, target) = (buffer.Memory.Slice(offset, length), buffer.Memory.Slice(length + 4096 + offset, length));
            new Random(offset).NextBytes(source.Span);
            Assert.Equal(length, await queue.WriteAsync(disk, Place, source));
            Assert.Equal(length, await queue.ReadAsync(disk, Place, target));
            Assert.True(source.Span.SequenceEqual(target.Span), $"from offset {offset} on: what was read is not what was written");
        }
    }

    private static DmaMemory[] CutIntoPieces(DmaMemory memory, int lengthInBytes, Random random)
    {
        var pieces = new List<DmaMemory>();
        long place = 4;
        while (lengthInBytes > 0)
        {
            var length = Math.Min(lengthInBytes, 4 * random.Next(1, 1024));
            pieces.Add(memory.Slice(place, length));
            lengthInBytes -= length;
            place += length + (4 * random.Next(1, 64));
        }

        return [.. pieces];
    }

    private static void Copy(ReadOnlySpan<byte> bytes, DmaMemory[] pieces)
    {
        foreach (var piece in pieces)
        {
            bytes[..piece.Span.Length].CopyTo(piece.Span);
            bytes = bytes[piece.Span.Length..];
        }
    }
}
