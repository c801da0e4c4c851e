using VfioSharp.Backends.VfioUser.Wire;
using VfioSharp.Emulation.VfioUser;
using VfioSharp.Native;

namespace VfioSharp.Emulation.Tests.VfioUser;

public sealed class MessageDmaTests : IDisposable
{
    private const ulong Base = 0x8000_0000;

    private readonly EngineFunction _function = new();

    public void Dispose() => _function.Dispose();

    [Fact]
    public void Memory_without_a_descriptor_is_read_by_a_command_that_comes_after_the_answer_to_the_register()
    {
        using var client = Attach();
        client.Start(EngineFunction.Job.ReadMemory, Base + 5, 3);
        using (var command = client.Receive()!)
        {
            Assert.True(command.Header.IsCommand);
            Assert.Equal(VfioUserCommand.DmaRead, command.Header.Command);
            Assert.Equal(Wire.Pack(Base + 5, 3ul), command.Payload);
            client.Reply(command, Wire.Pack(Base + 5, 3ul, (byte)7, (byte)8, (byte)9));
        }

        Assert.True(client.WaitForResult());
        Assert.Equal([7, 8, 9], client.ReadRegion(0, EngineFunction.Data, 3));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Memory_without_a_descriptor_is_written_by_a_command_and_both_shapes_of_its_reply_are_taken(bool repeats)
    {
        using var client = Attach();
        client.WriteRegion(0, EngineFunction.Data, 1, 2, 3, 4);
        client.Start(EngineFunction.Job.WriteMemory, Base, 4);
        using (var command = client.Receive()!)
        {
            Assert.Equal((VfioUserCommand.DmaWrite, true), (command.Header.Command, command.Header.IsCommand));
            Assert.Equal(Wire.Pack(Base, 4ul, 0x04030201u), command.Payload);
            client.Reply(command, repeats ? Wire.Pack(Base, 4ul) : []);
        }

        Assert.True(client.WaitForResult());
    }

    [Fact]
    public void A_client_that_waits_for_a_register_gets_it_while_the_function_waits_for_the_client()
    {
        using var client = Attach();
        client.Start(EngineFunction.Job.ReadMemory, Base, 4);
        using var command = client.Receive()!;
        client.WriteRegion(0, 0x80, 5);
        Assert.Equal([5], client.ReadRegion(0, 0x80, 1));
        Assert.Equal(0ul, client.ReadRegion(0, EngineFunction.Result, 8).U64(0));
        // Not in the midst of its own work.
        Assert.Equal(Errno.None, client.ErrnoOf(VfioUserCommand.DeviceGetInfo, Wire.Pack(16u, 0u, 0u, 0u)));
        client.Reply(command, Wire.Pack(Base, 4ul, 0x55555555u));
        Assert.True(client.WaitForResult());
        Assert.Equal(0x55555555u, client.ReadRegion(0, EngineFunction.Data, 4).U32(0));
    }

    [Fact]
    public void Work_that_is_asked_for_while_the_function_waits_is_done_afterwards_and_not_in_between()
    {
        using var client = Attach();
        client.Start(EngineFunction.Job.ReadMemory, Base, 4);
        using var first = client.Receive()!;
        client.WriteRegion(0, EngineFunction.Command, Wire.Pack((ulong)EngineFunction.Job.ReadMemory));
        client.Reply(first, Wire.Pack(Base, 4ul, 1u));
        using var second = client.Receive()!;
        Assert.Equal(VfioUserCommand.DmaRead, second.Header.Command);
        Assert.NotEqual(first.Header.MessageId, second.Header.MessageId);
        client.Reply(second, Wire.Pack(Base, 4ul, 2u));
        Assert.True(client.WaitForResult());
        Assert.Equal(2u, client.ReadRegion(0, EngineFunction.Data, 4).U32(0));
    }

    [Fact]
    public void Work_that_the_function_does_on_another_thread_reaches_the_memory_as_well()
    {
        using var client = Attach();
        _function.SetRegister(EngineFunction.Address, Base);
        _function.SetRegister(EngineFunction.Length, 4);
        _function.RequestFromHere(EngineFunction.Job.ReadMemory);
        using var command = client.Receive()!;
        Assert.Equal([0], client.ReadRegion(0, 0x80, 1));
        client.Reply(command, Wire.Pack(Base, 4ul, 0x77777777u));
        Assert.True(client.WaitForResult());
        Assert.Equal(0x77777777u, client.ReadRegion(0, EngineFunction.Data, 4).U32(0));
    }

    [Theory]
    [InlineData("error")]
    [InlineData("count")]
    [InlineData("address")]
    [InlineData("short")]
    [InlineData("long")]
    [InlineData("old QEMU")]
    [InlineData("empty")]
    public void A_reply_that_is_not_what_was_asked_for_fails_the_access_and_the_connection_goes_on(string kind)
    {
        using var client = Attach();
        client.Start(EngineFunction.Job.ReadMemory, Base, 4);
        using (var command = client.Receive()!)
        {
            if (kind == "error")
            {
                client.Send(VfioUserHeader.ForError(command.Header, Errno.ENODEV), []);
            }
            else
            {
                client.Reply(command, kind switch
                {
                    "count" => Wire.Pack(Base, 3ul, 1u),
                    "address" => Wire.Pack(Base + 4, 4ul, 1u),
                    "short" => Wire.Pack(Base, 4ul, (ushort)1),
                    "long" => Wire.Pack(Base, 4ul, 1ul),
                    // A count of 32 bit: what follows lies four bytes earlier.
                    "old QEMU" => Wire.Pack(Base, 4u, 1u),
                    _ => [],
                });
            }
        }

        Assert.False(client.WaitForResult());
        Assert.Equal(0u, client.ReadRegion(0, EngineFunction.Data, 4).U32(0));
    }

    [Fact]
    public void A_client_that_does_not_answer_in_time_fails_the_access_and_its_late_answer_is_forgotten()
    {
        using var client = Attach(options: new() { ReplyTimeout = TimeSpan.FromMilliseconds(100) });
        client.Start(EngineFunction.Job.ReadMemory, Base, 4);
        using var command = client.Receive()!;
        Assert.False(client.WaitForResult());
        client.Reply(command, Wire.Pack(Base, 4ul, 1u));
        Assert.Equal(new byte[4], client.ReadRegion(0, EngineFunction.Data, 4));
        Assert.Equal(0, client.Server!.RefusalCount);
        client.Start(EngineFunction.Job.ReadMemory, Base, 4);
        using var next = client.Receive()!;
        client.Reply(next, Wire.Pack(Base, 4ul, 2u));
        Assert.True(client.WaitForResult());
    }

    [Fact]
    public void A_client_that_sends_requests_instead_of_the_answer_fails_the_access_in_the_same_time()
    {
        using var client = Attach(options: new() { ReplyTimeout = TimeSpan.FromMilliseconds(200) });
        client.Start(EngineFunction.Job.ReadMemory, Base, 4);
        client.Receive()!.Dispose();
        var isOver = false;
        // Requests take longer to be answered than to be sent: there is always one on its way.
        var sender = new Thread(() =>
        {
            while (!Volatile.Read(ref isOver))
                client.TrySend(VfioUserCommand.RegionRead, Wire.Pack(0ul, 2u, 0x8000u));
        });
        sender.Start();
        var start = Environment.TickCount64;
        try
        {
            while (_function.Register(EngineFunction.Result) != 2)
            {
                client.Receive()!.Dispose();
                Assert.InRange(Environment.TickCount64 - start, 0, 10_000);
            }
        }
        finally
        {
            Volatile.Write(ref isOver, true);
            client.Socket.Shutdown();
            sender.Join();
        }
    }

    [Fact]
    public void A_long_access_is_made_of_as_many_commands_as_the_client_needs()
    {
        using var client = Attach("""{"capabilities":{"max_data_xfer_size":16}}""");
        client.Start(EngineFunction.Job.WriteMemory, Base, 40);
        foreach (var (offset, length) in new[] { (0ul, 16ul), (16ul, 16ul), (32ul, 8ul) })
        {
            using var command = client.Receive()!;
            Assert.Equal(Wire.Pack(Base + offset, length), command.Payload[..16]);
            client.Reply(command, Wire.Pack(Base + offset, length));
        }

        Assert.True(client.WaitForResult());
    }

    [Fact]
    public void A_client_that_takes_no_data_at_all_is_not_asked()
    {
        using var client = Attach("""{"capabilities":{"max_data_xfer_size":0}}""");
        Assert.False(client.Run(EngineFunction.Job.ReadMemory, Base, 4));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void With_a_second_socket_commands_go_there_and_requests_are_answered_meanwhile(bool isOnOtherThread)
    {
        using var client = TestClient.Attach(_function, json: null);
        using var version = client.Call(
            VfioUserCommand.Version, TestClient.VersionPayload("""{"capabilities":{"max_msg_fds":4,"twin_socket":{"supported":true}}}"""));
        using var twin = new TestClient(new UnixSocket(new FileDescriptor(Libc.fcntl(version.Fds[0].Number, Libc.F_DUPFD_CLOEXEC, 0))));
        Assert.Equal(Errno.None, client.Map(Base, 0x1000, null));
        if (isOnOtherThread)
        {
            _function.SetRegister(EngineFunction.Address, Base);
            _function.SetRegister(EngineFunction.Length, 4);
            _function.RequestFromHere(EngineFunction.Job.ReadMemory);
        }
        else
        {
            client.Start(EngineFunction.Job.ReadMemory, Base, 4);
        }

        using var command = twin.Receive()!;
        Assert.Equal(VfioUserCommand.DmaRead, command.Header.Command);
        Assert.Equal([0], client.ReadRegion(0, 0x80, 1));
        // Over the wrong socket it is a reply that nobody waits for.
        client.Reply(command, Wire.Pack(Base, 4ul, 1u));
        using (var refusal = client.Receive()!)
            Assert.Equal(Errno.EINVAL, refusal.Errno);
        twin.Reply(command, Wire.Pack(Base, 4ul, 2u));
        Assert.True(client.WaitForResult());
        Assert.Equal(2u, client.ReadRegion(0, EngineFunction.Data, 4).U32(0));
    }

    [Fact]
    public void A_second_socket_that_the_client_closes_fails_accesses_and_nothing_else()
    {
        using var client = TestClient.Attach(_function, json: null);
        using (client.Call(VfioUserCommand.Version, TestClient.VersionPayload("""{"capabilities":{"max_msg_fds":4,"twin_socket":{"supported":true}}}""")))
            Assert.Equal(Errno.None, client.Map(Base, 0x1000, null));
        Assert.False(client.Run(EngineFunction.Job.ReadMemory, Base, 4));
        Assert.Equal(Errno.None, client.ErrnoOf(VfioUserCommand.DeviceReset, []));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_client_that_goes_away_while_the_function_waits_for_it_ends_the_wait(bool isOnOtherThread)
    {
        var client = Attach();
        if (isOnOtherThread)
        {
            _function.SetRegister(EngineFunction.Address, Base);
            _function.SetRegister(EngineFunction.Length, 4);
            _function.RequestFromHere(EngineFunction.Job.ReadMemory);
        }
        else
        {
            client.Start(EngineFunction.Job.ReadMemory, Base, 4);
        }

        client.Receive()!.Dispose();
        client.Socket.Shutdown();
        Assert.True(client.Server!.Wait(TimeSpan.FromSeconds(4)));
        Assert.True(client.Server.Completion.IsCompletedSuccessfully);
        client.Dispose();
    }

    [Fact]
    public void A_function_that_keeps_its_host_finds_it_closed_outside_of_its_work()
    {
        FunctionHost? kept = null;
        _function.Work = host => kept = host;
        using var client = Attach();
        client.WriteRegion(0, EngineFunction.Command, new byte[8]);
        client.ReadRegion(0, 0x80, 4);
        Assert.Throws<InvalidOperationException>(() => kept!.ReadMemory(Base, new byte[4]));
        Assert.Throws<InvalidOperationException>(() => kept!.WriteMemory(Base, new byte[4]));
        Assert.Throws<InvalidOperationException>(() => kept!.SignalInterrupt(0));
        Assert.Throws<InvalidOperationException>(() => kept!.SetInterruptLine(true));
    }

    [Fact]
    public void An_exception_in_the_functions_work_is_reported_and_the_server_goes_on()
    {
        _function.Work = _ => throw new InvalidTimeZoneException("as the test asked");
        using var client = Attach();
        client.WriteRegion(0, EngineFunction.Command, new byte[8]);
        Assert.Equal(new byte[4], client.ReadRegion(0, 0x80, 4));
        Assert.IsType<InvalidTimeZoneException>(client.Server!.LastFunctionFault);
        _function.Work = null;
        Assert.True(client.Run(EngineFunction.Job.Signal));
    }

    private TestClient Attach(string json = TestClient.QemuJson, VfioUserServerOptions? options = null)
    {
        var client = TestClient.Attach(_function, options, json);
        Assert.Equal(Errno.None, client.Map(Base, 0x10000, null));
        return client;
    }
}
