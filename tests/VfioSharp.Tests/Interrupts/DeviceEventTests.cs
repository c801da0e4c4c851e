using VfioSharp.Interrupts;

namespace VfioSharp.Tests.Interrupts;

public sealed class DeviceEventTests : IDisposable
{
    private readonly RecordingLogger _logger = new();
    private readonly InterruptFixture _device;

    public DeviceEventTests() => _device = new InterruptFixture(logger: _logger);

    public void Dispose() => _device.Dispose();

    [Fact]
    public void An_error_of_the_device_raises_its_event_in_the_thread_pool()
    {
        using var raised = new SemaphoreSlim(0);
        object? sender = null;
        var inPool = false;
        _device.Interrupts.DeviceInError += (from, _) =>
        {
            sender = from;
            inPool = Thread.CurrentThread.IsThreadPoolThread;
            raised.Release();
        };
        for (var error = 0; error < 3; error++)
        {
            _device.Backend.Fire(InterruptIndex.Error);
            Assert.True(raised.Wait(InterruptFixture.Soon, TestContext.Current.CancellationToken));
        }

        Assert.Same(_device.Interrupts, sender);
        Assert.True(inPool);
        Assert.False(_device.Interrupts.Request.IsEnabled);
    }

    [Fact]
    public void The_host_that_wants_the_device_back_raises_its_event_and_cancels_the_token()
    {
        using var raised = new SemaphoreSlim(0);
        var token = _device.Interrupts.GetHostWantsDeviceBackToken();
        Assert.Equal(token, _device.Interrupts.GetHostWantsDeviceBackToken());
        _device.Interrupts.HostWantsDeviceBack += (_, _) => raised.Release();
        Assert.False(token.IsCancellationRequested);
        _device.Backend.Fire(InterruptIndex.Request);
        Assert.True(raised.Wait(InterruptFixture.Soon, TestContext.Current.CancellationToken));
        Assert.True(token.IsCancellationRequested);
    }

    [Fact]
    public async Task A_wait_with_the_token_ends_when_the_host_wants_the_device_back()
    {
        using var vectors = _device.Interrupts.Msix.Enable(1);
        var wait = vectors[0].WaitAsync(_device.Interrupts.GetHostWantsDeviceBackToken()).AsTask();
        _device.Backend.Fire(InterruptIndex.Request);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => wait.WaitAsync(InterruptFixture.Soon, TestContext.Current.CancellationToken));
    }

    [Fact]
    public void What_a_handler_throws_is_logged_and_keeps_nothing_from_the_others()
    {
        using var raised = new SemaphoreSlim(0);
        _device.Interrupts.DeviceInError += (_, _) => throw new InvalidDataException("a handler's mistake");
        _device.Interrupts.DeviceInError += (_, _) => raised.Release();
        for (var error = 0; error < 2; error++)
        {
            _device.Backend.Fire(InterruptIndex.Error);
            Assert.True(raised.Wait(InterruptFixture.Soon, TestContext.Current.CancellationToken));
        }

        Assert.Equal(2, _logger.Exceptions.OfType<InvalidDataException>().Count());
        Assert.Equal(2, _logger.Messages.Count(message => message.StartsWith("A handler of the event DeviceInError threw", StringComparison.Ordinal)));
    }

    [Fact]
    public void Handlers_never_run_at_the_same_time()
    {
        var running = 0;
        var overlapped = false;
        using var raised = new SemaphoreSlim(0);
        EventHandler handler = (_, _) =>
        {
            overlapped |= Interlocked.Increment(ref running) != 1;
            Thread.Sleep(5);
            Interlocked.Decrement(ref running);
            raised.Release();
        };
        for (var round = 0; round < 20; round++)
        {
            // Subscribed anew each time, while the handler of the last time may still run.
            _device.Interrupts.DeviceInError += handler;
            _device.Backend.Fire(InterruptIndex.Error);
            Thread.Sleep(2);
            _device.Interrupts.DeviceInError -= handler;
        }

        _device.Interrupts.DeviceInError += handler;
        _device.Backend.Fire(InterruptIndex.Error);
        Assert.True(raised.Wait(InterruptFixture.Soon, TestContext.Current.CancellationToken));
        Assert.False(overlapped);
    }

    [Fact]
    public void The_interrupt_is_enabled_while_there_are_handlers()
    {
        EventHandler first = (_, _) => { };
        EventHandler second = (_, _) => { };
        _device.Interrupts.HostWantsDeviceBack += first;
        _device.Interrupts.HostWantsDeviceBack += second;
        _device.Interrupts.HostWantsDeviceBack += null;
        Assert.Throws<InvalidOperationException>(() => _device.Interrupts.Request.Enable());
        _device.Interrupts.HostWantsDeviceBack -= first;
        Assert.True(_device.Interrupts.Request.IsEnabled);
        _device.Interrupts.HostWantsDeviceBack -= second;
        Assert.False(_device.Interrupts.Request.IsEnabled);
        Assert.Equal(["connect Request Trigger 0 x1", "disable Request"], _device.Backend.Requests);
        using var vectors = _device.Interrupts.Request.Enable();
        Assert.Throws<InvalidOperationException>(() => _device.Interrupts.HostWantsDeviceBack += first);
    }

    [Fact]
    public void A_device_without_the_interrupt_takes_handlers_and_never_calls_them()
    {
        using var device = new InterruptFixture(backend =>
            backend.Descriptions[InterruptIndex.Error] = new InterruptDescription(InterruptIndex.Error, InterruptFlags.None, 0));
        EventHandler handler = (_, _) => Assert.Fail("There is nothing that could have raised it.");
        device.Interrupts.DeviceInError += handler;
        Assert.Empty(device.Backend.Requests);
        device.Interrupts.DeviceInError -= handler;
    }

    [Fact]
    public void A_handler_may_close_the_device()
    {
        using var closed = new ManualResetEventSlim();
        _device.Interrupts.HostWantsDeviceBack += (_, _) =>
        {
            _device.Interrupts.Close();
            closed.Set();
        };
        _device.Backend.Fire(InterruptIndex.Request);
        Assert.True(closed.Wait(InterruptFixture.Soon, TestContext.Current.CancellationToken));
        Assert.Throws<ObjectDisposedException>(() => _device.Interrupts.DeviceInError += (_, _) => { });
    }
}
