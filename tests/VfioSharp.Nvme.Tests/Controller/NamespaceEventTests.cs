using System.Buffers.Binary;
using VfioSharp.Nvme.Specification;
using VfioSharp.Nvme.Tests.Faults;

namespace VfioSharp.Nvme.Tests.Controller;

public class NamespaceEventTests
{
    private const uint NamespaceAttributesChanged = 0x04_00_02;
    private const byte ChangedNamespaces = 4;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_namespace_that_changed_shows_its_new_size_before_the_event_is_told()
    {
        await using var opened = await OpenedController<FaultyController>.OpenAsync(new FaultyController());
        var @namespace = opened.Namespace;
        opened.Function.ChangeLog = (page, bytes) => BinaryPrimitives.WriteUInt32LittleEndian(bytes, page == ChangedNamespaces ? 1u : 0);
        opened.Function.ChangeIdentify = (kind, bytes) =>
        {
            if (kind == (byte)IdentifyKind.Namespace)
                BinaryPrimitives.WriteUInt64LittleEndian(bytes, 4096);
        };

        var @event = await TellAsync(opened);

        Assert.True(@event.TellsOfNamespaces);
        Assert.Equal([1u], @event.ChangedNamespaces);
        Assert.Same(@namespace, opened.Namespace);
        Assert.Equal(4096ul, @namespace.SizeInBlocks);
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(async () => await @namespace.ReadAsync(4096, new byte[512], Token));
    }

    [Fact]
    public async Task A_namespace_that_went_is_not_listed_and_refuses_reads_in_one_sentence()
    {
        await using var opened = await OpenedController<FaultyController>.OpenAsync(new FaultyController());
        var @namespace = opened.Namespace;
        // More changed than the list can hold: any may have.
        opened.Function.ChangeLog = (page, bytes) => BinaryPrimitives.WriteUInt32LittleEndian(bytes, page == ChangedNamespaces ? uint.MaxValue : 0);
        opened.Function.ChangeIdentify = (kind, bytes) =>
        {
            if (kind == (byte)IdentifyKind.ActiveNamespaces)
                Array.Clear(bytes);
        };

        await TellAsync(opened);

        Assert.Empty(opened.Driver.Namespaces);
        var exception = await Assert.ThrowsAsync<NvmeException>(async () => await @namespace.ReadAsync(0, new byte[512], Token));
        Assert.Equal(NvmeFailure.Unsupported, exception.Reason);
        Assert.Contains("it is gone", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Each_of_many_events_is_told_to_every_reader()
    {
        await using var opened = await OpenedController<FaultyController>.OpenAsync(new FaultyController());
        await using var first = opened.Driver.ReadEventsAsync(Token).GetAsyncEnumerator(Token);
        await using var second = opened.Driver.ReadEventsAsync(Token).GetAsyncEnumerator(Token);
        var waits = new[] { first.MoveNextAsync().AsTask(), second.MoveNextAsync().AsTask() };
        for (uint number = 0; number < 8; number++)
            opened.Function.Tell(number << 8 | (uint)AsyncEventKind.Vendor | (uint)LogPageId.SmartHealth << 16);

        foreach (var wait in waits)
            Assert.True(await wait.WaitAsync(Patience, Token));
        var seen = new List<byte> { first.Current.Information };
        while (seen.Count < 8)
        {
            Assert.True(await first.MoveNextAsync().AsTask().WaitAsync(Patience, Token));
            seen.Add(first.Current.Information);
        }

        Assert.Equal(Enumerable.Range(0, 8).Select(number => (byte)number), seen.Order());
    }

    private static async Task<NvmeEvent> TellAsync(OpenedController<FaultyController> opened)
    {
        await using var events = opened.Driver.ReadEventsAsync(Token).GetAsyncEnumerator(Token);
        var next = events.MoveNextAsync().AsTask();
        opened.Function.Tell(NamespaceAttributesChanged);
        Assert.True(await next.WaitAsync(Patience, Token));
        return events.Current;
    }
}
