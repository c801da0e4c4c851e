using VfioSharp.Interrupts;


namespace VfioSharp.Tests.Interrupts;

/// <summary>Counts what the whole process has open.</summary>
[Collection(typeof(Alone))]
public sealed class LeakTests
{
    [Fact]
    public async Task Opening_and_closing_leaves_no_descriptor_and_no_thread_behind()
    {
        await Cycle(50);
        var descriptors = CountSettledDescriptors();
        await Cycle(1_000);
        await Settles(() => CountDescriptors() <= descriptors && CountThreads() == 0);
        Assert.Equal(descriptors, CountDescriptors());
        Assert.Equal(0, CountThreads());

        static async Task Cycle(int times)
        {
            for (var cycle = 0; cycle < times; cycle++)
            {
                using var device = new InterruptFixture();
                device.Interrupts.Errors.Begin();
                device.Interrupts.HostWantsDeviceBack += (_, _) => { };
                using var vectors = device.Interrupts.Msix.Enable(3);
                var wait = vectors[2].WaitAsync(TestContext.Current.CancellationToken);
                device.Backend.Fire(InterruptIndex.Msix, 2);
                Assert.Equal(1ul, await wait);
            }
        }
    }

    [Fact]
    public async Task The_thread_that_watches_has_let_go_of_everything_when_closing_returns()
    {
        var descriptors = CountSettledDescriptors();
        for (var cycle = 0; cycle < 200; cycle++)
        {
            var device = new InterruptFixture();
            var wait = device.Interrupts.Msix.Enable(1)[0].WaitAsync(TestContext.Current.CancellationToken).AsTask();
            device.Dispose();
            Assert.Equal(descriptors, CountDescriptors());
            await Assert.ThrowsAsync<ObjectDisposedException>(() => wait);
        }
    }

    [Fact]
    public void A_failure_half_way_closes_the_eventfds_that_were_made()
    {
        using var device = new InterruptFixture();
        device.Interrupts.Msix.Enable(1).Dispose();
        var descriptors = CountSettledDescriptors();
        device.Backend.Refusal = Errno.EINVAL;
        Assert.Throws<VfioException>(() => device.Interrupts.Msix.Enable(100));
        Assert.Equal(descriptors, CountDescriptors());
        device.Backend.Refusal = Errno.None;

        using (new DescriptorLimit(descriptors + 40))
        {
            var refused = Assert.Throws<VfioException>(() => device.Interrupts.Msix.Enable(2048));
            Assert.Equal(Errno.EMFILE, refused.Errno);
            Assert.Contains("ulimit -n", refused.Message, StringComparison.Ordinal);
        }

        Assert.Equal(descriptors, CountDescriptors());
        Assert.False(device.Interrupts.Msix.IsEnabled);
    }

    [Fact]
    public async Task A_wait_that_finds_no_descriptor_for_the_watch_leaves_the_vector_usable()
    {
        using var device = new InterruptFixture();
        using var vectors = device.Interrupts.Msix.Enable(1);
        using (new DescriptorLimit(0))
            Assert.Equal(Errno.EMFILE, (await Assert.ThrowsAsync<VfioException>(async () => await vectors[0].WaitAsync(TestContext.Current.CancellationToken))).Errno);
        var wait = vectors[0].WaitAsync(TestContext.Current.CancellationToken);
        device.Backend.Fire(InterruptIndex.Msix);
        Assert.Equal(1ul, await wait);
    }

    private static int CountDescriptors() => Directory.GetFiles("/proc/self/fd").Length;

    // What other tests left to the finalizer must not go while this one counts.
    private static int CountSettledDescriptors()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        return CountDescriptors();
    }

    // Other threads come and go as the runtime pleases; those that watch are told by their name, of which Linux keeps 15 letters.
    private static int CountThreads() => Directory.GetDirectories("/proc/self/task").Count(task =>
    {
        try
        {
            return File.ReadAllText(Path.Combine(task, "comm")).StartsWith("VfioSharp inter", StringComparison.Ordinal);
        }
        catch (IOException)
        {
            return false; // It ended while it was looked at.
        }
    });

    // A thread that was joined is still in /proc for a moment, and so is what the pool is about to close.
    private static async Task Settles(Func<bool> condition)
    {
        for (var tries = 0; tries < 200 && !condition(); tries++)
            await Task.Delay(10, TestContext.Current.CancellationToken);
    }
}
