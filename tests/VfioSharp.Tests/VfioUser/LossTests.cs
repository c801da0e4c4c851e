using System.Diagnostics;
using VfioSharp.Backends.VfioUser;
using VfioSharp.Backends.VfioUser.Wire;
using VfioSharp.Dma;
using VfioSharp.Mmio;
using VfioSharp.Native;
using VfioSharp.Regions;

namespace VfioSharp.Tests.VfioUser;

/// <summary>A server that dies while only loads and stores are made, and shared memory that it cuts short.</summary>
public sealed class LossTests : IDisposable
{
    private readonly ScriptedFunction _function = new();

    public void Dispose() => _function.Dispose();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_server_that_dies_under_loads_is_noticed_within_a_second(bool hasDma)
    {
        using var device = _function.Open();
        using var buffer = DmaBuffer.Allocate(4096);
        using var mapping = hasDma ? device.Dma.Map(buffer) : null;
        using var quiet = device.Regions[2].Open();
        using var loud = device.Regions[2].Open(new WindowOptions { OnFault = OnFault.Throw });
        using var other = device.Regions[2].Open();
        quiet.Write32(0, 7);
        _function.Server.HangUp();

        // One window after the other.
        var start = Stopwatch.GetTimestamp();
        while ((quiet.Read32(0) == 7 || other.Read32(0) == 7) && Stopwatch.GetElapsedTime(start).TotalSeconds < 5)
        {
        }

        Assert.InRange(Stopwatch.GetElapsedTime(start).TotalSeconds, 0, 1);
        Assert.Equal(uint.MaxValue, quiet.Read32(0));
        var fault = Assert.Throws<DeviceAccessException>(() => loud.Read32(0));
        Assert.Contains("the server ended the connection", fault.Message, StringComparison.Ordinal);
        Assert.Throws<DeviceAccessException>(() => loud.Write32(0, 1));
        Assert.Equal(VfioUserFailure.ServerClosed, Assert.Throws<VfioUserException>(device.Reset).Failure);
        Assert.Throws<VfioUserException>(() => device.Regions[2].Open(new WindowOptions { Path = AccessPath.LoadStore }));
    }

    [Fact]
    public void The_end_of_the_server_fires_the_error_and_the_request_interrupt()
    {
        using var device = _function.Open();
        var token = device.Interrupts.GetHostWantsDeviceBackToken();
        using var error = device.Interrupts.Error.Enable();
        using var vectors = device.Interrupts.Msix.Enable(1);
        var wait = vectors[0].WaitAsync(token).AsTask();
        _function.Server.HangUp();

        Assert.True(error[0].Wait(TimeSpan.FromSeconds(5)));
        Assert.True(token.WaitHandle.WaitOne(5000));
        Assert.True(SpinWait.SpinUntil(() => wait.IsCompleted, 5000));
        Assert.True(wait.IsCanceled);
    }

    [Fact]
    public void An_event_that_is_subscribed_to_after_the_end_is_raised()
    {
        using var device = _function.Open();
        _function.Server.On(VfioUserCommand.DeviceReset, static _ => Answer.HangUp);
        Assert.Throws<VfioUserException>(device.Reset);

        Assert.True(device.Interrupts.GetHostWantsDeviceBackToken().WaitHandle.WaitOne(5000));
    }

    [Fact]
    public void Shared_memory_that_the_server_cuts_short_faults_and_the_connection_stands()
    {
        using var device = _function.Open();
        using var quiet = device.Regions[2].Open();
        using var loud = device.Regions[2].Open(new WindowOptions { OnFault = OnFault.Throw });
        Assert.Equal(0u, loud.Read32(4096));
        Assert.Equal(0, Libc.ftruncate(_function.SharedFile, 4096));

        Assert.Equal(uint.MaxValue, quiet.Read32(4096));
        Assert.Equal(AccessFaultKind.Signal, Assert.Throws<DeviceAccessException>(() => loud.Read32(4096)).Outcome.Kind);
        Assert.Equal(0u, loud.Read32(0));
        device.Reset();
    }

    [Fact]
    public void Shared_memory_whose_file_is_too_short_is_reached_by_messages()
    {
        using var function = new ScriptedFunction(sharedLength: 4096);
        using var device = function.Open();
        using var window = device.Regions[2].Open();

        Assert.Equal(AccessPath.Message, window.Plan.Path);
        Assert.Contains("has 4096 bytes, and 8192 are needed", window.Plan.RuledOut[0].Reason, StringComparison.Ordinal);
        using var first = device.Regions[2].Open(new WindowOptions { LengthInBytes = 4096 });
        Assert.Equal(AccessPath.LoadStore, first.Plan.Path);
    }

    [Fact]
    public void A_window_outlives_the_device_and_its_end_is_not_the_servers()
    {
        RegionWindow window;
        using (var device = _function.Open())
        {
            window = device.Regions[2].Open();
            window.Write32(0, 3);
        }

        using (window)
            Assert.Equal(3u, window.Read32(0));
    }

    [Fact]
    public void Closing_the_device_ends_what_another_thread_waits_for()
    {
        var device = _function.Open(new VfioOptions { RequestTimeout = Timeout.InfiniteTimeSpan });
        using var window = device.Regions[0].Open();
        using var asked = new ManualResetEventSlim();
        _function.Server.On(VfioUserCommand.RegionRead, _ =>
        {
            asked.Set();
            return Answer.Silent;
        });
        var value = 0u;
        var reading = new Thread(() => value = window.Read32(0));
        reading.Start();
        Assert.True(asked.Wait(5000, TestContext.Current.CancellationToken));
        device.Dispose();

        Assert.True(reading.Join(5000));
        Assert.Equal(uint.MaxValue, value);
        Assert.Equal(uint.MaxValue, window.Read32(0));
    }
}
