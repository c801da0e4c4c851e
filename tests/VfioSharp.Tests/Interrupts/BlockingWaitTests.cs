using System.Diagnostics;
using System.Runtime.InteropServices;
using VfioSharp.Interrupts;

namespace VfioSharp.Tests.Interrupts;

public sealed class BlockingWaitTests : IDisposable
{
    private const int WindowChange = 28; // SIGWINCH, ignored by default

    private readonly InterruptFixture _device = new();

    public void Dispose() => _device.Dispose();

    [Fact]
    public void A_wait_counts_what_fired_since_the_last_one()
    {
        using var vectors = _device.Interrupts.Msix.Enable(2);
        _device.Backend.Fire(InterruptIndex.Msix, 1);
        _device.Backend.Fire(InterruptIndex.Msix, 1);
        _device.Backend.Fire(InterruptIndex.Msix, 1);
        Assert.True(vectors[1].Wait(InterruptFixture.Soon, out var count));
        Assert.Equal(3ul, count);
        Assert.False(vectors[1].Wait(TimeSpan.Zero, out count));
        Assert.Equal(0ul, count);
        Assert.False(vectors[0].Wait(TimeSpan.Zero));
    }

    [Fact]
    public void A_wait_ends_with_its_time()
    {
        using var vectors = _device.Interrupts.Msi.Enable(1);
        var start = Stopwatch.GetTimestamp();
        Assert.False(vectors[0].Wait(TimeSpan.FromMilliseconds(60)));
        Assert.True(Stopwatch.GetElapsedTime(start) >= TimeSpan.FromMilliseconds(60));
    }

    [Theory]
    [InlineData(-2)]
    [InlineData(-0.5)]
    public void A_negative_time_is_refused(double milliseconds)
    {
        using var vectors = _device.Interrupts.Msi.Enable(1);
        Assert.Throws<ArgumentOutOfRangeException>("timeout", () => vectors[0].Wait(TimeSpan.FromMilliseconds(milliseconds)));
    }

    [Fact]
    public void A_thread_that_waits_for_ever_wakes_when_the_vector_fires()
    {
        using var vectors = _device.Interrupts.Msix.Enable(1);
        var taken = 0ul;
        var thread = StartWaiting(() => vectors[0].Wait(Timeout.InfiniteTimeSpan, out taken));
        _device.Backend.Fire(InterruptIndex.Msix);
        Assert.True(thread.Join(InterruptFixture.Soon));
        Assert.Equal(1ul, taken);
    }

    [Fact]
    public void The_longest_time_there_is_does_not_overflow()
    {
        using var vectors = _device.Interrupts.Msix.Enable(1);
        var thread = StartWaiting(() => vectors[0].Wait(TimeSpan.MaxValue));
        _device.Backend.Fire(InterruptIndex.Msix);
        Assert.True(thread.Join(InterruptFixture.Soon));
    }

    [Fact]
    public void Disposal_ends_every_thread_that_waits()
    {
        var vectors = _device.Interrupts.Msix.Enable(1);
        var vector = vectors[0];
        var ended = 0;
        var threads = Enumerable.Range(0, 4).Select(_ => StartWaiting(() =>
        {
            Assert.Throws<ObjectDisposedException>(() => vector.Wait(Timeout.InfiniteTimeSpan));
            Interlocked.Increment(ref ended);
        })).ToArray();
        vectors.Dispose();
        Assert.All(threads, thread => Assert.True(thread.Join(InterruptFixture.Soon)));
        Assert.Equal(4, ended);
        Assert.Throws<ObjectDisposedException>(() => vector.TryTake(out _));
    }

    [Fact]
    public void Disposal_that_races_with_waits_and_interrupts_leaves_no_thread_asleep()
    {
        for (var round = 0; round < 300; round++)
        {
            var vectors = _device.Interrupts.Msix.Enable(1);
            var vector = vectors[0];
            var waits = Enumerable.Range(0, 3).Select(_ => Task.Factory.StartNew(
                () =>
                {
                    while (true)
                        vector.Wait(Timeout.InfiniteTimeSpan);
                },
                TestContext.Current.CancellationToken,
                TaskCreationOptions.LongRunning,
                TaskScheduler.Default)).ToArray();
            _device.Backend.Fire(InterruptIndex.Msix);
            _device.Backend.Fire(InterruptIndex.Msix);
            vectors.Dispose();
            foreach (var wait in waits)
                Assert.IsType<ObjectDisposedException>(Assert.Throws<AggregateException>(() => wait.Wait(InterruptFixture.Soon, TestContext.Current.CancellationToken)).InnerException);
        }
    }

    [Fact]
    public void A_signal_does_not_end_the_wait_nor_prolong_it()
    {
        using var vectors = _device.Interrupts.Msix.Enable(1);
        using var handler = PosixSignalRegistration.Create((PosixSignal)WindowChange, _ => { });
        var waiter = 0;
        var elapsed = TimeSpan.Zero;
        var fired = true;
        var thread = StartWaiting(() =>
        {
            Volatile.Write(ref waiter, gettid());
            var start = Stopwatch.GetTimestamp();
            fired = vectors[0].Wait(TimeSpan.FromMilliseconds(300));
            elapsed = Stopwatch.GetElapsedTime(start);
        });
        for (var signal = 0; signal < 10; signal++)
        {
            Assert.Equal(0, tgkill(Environment.ProcessId, Volatile.Read(ref waiter), WindowChange));
            Thread.Sleep(10);
        }

        Assert.True(thread.Join(InterruptFixture.Soon));
        Assert.False(fired);
        Assert.InRange(elapsed, TimeSpan.FromMilliseconds(300), TimeSpan.FromSeconds(10));
    }

    [Fact]
    public void Polling_allocates_nothing()
    {
        using var vectors = _device.Interrupts.Msix.Enable(1);
        var vector = vectors[0];
        var taken = 0ul;
        PollManyTimes();
        var before = GC.GetAllocatedBytesForCurrentThread();
        PollManyTimes();
        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
        Assert.Equal(200ul, taken);

        void PollManyTimes()
        {
            for (var round = 0; round < 100; round++)
            {
                vector.Event.Signal();
                Assert.True(vector.TryTake(out var count));
                taken += count;
                Assert.False(vector.TryTake(out _));
            }
        }
    }

    [DllImport("libc")]
    private static extern int gettid();

    [DllImport("libc")]
    private static extern int tgkill(int process, int thread, int signal);

    // Returns when the thread sleeps, in poll(2) as far as anybody can see from outside.
    private static Thread StartWaiting(Action wait)
    {
        var thread = new Thread(() => wait()) { IsBackground = true };
        thread.Start();
        Thread.Sleep(30);
        return thread;
    }
}
