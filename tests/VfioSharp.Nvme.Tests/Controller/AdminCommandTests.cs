using VfioSharp.Emulation.Nvme;
using VfioSharp.Nvme.Specification;

namespace VfioSharp.Nvme.Tests.Controller;

public class AdminCommandTests
{
    private const int BlockLimit = 8192;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Every_namespace_is_listed_with_its_size_and_identifiers()
    {
        await using var opened = await OpenAsync();

        Assert.Equal([1u, 2u], opened.Driver.Namespaces.Select(@namespace => @namespace.Id));
        Assert.Equal([512, 4096], opened.Driver.Namespaces.Select(@namespace => @namespace.BlockSizeInBytes));
        Assert.All(opened.Driver.Namespaces, @namespace => Assert.Equal(4 << 20, @namespace.SizeInBytes));
        Assert.All(opened.Driver.Namespaces, @namespace => Assert.Null(@namespace.Obstacle));
        Assert.Equal("TEST0001", opened.Driver.Identity.SerialNumber);
    }

    [Fact]
    public async Task Features_are_told_and_set()
    {
        await using var opened = await OpenAsync();
        var driver = opened.Driver;

        Assert.Equal((uint)(driver.MaxQueuePairs - 1), await driver.GetFeatureAsync(FeatureId.NumberOfQueues, cancellationToken: Token) & 0xffff);
        await driver.SetFeatureAsync(FeatureId.TemperatureThreshold, 333, cancellationToken: Token);
        Assert.Equal(333u, await driver.GetFeatureAsync(FeatureId.TemperatureThreshold, cancellationToken: Token) & 0xffff);
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => driver.GetFeatureDataAsync(FeatureId.Timestamp, new byte[5000], cancellationToken: Token));
        var exception = await Assert.ThrowsAsync<NvmeException>(() => driver.GetFeatureAsync((FeatureId)0x7f, cancellationToken: Token));
        Assert.Equal(NvmeFailure.CommandFailed, exception.Reason);
        Assert.Equal(StatusCode.InvalidField, exception.Status?.Code);
    }

    [Fact]
    public async Task Health_firmware_and_errors_are_read()
    {
        await using var opened = await OpenAsync();
        var driver = opened.Driver;
        await opened.Namespace.WriteAsync(0, new byte[BlockLimit], Token);

        var smart = await driver.ReadSmartAsync(cancellationToken: Token);
        var firmware = await driver.ReadFirmwareLogAsync(Token);
        await Assert.ThrowsAsync<NvmeException>(() => driver.IdentifyRawAsync((IdentifyKind)0xee, cancellationToken: Token));
        var errors = await driver.ReadErrorLogAsync(Token);

        Assert.Equal(308, smart.TemperatureInKelvin.Value);
        Assert.True(smart.HostWriteCommands.Saturated >= 1);
        Assert.Equal(driver.Identity.FirmwareRevision, firmware.Revisions[firmware.Active - 1]);
        Assert.True(errors.Count <= driver.Identity.ErrorLogEntryCount);
        Assert.Equal((await driver.ReadSmartAsync(cancellationToken: Token)).ErrorLogEntries.Saturated, (ulong)errors.Count);
    }

    [Theory]
    [InlineData(0, 0ul)]
    [InlineData(6, 0ul)]
    [InlineData(8, 2ul)]
    public async Task A_log_page_is_read_in_words(int length, ulong offset)
    {
        await using var opened = await OpenAsync();

        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => opened.Driver.ReadLogAsync(LogPageId.SmartHealth, new byte[length], offset, cancellationToken: Token));
    }

    [Fact]
    public async Task A_log_page_is_the_same_in_parts_as_in_one_piece()
    {
        await using var opened = await OpenAsync();
        Assert.True(opened.Driver.Identity.HasLogOffsets);
        var whole = new byte[4096];
        await opened.Driver.ReadLogAsync(LogPageId.CommandsAndEffects, whole, cancellationToken: Token);

        var part = new byte[1024];
        await opened.Driver.ReadLogAsync(LogPageId.CommandsAndEffects, part, 512, cancellationToken: Token);

        Assert.Equal(whole[512..1536], part);
        Assert.Contains(whole, value => value != 0);
    }

    [Fact]
    public async Task Formatting_changes_the_namespace_in_place_and_destroys_its_data()
    {
        await using var opened = await OpenAsync();
        var @namespace = opened.Namespace;
        await @namespace.WriteAsync(3, Filled(512, 0x77), Token);

        await opened.Driver.FormatAsync(@namespace, @namespace.Identity.FindFormat(4096)!.Value, cancellationToken: Token);

        Assert.Same(@namespace, opened.Namespace);
        Assert.Equal(4096, @namespace.BlockSizeInBytes);
        Assert.Equal(4 << 20, @namespace.SizeInBytes);
        var block = Filled(4096, 0xff);
        await @namespace.ReadAsync(0, block, Token);
        Assert.Equal(new byte[4096], block);
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => opened.Driver.FormatAsync(@namespace, 64, cancellationToken: Token));
    }

    [Fact]
    public async Task Events_are_followed_over_resets_until_the_controller_is_disposed()
    {
        await using var opened = await OpenAsync();
        await using var events = opened.Driver.ReadEventsAsync(Token).GetAsyncEnumerator(Token);
        for (var round = 0; round < 2; round++)
        {
            var next = events.MoveNextAsync().AsTask();
            opened.Function.TemperatureInKelvin = 400;
            Assert.True(await InTime(next));
            Assert.Equal(AsyncEventKind.SmartHealth, events.Current.Kind);
            Assert.Equal(LogPageId.SmartHealth, events.Current.LogPage);
            opened.Function.TemperatureInKelvin = 300;
            await opened.Driver.ResetAsync(Token);
        }

        var last = events.MoveNextAsync().AsTask();
        await opened.Driver.DisposeAsync();
        while (await InTime(last))
            last = events.MoveNextAsync().AsTask();
    }

    [Fact]
    public async Task Blocks_are_compared_cleared_and_given_up()
    {
        await using var opened = await OpenAsync();
        var @namespace = opened.Namespace;
        using var buffer = opened.Driver.AllocateBuffer(4096);
        buffer.Memory.Span.Fill(0x3c);
        await @namespace.WriteAsync(8, buffer.Memory, Token);

        Assert.Equal(4096, await @namespace.CompareAsync(8, buffer.Memory, Token));
        await @namespace.WriteZeroesAsync(0, @namespace.SizeInBlocks, Token);
        var exception = await Assert.ThrowsAsync<NvmeException>(async () => await @namespace.CompareAsync(8, buffer.Memory, Token));
        Assert.Equal(StatusCode.CompareFailure, exception.Status?.Code);
        await @namespace.DeallocateAsync(new[] { new NvmeBlockRange(0, 8), new NvmeBlockRange(100, 1) }, Token);
        await @namespace.VerifyAsync(0, @namespace.SizeInBlocks, Token);
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(async () => await @namespace.VerifyAsync(1, @namespace.SizeInBlocks, Token));
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(async () => await @namespace.WriteZeroesAsync(0, 0, Token));
    }

    [Theory]
    [InlineData(0ul, 511, typeof(ArgumentException))]
    [InlineData(8191ul, 1024, typeof(ArgumentOutOfRangeException))]
    [InlineData(ulong.MaxValue, 512, typeof(ArgumentOutOfRangeException))]
    public async Task Blocks_that_are_not_there_are_refused_before_any_is_moved(ulong lba, int length, Type expected)
    {
        await using var opened = await OpenAsync();

        Assert.IsType(expected, await Record.ExceptionAsync(async () => await opened.Namespace.ReadAsync(lba, new byte[length], Token)));
        Assert.IsType(expected, await Record.ExceptionAsync(async () => await opened.Namespace.WriteAsync(lba, new byte[length], Token)));
        Assert.Equal(0ul, (await opened.Driver.ReadSmartAsync(cancellationToken: Token)).HostWriteCommands.Saturated);
    }

    [Fact]
    public async Task A_long_transfer_goes_in_as_many_commands_as_it_takes()
    {
        await using var opened = await OpenAsync(new NvmeOptions { MaxTransferInBytes = 65536 });
        var data = new byte[(1 << 20) + 512];
        new Random(7).NextBytes(data);

        Assert.Equal(data.Length, await opened.Namespace.WriteAsync(1, data, Token));
        var back = new byte[data.Length];
        Assert.Equal(data.Length, await opened.Namespace.ReadAsync(1, back, Token));

        Assert.True(back.AsSpan().SequenceEqual(data));
        Assert.Equal(17ul, (await opened.Driver.ReadSmartAsync(cancellationToken: Token)).HostWriteCommands.Saturated);
    }

    [Fact]
    public async Task Threads_share_the_controllers_own_queue_pair()
    {
        await using var opened = await OpenAsync(new NvmeOptions { DefaultQueue = new NvmeQueueOptions { Depth = 4 } });
        var workers = Enumerable.Range(0, 8).Select(worker => Task.Run(async () =>
        {
            for (var round = 0; round < 20; round++)
            {
                var block = Filled(512, (byte)(worker * 20 + round));
                await opened.Namespace.WriteAsync((ulong)worker, block, Token);
                var back = new byte[512];
                await opened.Namespace.ReadAsync((ulong)worker, back, Token);
                Assert.Equal(block, back);
            }
        }));

        await InTime(Task.WhenAll(workers));
    }

    private static Task<OpenedController<NvmeFunction>> OpenAsync(NvmeOptions? options = null) => OpenedController<NvmeFunction>.OpenAsync(
        new NvmeFunction(new NvmeFunctionOptions { Images = [NvmeImage.InMemory(4 << 20), NvmeImage.InMemory(4 << 20, 4096)], SerialNumber = "TEST0001" }), options);

    private static async Task<T> InTime<T>(Task<T> task)
    {
        await InTime((Task)task);
        return await task;
    }

    private static async Task InTime(Task task)
    {
        Assert.Same(task, await Task.WhenAny(task, Task.Delay(Patience, Token)));
        await task;
    }

    private static byte[] Filled(int length, byte value)
    {
        var bytes = new byte[length];
        bytes.AsSpan().Fill(value);
        return bytes;
    }
}
