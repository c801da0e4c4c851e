using VfioSharp.Interrupts;

namespace VfioSharp.Tests.Interrupts;

public sealed class AsyncWaitTests : IDisposable
{
    private readonly InterruptFixture _device = new();

    public void Dispose() => _device.Dispose();

    [Fact]
    public async Task A_wait_is_over_at_once_where_the_vector_has_fired()
    {
        using var vectors = _device.Interrupts.Msix.Enable(1);
        _device.Backend.Fire(InterruptIndex.Msix);
        _device.Backend.Fire(InterruptIndex.Msix);
        var wait = vectors[0].WaitAsync(TestContext.Current.CancellationToken);
        Assert.True(wait.IsCompletedSuccessfully);
        Assert.Equal(2ul, await wait);
    }

    [Fact]
    public async Task A_wait_ends_when_the_vector_fires_and_not_in_the_thread_that_watches()
    {
        using var vectors = _device.Interrupts.Msix.Enable(1);
        await WaitWithoutContext(vectors[0]);

        async Task WaitWithoutContext(InterruptVector vector)
        {
            for (var round = 0; round < 100; round++)
            {
                var wait = vector.WaitAsync(TestContext.Current.CancellationToken);
                Assert.False(wait.IsCompleted);
                _device.Backend.Fire(InterruptIndex.Msix);
                Assert.Equal(1ul, await wait.ConfigureAwait(false));
                Assert.NotEqual("VfioSharp interrupts", Thread.CurrentThread.Name);
            }
        }
    }

    [Fact]
    public async Task Many_vectors_wake_each_their_own_waiter()
    {
        using var vectors = _device.Interrupts.Msix.Enable(200);
        var waits = vectors.Select(vector => vector.WaitAsync(TestContext.Current.CancellationToken).AsTask()).ToArray();
        for (var vector = 0; vector < vectors.Count; vector += 2)
            _device.Backend.Fire(InterruptIndex.Msix, vector);
        var woken = await Task.WhenAll(waits.Where((_, vector) => vector % 2 == 0)).WaitAsync(InterruptFixture.Soon, TestContext.Current.CancellationToken);
        Assert.All(woken, count => Assert.Equal(1ul, count));
        Assert.All(waits.Where((_, vector) => vector % 2 == 1), wait => Assert.False(wait.IsCompleted));
        vectors.Dispose();
        foreach (var wait in waits.Where((_, vector) => vector % 2 == 1))
            await Assert.ThrowsAsync<ObjectDisposedException>(() => wait);
    }

    [Fact]
    public async Task A_cancelled_wait_leaves_the_interrupt_for_the_next()
    {
        using var vectors = _device.Interrupts.Msix.Enable(1);
        using var cancellation = new CancellationTokenSource();
        var wait = vectors[0].WaitAsync(cancellation.Token);
        await cancellation.CancelAsync();
        var thrown = await Assert.ThrowsAsync<OperationCanceledException>(async () => await wait);
        Assert.Equal(cancellation.Token, thrown.CancellationToken);
        _device.Backend.Fire(InterruptIndex.Msix);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await vectors[0].WaitAsync(cancellation.Token));
        Assert.Equal(1ul, await vectors[0].WaitAsync(TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task No_interrupt_is_lost_between_cancellation_and_fire()
    {
        const int Rounds = 10_000;
        using var vectors = _device.Interrupts.Msix.Enable(1);
        var vector = vectors[0];
        var fired = 0;
        var taken = 0ul;
        var cancelled = 0;
        using var start = new SemaphoreSlim(0);
        var device = Task.Run(async () =>
        {
            for (var round = 0; round < Rounds; round++)
            {
                await start.WaitAsync();
                _device.Backend.Fire(InterruptIndex.Msix);
                fired++;
            }
        }, TestContext.Current.CancellationToken);
        for (var round = 0; round < Rounds; round++)
        {
            using var cancellation = new CancellationTokenSource();
            var wait = vector.WaitAsync(cancellation.Token);
            start.Release();
            Thread.SpinWait(round % 400);
            cancellation.Cancel();
            try
            {
                taken += await wait;
            }
            catch (OperationCanceledException)
            {
                cancelled++;
            }
        }

        await device;
        if (vector.TryTake(out var rest))
            taken += rest;
        Assert.Equal(Rounds, fired);
        Assert.Equal((ulong)Rounds, taken);
        Assert.InRange(cancelled, 1, Rounds);
    }

    [Fact]
    public async Task Interrupts_that_race_with_waits_are_all_counted()
    {
        const int Fires = 50_000;
        using var vectors = _device.Interrupts.Msix.Enable(4);
        var device = Task.Run(() =>
        {
            for (var fire = 0; fire < Fires; fire++)
                _device.Backend.Fire(InterruptIndex.Msix, fire % 4);
        }, TestContext.Current.CancellationToken);
        var counts = await Task.WhenAll(vectors.Select(async vector =>
        {
            var total = 0ul;
            while (total < Fires / 4)
                total += await vector.WaitAsync(TestContext.Current.CancellationToken);
            return total;
        })).WaitAsync(InterruptFixture.Soon, TestContext.Current.CancellationToken);
        await device;
        Assert.All(counts, count => Assert.Equal((ulong)Fires / 4, count));
    }

    [Fact]
    public async Task A_wake_up_whose_interrupt_somebody_else_took_does_not_end_the_wait()
    {
        using var vectors = _device.Interrupts.Msix.Enable(1);
        var vector = vectors[0];
        for (var round = 0; round < 200; round++)
        {
            var wait = vector.WaitAsync(TestContext.Current.CancellationToken).AsTask();
            var stop = false;
            var stolen = 0ul;
            var thief = Task.Run(() =>
            {
                while (!Volatile.Read(ref stop))
                {
                    if (vector.TryTake(out var count))
                        stolen += count;
                }
            }, TestContext.Current.CancellationToken);
            var fired = 0ul;
            for (; fired < 50 && !wait.IsCompleted; fired++)
                _device.Backend.Fire(InterruptIndex.Msix);
            Volatile.Write(ref stop, true);
            await thief;
            _device.Backend.Fire(InterruptIndex.Msix);
            fired++;
            var taken = await wait.WaitAsync(InterruptFixture.Soon, TestContext.Current.CancellationToken);
            Assert.True(taken >= 1);
            vector.TryTake(out var rest);
            Assert.Equal(fired, taken + stolen + rest);
        }
    }

    [Fact]
    public async Task A_second_wait_beside_the_first_is_refused()
    {
        using var vectors = _device.Interrupts.Msix.Enable(1);
        var wait = vectors[0].WaitAsync(TestContext.Current.CancellationToken);
        var refused = await Assert.ThrowsAsync<InvalidOperationException>(
            async () => await vectors[0].WaitAsync(TestContext.Current.CancellationToken));
        Assert.Contains("MSI-X 0", refused.Message, StringComparison.Ordinal);
        _device.Backend.Fire(InterruptIndex.Msix);
        Assert.Equal(1ul, await wait);
    }

    [Fact]
    public async Task Disposal_ends_a_wait_and_refuses_the_next()
    {
        var vectors = _device.Interrupts.Msix.Enable(1);
        var vector = vectors[0];
        var wait = vector.WaitAsync(TestContext.Current.CancellationToken);
        vectors.Dispose();
        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await wait);
        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await vector.WaitAsync(TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Closing_the_device_ends_a_wait()
    {
        var wait = _device.Interrupts.Msix.Enable(1)[0].WaitAsync(TestContext.Current.CancellationToken);
        _device.Interrupts.Close();
        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await wait);
    }

    [Fact]
    public async Task Disposal_that_races_with_cancellation_and_fire_always_ends_the_wait()
    {
        for (var round = 0; round < 500; round++)
        {
            var vectors = _device.Interrupts.Msix.Enable(1);
            using var cancellation = new CancellationTokenSource();
            var wait = vectors[0].WaitAsync(cancellation.Token).AsTask();
            await Task.WhenAll(
                Task.Run(cancellation.Cancel, TestContext.Current.CancellationToken),
                Task.Run(vectors.Dispose, TestContext.Current.CancellationToken),
                Task.Run(() => _device.Backend.Fire(InterruptIndex.Msix), TestContext.Current.CancellationToken));
            var end = await Record.ExceptionAsync(() => wait.WaitAsync(InterruptFixture.Soon, TestContext.Current.CancellationToken));
            Assert.True(end is null or ObjectDisposedException or OperationCanceledException, end?.ToString());
            Assert.False(_device.Interrupts.Msix.IsEnabled);
        }
    }

    [Fact]
    public async Task A_context_that_refuses_what_it_is_posted_ends_neither_the_process_nor_other_waits()
    {
        var logger = new RecordingLogger();
        using var device = new InterruptFixture(logger: logger);
        using var vectors = device.Interrupts.Msix.Enable(2);
        var former = SynchronizationContext.Current;
        SynchronizationContext.SetSynchronizationContext(new RefusingContext());
        try
        {
            _ = WaitInContext();
        }
        finally
        {
            SynchronizationContext.SetSynchronizationContext(former);
        }

        device.Backend.Fire(InterruptIndex.Msix, 0);
        var wait = vectors[1].WaitAsync(TestContext.Current.CancellationToken).AsTask();
        device.Backend.Fire(InterruptIndex.Msix, 1);
        Assert.Equal(1ul, await wait.WaitAsync(InterruptFixture.Soon, TestContext.Current.CancellationToken));
        device.Dispose();
        Assert.IsType<InvalidTimeZoneException>(Assert.Single(logger.Exceptions));

        async Task WaitInContext() => await vectors[0].WaitAsync(TestContext.Current.CancellationToken);
    }

    private sealed class RefusingContext : SynchronizationContext
    {
        public override void Post(SendOrPostCallback d, object? state) => throw new InvalidTimeZoneException("a context's mistake");
    }
}
