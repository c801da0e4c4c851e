using VfioSharp.Backends.VfioUser.Wire;
using VfioSharp.Emulation.VfioUser;

namespace VfioSharp.Emulation.Tests.VfioUser;

public sealed class HostileClientTests : IDisposable
{
    private readonly EngineFunction _function = new();

    public void Dispose() => _function.Dispose();

    [Theory]
    [InlineData(0u)]
    [InlineData(1u)]
    [InlineData(15u)]
    public void A_header_that_says_less_than_a_headers_length_is_refused_and_the_connection_goes_on(uint length)
    {
        using var client = TestClient.Attach(_function);
        client.Send(new VfioUserHeader { MessageId = 77, Command = VfioUserCommand.DeviceReset, MessageSize = length }, []);
        using var answer = client.Receive();
        Assert.Equal((77, Errno.EINVAL), (answer!.Header.MessageId, answer.Errno));
        Assert.Equal(new byte[4], client.ReadRegion(0, 0x80, 4));
    }

    [Theory]
    [InlineData((1u << 20) + 33)]
    [InlineData(uint.MaxValue)]
    public void A_header_that_says_more_than_the_limit_is_refused_and_ends_the_connection(uint length)
    {
        using var client = TestClient.Attach(_function);
        client.Send(new VfioUserHeader { MessageId = 78, Command = VfioUserCommand.RegionWrite, MessageSize = length }, []);
        using var answer = client.Receive();
        Assert.Equal((78, Errno.EINVAL), (answer!.Header.MessageId, answer.Errno));
        Assert.Null(client.Receive());
    }

    [Fact]
    public void The_longest_message_is_taken()
    {
        using var client = TestClient.Attach(_function);
        Assert.Equal(Errno.EINVAL, client.ErrnoOf(VfioUserCommand.RegionWrite, Wire.Pack(0ul, 0u, 1u << 20, new byte[1 << 20])));
        Assert.Equal(new byte[4], client.ReadRegion(0, 0x80, 4));
    }

    [Fact]
    public void A_reply_that_nobody_waits_for_is_refused()
    {
        using var client = TestClient.Attach(_function);
        foreach (var command in new[] { VfioUserCommand.Version, VfioUserCommand.DmaRead, VfioUserCommand.DmaWrite, VfioUserCommand.RegionRead })
        {
            client.Send(new VfioUserHeader { MessageId = 5, Command = command, MessageSize = 32, Flags = VfioUserHeader.TypeReply }, new byte[16]);
            using var answer = client.Receive();
            Assert.Equal((5, command, Errno.EINVAL), (answer!.Header.MessageId, answer.Header.Command, answer.Errno));
        }
    }

    [Fact]
    public void A_message_of_no_known_type_is_refused()
    {
        using var client = TestClient.Attach(_function);
        client.Send(new VfioUserHeader { MessageId = 6, Command = VfioUserCommand.DeviceReset, MessageSize = 16, Flags = 2 }, []);
        using var answer = client.Receive();
        Assert.Equal(Errno.EINVAL, answer!.Errno);
    }

    [Fact]
    public void More_descriptors_than_a_message_may_have_are_closed_and_the_message_is_refused()
    {
        using var file = new SharedFile(4096);
        using var client = TestClient.Attach(_function);
        var payload = Wire.Pack(32u, 3u, 0ul, 0ul, 4096ul);
        Assert.Equal(Errno.EINVAL, client.ErrnoOf(VfioUserCommand.DmaMap, payload, [.. Enumerable.Repeat(file.Descriptor, 9)]));
        Assert.Equal(Errno.EINVAL, client.ErrnoOf(VfioUserCommand.DeviceReset, [], [.. Enumerable.Repeat(file.Descriptor, 250)]));
        Assert.Equal(Errno.None, client.ErrnoOf(VfioUserCommand.DmaMap, payload, [.. Enumerable.Repeat(file.Descriptor, 8)]));
        Assert.Equal(Errno.None, client.ErrnoOf(VfioUserCommand.DeviceReset, []));
        Assert.Equal(1, file.OpenCount);
    }

    [Fact]
    public void Descriptors_with_any_command_that_takes_none_are_closed()
    {
        using var file = new SharedFile(4096);
        using var client = TestClient.Attach(_function);
        for (var command = 0; command < 20; command++)
        {
            client.ErrnoOf((VfioUserCommand)command, new byte[8], file.Descriptor, file.Descriptor);
            client.Send((VfioUserCommand)command, new byte[8], VfioUserHeader.FlagNoReply, file.Descriptor);
        }

        client.ErrnoOf(VfioUserCommand.DeviceReset, []);
        Assert.Equal(1, file.OpenCount);
    }

    [Fact]
    public void A_client_that_goes_away_in_the_middle_of_a_message_leaves_the_server_to_the_next()
    {
        var folder = Directory.CreateTempSubdirectory("vfiosharp-");
        try
        {
            using var file = new SharedFile(4096);
            var path = Path.Combine(folder.FullName, "socket");
            using var server = VfioUserServer.Listen(_function, path);
            foreach (var length in new[] { 1, 15, 16, 17, 40 })
            {
                using (var client = TestClient.Connect(path))
                {
                    var message = Wire.Pack((ushort)1, (ushort)VfioUserCommand.DmaMap, 48u, 0u, 0u, new byte[32]);
                    Assert.Equal(Errno.None, client.Socket.Send(message.AsSpan(0, length), default, [file.Descriptor.Number]));
                }

                using var next = TestClient.Connect(path);
                Assert.Equal(new byte[4], next.ReadRegion(0, 0x80, 4));
                Assert.Equal(1, file.OpenCount);
            }

            // One that connects and says nothing.
            TestClient.Connect(path, negotiates: false).Dispose();
            using var last = TestClient.Connect(path);
            Assert.Equal(new byte[4], last.ReadRegion(0, 0x80, 4));
        }
        finally
        {
            folder.Delete(true);
        }
    }

    [Fact]
    public void A_message_that_comes_byte_by_byte_is_answered()
    {
        using var client = TestClient.Attach(_function);
        foreach (var value in Wire.Pack((ushort)9, (ushort)VfioUserCommand.RegionRead, 32u, 0u, 0u, 0x80ul, 0u, 4u))
            client.SendRaw(value);
        using var answer = client.Receive();
        Assert.Equal((9, Errno.None, 20), (answer!.Header.MessageId, answer.Errno, answer.Payload.Length));
    }

    [Fact]
    public void Messages_that_come_in_one_piece_are_answered_in_order()
    {
        using var client = TestClient.Attach(_function);
        var messages = new List<byte>();
        for (var i = 0; i < 500; i++)
            messages.AddRange(Wire.Pack((ushort)i, (ushort)VfioUserCommand.RegionRead, 32u, 0u, 0u, 0x80ul, 0u, 4u));
        client.SendRaw([.. messages]);
        for (var i = 0; i < 500; i++)
        {
            using var answer = client.Receive();
            Assert.Equal(i, answer!.Header.MessageId);
        }
    }

    [Fact]
    public void A_client_that_stops_reading_is_dropped_after_the_time_that_it_has()
    {
        using var client = TestClient.Attach(_function, new() { SendTimeout = TimeSpan.FromMilliseconds(300) });
        client.Socket.SetTimeouts(null, TimeSpan.FromMilliseconds(100));
        var message = Wire.Pack((ushort)1, (ushort)VfioUserCommand.RegionRead, 32u, 0u, 0u, 0x200ul, 0u, 0xe00u);
        for (var i = 0; i < 1_000_000 && client.Socket.Send(message, default, default) == Errno.None; i++)
        {
            // Nothing is read.
        }

        Assert.True(client.Server!.Wait(TimeSpan.FromSeconds(10)));
    }

    [Fact]
    public void Bytes_of_chance_end_no_server()
    {
        var random = new Random(20240607);
        for (var round = 0; round < 50; round++)
        {
            using var client = TestClient.Attach(_function);
            for (var i = 0; i < 40; i++)
            {
                var bytes = new byte[random.Next(1, 200)];
                random.NextBytes(bytes);
                if (client.Socket.Send(bytes, default, default) != Errno.None)
                    break;
            }

            client.Socket.Shutdown();
            Assert.True(client.Server!.Wait(TimeSpan.FromSeconds(10)));
            Assert.True(client.Server.Completion.IsCompletedSuccessfully);
            Assert.Equal(0, client.Server.FunctionFaultCount);
        }
    }
}
