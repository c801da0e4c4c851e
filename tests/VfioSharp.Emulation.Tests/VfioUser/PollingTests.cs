using VfioSharp.Backends.VfioUser.Wire;

namespace VfioSharp.Emulation.Tests.VfioUser;

public sealed class PollingTests : IDisposable
{
    // include/uapi/linux/vfio.h: VFIO_DEVICE_FEATURE_SET and VFIO_DEVICE_FEATURE_MIG_DEVICE_STATE.
    private const uint SetDeviceStateFeature = 1u << 17 | 2;

    private readonly PolledFunction _function = new();

    public void Dispose() => _function.Dispose();

    [Fact]
    public void A_function_is_looked_at_from_the_moment_that_it_wants_until_it_wants_no_more()
    {
        _function.TellsOfWork = false;
        using var client = TestClient.Attach(_function);
        client.ReadRegion(0, PolledFunction.Plain, 4);
        Assert.Equal(0, _function.Looks);
        Switch(client, true);
        AwaitMoreLooks();
        Switch(client, false);
        AssertIsAtRest();
        Switch(client, true);
        AwaitMoreLooks();
    }

    [Fact]
    public void Messages_are_answered_promptly_while_each_look_finds_something()
    {
        _function.Look = _ => true;
        using var client = TestClient.Attach(_function);
        Switch(client, true);
        AwaitMoreLooks();
        var start = Environment.TickCount64;
        for (var i = 0u; i < 2000; i++)
        {
            client.WriteRegion(0, PolledFunction.Plain, Wire.Pack(i));
            Assert.Equal(i, client.ReadRegion(0, PolledFunction.Plain, 4).U32(0));
        }

        // 4000 messages, which take a second at most however busy the machine is where each gets in at the next look.
        Assert.InRange(Environment.TickCount64 - start, 0, 10_000);
        AwaitMoreLooks();
        Assert.False(_function.WasCrowded);
    }

    [Fact]
    public void A_function_that_tells_of_work_is_left_alone_until_it_has_some()
    {
        using var client = TestClient.Attach(_function);
        Switch(client, true);
        Await(() => _function.Rests == 1);
        AssertIsAtRest();
        client.ReadRegion(0, PolledFunction.Plain, 4);
        AssertIsAtRest();
        client.WriteRegion(0, PolledFunction.Ask, 1);
        Await(() => _function.Rests == 2);
        Assert.Equal(1, _function.Works);
        AssertIsAtRest();
        _function.AskFromHere();
        Await(() => _function.Rests == 3);
        Assert.Equal(2, _function.Works);
    }

    [Fact]
    public void A_function_that_cannot_tell_is_looked_at_at_growing_intervals()
    {
        _function.TellsOfWork = false;
        using var client = TestClient.Attach(_function, new() { PollingSpin = TimeSpan.Zero, LongestRest = TimeSpan.FromMilliseconds(20) });
        Switch(client, true);
        Await(() => _function.Rests > 12);
        var looks = _function.Looks;
        Thread.Sleep(400);
        // 20 of them, or fewer where the machine is busy.
        Assert.InRange(_function.Looks - looks, 1, 40);
    }

    [Fact]
    public void After_a_find_the_thread_looks_for_a_while_without_a_pause()
    {
        _function.TellsOfWork = false;
        using var client = TestClient.Attach(_function, new() { PollingSpin = TimeSpan.FromMinutes(1) });
        Switch(client, true);
        Await(() => _function.Looks > 100_000);
        Assert.Equal(0, _function.Rests);
        Switch(client, false);
    }

    [Fact]
    public void A_server_that_is_to_poll_busily_never_asks_for_rest()
    {
        using var client = TestClient.Attach(_function, new() { BusyPoll = true, PollingSpin = TimeSpan.Zero });
        Switch(client, true);
        Await(() => _function.Looks > 100_000);
        Assert.Equal(0, _function.Rests);
        for (var i = 0u; i < 100; i++)
            client.WriteRegion(0, PolledFunction.Plain, Wire.Pack(i));
        Assert.Equal(99u, client.ReadRegion(0, PolledFunction.Plain, 4).U32(0));
    }

    [Fact]
    public void What_a_look_throws_is_reported_and_ends_the_looking_until_the_function_asks()
    {
        _function.Look = _ => throw new InvalidTimeZoneException("as the test asked");
        using var client = TestClient.Attach(_function);
        Switch(client, true);
        Await(() => client.Server!.FunctionFaultCount == 1);
        Assert.IsType<InvalidTimeZoneException>(client.Server!.LastFunctionFault);
        client.ReadRegion(0, PolledFunction.Plain, 4);
        AssertIsAtRest();
        Assert.Equal(1, client.Server.FunctionFaultCount);
        client.WriteRegion(0, PolledFunction.Ask, 1);
        Await(() => client.Server.FunctionFaultCount == 2);
    }

    [Fact]
    public void A_device_that_is_stopped_is_not_looked_at_until_it_runs()
    {
        _function.Look = _ => true;
        using var client = TestClient.Attach(_function);
        Switch(client, true);
        AwaitMoreLooks();
        Assert.Equal(Errno.None, SetDeviceState(client, 1));
        AssertIsAtRest();
        Assert.Equal(Errno.None, SetDeviceState(client, 2));
        AwaitMoreLooks();
    }

    [Fact]
    public void A_reset_and_the_loss_of_the_client_end_the_looking()
    {
        _function.Look = _ => true;
        using (var client = TestClient.Attach(_function))
        {
            Switch(client, true);
            AwaitMoreLooks();
            using var answer = client.Call(VfioUserCommand.DeviceReset, []);
            Assert.Equal(Errno.None, answer.Errno);
            AssertIsAtRest();
            Switch(client, true);
            AwaitMoreLooks();
            client.Socket.Shutdown();
            Assert.True(client.Server!.Wait(TimeSpan.FromSeconds(10)));
            AssertIsAtRest();
        }

        using var next = TestClient.Attach(_function);
        AssertIsAtRest();
        Switch(next, true);
        AwaitMoreLooks();
    }

    [Fact]
    public void Requests_are_answered_while_a_look_waits_for_memory_of_the_client()
    {
        var read = 0;
        _function.Look = host =>
        {
            if (Volatile.Read(ref read) != 0)
                return false;
            Span<byte> bytes = stackalloc byte[4];
            Volatile.Write(ref read, host.ReadMemory(0x1000, bytes) ? bytes[0] : -1);
            return true;
        };
        using var client = TestClient.Attach(_function);
        Assert.Equal(Errno.None, client.Map(0x1000, 0x1000, null));
        client.Send(VfioUserCommand.RegionWrite, Wire.Pack(PolledFunction.Switch, 0u, 1u, new byte[] { 1 }));
        using var done = client.Receive();
        Assert.Equal(VfioUserCommand.RegionWrite, done!.Header.Command);
        using var question = client.Receive();
        Assert.Equal(VfioUserCommand.DmaRead, question!.Header.Command);
        client.WriteRegion(0, PolledFunction.Plain, Wire.Pack(5u));
        Assert.Equal(5u, client.ReadRegion(0, PolledFunction.Plain, 4).U32(0));
        client.Reply(question, Wire.Pack(0x1000ul, 4ul, new byte[] { 7, 0, 0, 0 }));
        Await(() => Volatile.Read(ref read) == 7);
    }

    private static void Switch(TestClient client, bool isOn) => client.WriteRegion(0, PolledFunction.Switch, (byte)(isOn ? 1 : 0));

    private static Errno SetDeviceState(TestClient client, uint state) =>
        client.ErrnoOf(VfioUserCommand.DeviceFeature, Wire.Pack(16u, SetDeviceStateFeature, state, 0u));

    private static void Await(Func<bool> condition) => Assert.True(SpinWait.SpinUntil(condition, 20_000));

    private void AwaitMoreLooks()
    {
        var looks = _function.Looks;
        Await(() => _function.Looks > looks + 3);
    }

    private void AssertIsAtRest()
    {
        // The look that was under way may yet be counted.
        Thread.Sleep(20);
        var looks = _function.Looks;
        Thread.Sleep(50);
        Assert.Equal(looks, _function.Looks);
    }
}
