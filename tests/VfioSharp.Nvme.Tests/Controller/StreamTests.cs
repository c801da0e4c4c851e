using FsCheck.Xunit;
using VfioSharp.Nvme.Tests.Faults;

namespace VfioSharp.Nvme.Tests.Controller;

public class StreamTests
{
    [Property(MaxTest = 30)]
    public void A_stream_holds_what_was_written_at_any_position_in_any_length(int seed) => Compare(seed).GetAwaiter().GetResult();

    [Fact]
    public async Task A_stream_ends_where_its_namespace_does()
    {
        await using var opened = await OpenedController<FaultyController>.OpenAsync(new FaultyController());
        await using var stream = opened.Namespace.OpenStream();
        var token = TestContext.Current.CancellationToken;

        Assert.Equal(FaultyController.SizeInBlocks * FaultyController.BlockSizeInBytes, stream.Length);
        stream.Position = stream.Length - 3;
        Assert.Equal(3, await stream.ReadAsync(new byte[10], token));
        Assert.Equal(0, await stream.ReadAsync(new byte[10], token));
        Assert.Equal(stream.Length, stream.Position);
        stream.Position = stream.Length - 3;
        await Assert.ThrowsAsync<IOException>(async () => await stream.WriteAsync(new byte[4], token));
        Assert.Equal(stream.Length - 3, stream.Position);
        Assert.Throws<NotSupportedException>(() => stream.SetLength(0));
        Assert.Throws<ArgumentOutOfRangeException>(() => stream.Position = -1);
        Assert.Throws<IOException>(() => stream.Seek(-1, SeekOrigin.Begin));
    }

    [Fact]
    public async Task A_disposed_stream_says_so_and_leaves_its_namespace_alone()
    {
        await using var opened = await OpenedController<FaultyController>.OpenAsync(new FaultyController());
        var stream = opened.Namespace.OpenStream();
        await stream.DisposeAsync();

        Assert.False(stream.CanRead);
        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await stream.WriteAsync(new byte[1], TestContext.Current.CancellationToken));
        Assert.Equal(512, await opened.Namespace.ReadAsync(0, new byte[512], TestContext.Current.CancellationToken));
    }

    private static async Task Compare(int seed)
    {
        var random = new Random(seed);
        await using var opened = await OpenedController<FaultyController>.OpenAsync(
            new FaultyController(), new NvmeOptions { MaxTransferInBytes = 4096 * random.Next(1, 5), BounceBuffers = 1 });
        await using var stream = opened.Namespace.OpenStream();
        var model = new byte[stream.Length];
        for (var step = 0; step < 20; step++)
        {
            var position = random.Next(model.Length);
            var part = new byte[random.Next(Math.Min(40_000, model.Length - position) + 1)];
            random.NextBytes(part);
            stream.Position = position;
            await stream.WriteAsync(part);
            part.CopyTo(model, position);
            Assert.Equal(position + part.Length, stream.Position);
        }

        await stream.FlushAsync();
        Assert.True(model.AsSpan().SequenceEqual(opened.Function.Disk), "the medium does not hold what was written");
        for (var step = 0; step < 20; step++)
        {
            var position = random.Next(model.Length);
            var part = new byte[random.Next(40_000)];
            stream.Seek(position, SeekOrigin.Begin);
            var count = stream.Read(part, 0, part.Length);
            Assert.Equal(Math.Min(part.Length, model.Length - position), count);
            Assert.True(model.AsSpan(position, count).SequenceEqual(part.AsSpan(0, count)), $"{count} bytes at {position} differ");
        }
    }
}
