using VfioSharp.Nvme.Events;
using VfioSharp.Nvme.Specification;

namespace VfioSharp.Nvme.Tests.Controller;

public class EventSubscriptionTests
{
    [Fact]
    public async Task A_reader_that_falls_behind_loses_the_oldest_events_and_no_later_one()
    {
        var subscription = new EventSubscription();
        for (var number = 0; number < EventSubscription.Capacity + 3; number++)
            subscription.Add(new NvmeEvent(AsyncEventKind.Vendor, (byte)number, LogPageId.SmartHealth));
        subscription.End();

        var first = await subscription.TakeAsync(TestContext.Current.CancellationToken);
        var count = 1;
        while (await subscription.TakeAsync(TestContext.Current.CancellationToken) is not null)
            count++;

        Assert.Equal((byte)3, first?.Information);
        Assert.Equal(EventSubscription.Capacity, count);
    }

    [Fact]
    public async Task A_wait_that_is_cancelled_loses_no_event()
    {
        var subscription = new EventSubscription();
        using var cancellation = new CancellationTokenSource();
        var wait = subscription.TakeAsync(cancellation.Token).AsTask();
        await cancellation.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => wait);

        subscription.Add(new NvmeEvent(AsyncEventKind.Notice, 1, LogPageId.FirmwareSlot));

        Assert.Equal(AsyncEventKind.Notice, (await subscription.TakeAsync(TestContext.Current.CancellationToken))?.Kind);
    }
}
