using System.Diagnostics.Metrics;
using System.Runtime.InteropServices;
using VfioSharp.Interrupts;
using VfioSharp.Native;

namespace VfioSharp.Tests.Interrupts;

public sealed class EnableTests : IDisposable
{
    private readonly InterruptFixture _device = new();

    public void Dispose() => _device.Dispose();

    [Fact]
    public void Vectors_are_connected_in_one_request_and_disabled_in_one()
    {
        using (var vectors = _device.Interrupts.Msix.Enable(4))
        {
            Assert.Equal(4, vectors.Count);
            Assert.Equal([0, 1, 2, 3], vectors.Select(vector => vector.Number));
            Assert.True(_device.Interrupts.Msix.IsEnabled);
            Assert.Same(_device.Interrupts.Msix, _device.Interrupts.Active);
        }

        Assert.Equal(["connect Msix Trigger 0 x4", "disable Msix"], _device.Backend.Requests);
        Assert.False(_device.Interrupts.Msix.IsEnabled);
        Assert.Null(_device.Interrupts.Active);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData(33)]
    [InlineData(int.MaxValue)]
    public void A_count_that_the_device_does_not_have_is_refused(int count)
    {
        Assert.Throws<ArgumentOutOfRangeException>(nameof(count), () => _device.Interrupts.Msi.Enable(count));
        Assert.Empty(_device.Backend.Requests);
    }

    [Theory]
    [InlineData(-1, 1, "first")]
    [InlineData(32, 1, "first")]
    [InlineData(31, 2, "count")]
    [InlineData(1, int.MaxValue, "count")]
    public void Vectors_beyond_the_end_are_refused(int first, int count, string parameter) =>
        Assert.Throws<ArgumentOutOfRangeException>(parameter, () => _device.Interrupts.Msi.Enable(first, count));

    [Fact]
    public void An_interrupt_that_the_device_lacks_says_so()
    {
        using var device = new InterruptFixture(backend =>
            backend.Descriptions[InterruptIndex.Intx] = new InterruptDescription(InterruptIndex.Intx, InterruptFlags.None, 0));
        Assert.False(device.Interrupts.Intx.IsPresent);
        var refused = Assert.Throws<VfioException>(() => device.Interrupts.Intx.Enable());
        Assert.Equal("0000:01:00.0: cannot enable INTx: the device has no such interrupt.", refused.Message);
    }

    [Fact]
    public void Of_the_three_only_one_is_active_and_the_refusal_names_it()
    {
        using (_device.Interrupts.Msi.Enable(2))
        {
            var refused = Assert.Throws<InvalidOperationException>(() => _device.Interrupts.Msix.Enable(1));
            Assert.StartsWith("MSI-X cannot be enabled while MSI is,", refused.Message, StringComparison.Ordinal);
            refused = Assert.Throws<InvalidOperationException>(() => _device.Interrupts.Msi.Enable(1));
            Assert.StartsWith("MSI is enabled already", refused.Message, StringComparison.Ordinal);
            using var error = _device.Interrupts.Error.Enable();
            using var request = _device.Interrupts.Request.Enable();
        }

        using var line = _device.Interrupts.Intx.Enable();
        Assert.Same(_device.Interrupts.Intx, _device.Interrupts.Active);
    }

    [Fact]
    public void A_vector_is_added_and_removed_while_others_run()
    {
        using var vectors = _device.Interrupts.Msix.Enable(1);
        Assert.True(_device.Interrupts.Msix.CanGrow);
        var added = vectors.Add(7);
        Assert.Equal([0, 7], vectors.Select(vector => vector.Number));
        _device.Backend.Fire(InterruptIndex.Msix, 7);
        Assert.True(added.TryTake(out _));
        Assert.Throws<InvalidOperationException>(() => vectors.Add(7));
        Assert.Throws<ArgumentOutOfRangeException>("number", () => vectors.Add(2048));
        Assert.Throws<ArgumentOutOfRangeException>("number", () => vectors[3]);
        vectors.Remove(7);
        Assert.Throws<ObjectDisposedException>(() => added.TryTake(out _));
        Assert.Throws<ArgumentOutOfRangeException>("number", () => vectors.Remove(7));
        _device.Backend.Fire(InterruptIndex.Msix, 0);
        Assert.True(vectors[0].TryTake(out _));
        Assert.NotSame(added, vectors.Add(7));
        Assert.Equal(
            ["connect Msix Trigger 0 x1", "connect Msix Trigger 7 x1", "connect Msix Trigger 7 x1 off", "connect Msix Trigger 7 x1"],
            _device.Backend.Requests);
    }

    [Fact]
    public void An_interrupt_that_cannot_grow_takes_no_vector_beyond_those_enabled_at_first()
    {
        using var vectors = _device.Interrupts.Msi.Enable(first: 2, count: 2);
        Assert.Equal([2, 3], vectors.Select(vector => vector.Number));
        Assert.Equal(1, vectors.Add(1).Number);
        Assert.Contains("NORESIZE", Assert.Throws<InvalidOperationException>(() => vectors.Add(4)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_only_vector_of_the_line_is_not_removed_but_disposed()
    {
        using var vectors = _device.Interrupts.Intx.Enable();
        Assert.Throws<InvalidOperationException>(() => vectors.Remove(0));
    }

    [Fact]
    public void A_refusal_by_the_kernel_leaves_nothing_enabled()
    {
        _device.Backend.Refusal = Errno.ENOSPC;
        Assert.Equal(Errno.ENOSPC, Assert.Throws<VfioException>(() => _device.Interrupts.Msix.Enable(3)).Errno);
        Assert.False(_device.Interrupts.Msix.IsEnabled);
        _device.Backend.Refusal = Errno.None;
        using var vectors = _device.Interrupts.Msix.Enable(3);
        _device.Backend.Refusal = Errno.ENOSPC;
        Assert.Throws<VfioException>(() => vectors.Add(5));
        Assert.Throws<VfioException>(() => vectors.Remove(1));
        _device.Backend.Refusal = Errno.None;
        Assert.Equal(3, vectors.Count);
        _device.Backend.Fire(InterruptIndex.Msix, 1);
        Assert.True(vectors[1].TryTake(out _));
    }

    [Fact]
    public void A_device_that_is_gone_does_not_keep_its_vectors_from_closing()
    {
        var logger = new RecordingLogger();
        using var device = new InterruptFixture(logger: logger);
        var vectors = device.Interrupts.Msix.Enable(1);
        var vector = vectors[0];
        device.Backend.Refusal = Errno.ENODEV;
        vectors.Dispose();
        vectors.Dispose();
        Assert.Throws<ObjectDisposedException>(() => vector.TryTake(out _));
        Assert.Throws<ObjectDisposedException>(() => vectors.Add(0));
        Assert.Single(logger.Messages, message => message.Contains("did not let Msix be disabled", StringComparison.Ordinal));
    }

    [Fact]
    public void A_vector_is_fired_by_software()
    {
        using var vectors = _device.Interrupts.Msix.Enable(2);
        vectors[1].Trigger();
        Assert.False(vectors[0].TryTake(out _));
        Assert.True(vectors[1].TryTake(out var count));
        Assert.Equal(1ul, count);
        var vector = vectors[1];
        vectors.Dispose();
        Assert.Throws<ObjectDisposedException>(vector.Trigger);
    }

    [Fact]
    public void Nothing_is_enabled_on_a_closed_device()
    {
        _device.Interrupts.Close();
        Assert.Throws<ObjectDisposedException>(() => _device.Interrupts.Msix.Enable(1));
    }

    [Fact]
    public void A_program_may_watch_the_eventfd_itself_and_sees_the_vector_end()
    {
        using var vectors = _device.Interrupts.Msix.Enable(1);
        var vector = vectors[0];
        var held = false;
        vector.EventHandle.DangerousAddRef(ref held);
        try
        {
            Assert.False(IsReadable(vector.EventHandle));
            _device.Backend.Fire(InterruptIndex.Msix);
            Assert.True(IsReadable(vector.EventHandle));
            Assert.True(vector.TryTake(out _));
            Assert.False(IsReadable(vector.EventHandle));
            vectors.Dispose();
            Assert.True(IsReadable(vector.EventHandle));
            Assert.Throws<ObjectDisposedException>(() => vector.TryTake(out _));
        }
        finally
        {
            vector.EventHandle.DangerousRelease();
        }
    }

    [Fact]
    public void Interrupts_are_measured_by_index()
    {
        // Other tests take interrupts beside this one, so that only a number that none of them reaches tells.
        const int Fires = 1234;
        var measured = new List<(long Count, object? Index)>();
        using var listener = new MeterListener();
        listener.InstrumentPublished = (instrument, self) =>
        {
            if (instrument.Name == "vfio.interrupts")
                self.EnableMeasurementEvents(instrument);
        };
        listener.SetMeasurementEventCallback<long>((_, count, tags, _) =>
        {
            lock (measured)
                measured.Add((count, tags[0].Value));
        });
        listener.Start();
        using var vectors = _device.Interrupts.Msi.Enable(1);
        for (var fire = 0; fire < Fires; fire++)
            _device.Backend.Fire(InterruptIndex.Msi);
        Assert.True(vectors[0].TryTake(out _));
        lock (measured)
            Assert.Contains((Fires, "Msi"), measured);
    }

    private static unsafe bool IsReadable(SafeHandle handle)
    {
        var poll = new Libc.PollDescriptor { Descriptor = (int)handle.DangerousGetHandle(), Events = Libc.POLLIN };
        return Libc.poll(&poll, 1, 0) == 1 && poll.ReturnedEvents == Libc.POLLIN;
    }
}
