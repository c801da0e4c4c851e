using VfioSharp.Native;

namespace VfioSharp.Tests.Native;

public sealed class EventFdTests : IDisposable
{
    private readonly EventFd _event = EventFd.Create();

    public void Dispose() => _event.Dispose();

    [Fact]
    public void Taking_gives_the_sum_of_the_signals_and_leaves_nothing()
    {
        Assert.False(_event.TryTake(out _));
        _event.Signal();
        _event.Signal();
        Assert.True(_event.TryTake(out var count));
        Assert.Equal(2ul, count);
        Assert.False(_event.TryTake(out count));
        Assert.Equal(0ul, count);
    }

    [Fact]
    public void A_taker_who_sees_the_end_leaves_the_counter_readable_for_the_others()
    {
        var closed = true;
        _event.Signal();
        Assert.False(_event.TryTake(ref closed, out var count));
        Assert.Equal(0ul, count);
        Assert.False(_event.TryTake(ref closed, out _));
        Assert.True(_event.TryTake(out _));
    }

    [Fact]
    public void A_disposed_eventfd_refuses()
    {
        _event.Dispose();
        Assert.Throws<ObjectDisposedException>(() => _event.TryTake(out _));
        Assert.Throws<ObjectDisposedException>(_event.Signal);
        Assert.Throws<ObjectDisposedException>(() => _event.Wait(0));
    }
}
