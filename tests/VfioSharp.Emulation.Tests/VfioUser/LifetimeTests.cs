using System.Net.Sockets;
using VfioSharp.Backends.VfioUser.Wire;
using VfioSharp.Emulation.VfioUser;
using VfioSharp.Native;

namespace VfioSharp.Emulation.Tests.VfioUser;

public sealed class LifetimeTests : IDisposable
{
    private readonly EngineFunction _function = new();
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("vfiosharp-");

    private string Path => System.IO.Path.Combine(_folder.FullName, "socket");

    public void Dispose()
    {
        _function.Dispose();
        _folder.Delete(true);
    }

    [Fact]
    public void Two_hundred_clients_come_and_go_and_each_finds_a_function_after_power_on()
    {
        using var server = VfioUserServer.Listen(_function, Path);
        for (var i = 0; i < 200; i++)
        {
            using var client = TestClient.Connect(Path);
            Assert.Equal(0u, client.ReadRegion(0, 0x80, 4).U32(0));
            client.WriteRegion(0, 0x80, 1, 2, 3, 4);
        }

        SpinWait.SpinUntil(() => _function.Resets == 200, 10_000);
        Assert.Equal((200, 200), (_function.Resets, server.ClientCount));
        Assert.False(server.Completion.IsCompleted);
    }

    [Fact]
    public void A_client_that_comes_while_another_is_served_waits_for_its_turn()
    {
        using var server = VfioUserServer.Listen(_function, Path);
        var first = TestClient.Connect(Path);
        using var second = TestClient.Connect(Path, negotiates: false);
        second.Send(VfioUserCommand.Version, TestClient.VersionPayload(TestClient.QemuJson));
        first.WriteRegion(0, 0x80, 1);
        first.Dispose();
        using var answer = second.Receive();
        Assert.Equal(VfioUserCommand.Version, answer!.Header.Command);
        Assert.Equal([0], second.ReadRegion(0, 0x80, 1));
    }

    [Fact]
    public void Disposal_closes_the_connection_and_removes_the_socket()
    {
        var server = VfioUserServer.Listen(_function, Path);
        Assert.Equal(Path, server.Path);
        using var client = TestClient.Connect(Path);
        client.ReadRegion(0, 0x80, 4);
        server.Dispose();
        Assert.Null(client.Receive());
        Assert.False(File.Exists(Path));
        Assert.True(server.Wait(TimeSpan.Zero));
        Assert.Equal(Errno.ENOENT, Assert.Throws<VfioException>(() => UnixSocket.Connect(Path, null)).Errno);
        server.Dispose();
        server.Stop();
    }

    [Fact]
    public void Disposal_of_a_server_that_nobody_connected_to_ends_it()
    {
        var server = VfioUserServer.Listen(_function, Path);
        server.Dispose();
        Assert.True(server.Completion.IsCompletedSuccessfully);
        Assert.Equal(0, _function.Resets);
    }

    [Fact]
    public void A_server_of_one_connection_ends_with_its_client()
    {
        var client = TestClient.Attach(_function);
        Assert.Null(client.Server!.Path);
        Assert.Same(_function, client.Server.Function);
        Assert.False(client.Server.Wait(TimeSpan.Zero));
        client.Socket.Shutdown();
        Assert.True(client.Server.Wait(TimeSpan.FromSeconds(10)));
        client.Dispose();
    }

    [Fact]
    public void Where_somebody_listens_nobody_else_does()
    {
        using var other = new EngineFunction();
        using var server = VfioUserServer.Listen(_function, Path);
        var refusal = Assert.Throws<VfioException>(() => VfioUserServer.Listen(other, Path));
        Assert.Equal(Errno.EADDRINUSE, refusal.Errno);
    }

    [Fact]
    public void What_is_no_stream_socket_is_refused_and_closed()
    {
        using var file = new SharedFile(4096);
        var handle = new FileDescriptor(Libc.fcntl(file.Descriptor.Number, Libc.F_DUPFD_CLOEXEC, 0));
        Assert.Throws<VfioException>(() => VfioUserServer.Attach(_function, handle));
        Assert.True(handle.IsClosed);
        Assert.Equal(1, file.OpenCount);
    }

    [Fact]
    public void An_option_out_of_its_range_is_refused()
    {
        foreach (var options in new VfioUserServerOptions[]
        {
            new() { MaxDataTransferInBytes = 4095 },
            new() { MaxDataTransferInBytes = (64 << 20) + 1 },
            new() { MaxMessageFds = 0 },
            new() { MaxMessageFds = 17 },
            new() { MaxDmaMaps = 0 },
            new() { MaxDmaMaps = 65536 },
            new() { SendTimeout = TimeSpan.Zero },
            new() { ReplyTimeout = TimeSpan.FromDays(2) },
        })
        {
            Assert.Throws<ArgumentOutOfRangeException>(() => VfioUserServer.Listen(_function, Path, options));
            Assert.False(File.Exists(Path));
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_server_that_is_disposed_of_from_within_the_functions_code_ends(bool isOnOtherThread)
    {
        using var client = TestClient.Attach(_function);
        _function.Work = _ => client.Server!.Dispose();
        if (isOnOtherThread)
            _function.RequestFromHere(EngineFunction.Job.Signal);
        else
            client.WriteRegion(0, EngineFunction.Command, new byte[8]);
        Assert.True(client.Server!.Wait(TimeSpan.FromSeconds(10)));
        Assert.Null(client.Receive());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_socket_of_the_class_library_is_served_whether_it_blocks_or_not(bool blocks)
    {
        using var listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        listener.Bind(new UnixDomainSocketEndPoint(Path));
        listener.Listen();
        using var client = new TestClient(UnixSocket.Connect(Path, null));
        var accepted = listener.Accept();
        accepted.Blocking = blocks;
        using var server = VfioUserServer.Attach(_function, accepted.SafeHandle);
        client.Negotiate(TestClient.QemuJson);
        Thread.Sleep(20);
        Assert.Equal(new byte[4], client.ReadRegion(0, 0x80, 4));
        Assert.Equal(2, server.MessageCount);
        Assert.True(accepted.SafeHandle.IsClosed);
    }

    [Fact]
    public void A_transfer_by_the_device_and_an_interrupt_allocate_nothing_on_the_servers_thread()
    {
        using var memory = new SharedFile(0x10000);
        using var events = EventFd.Create();
        using var client = TestClient.Attach(_function);
        Assert.Equal(Errno.None, client.Map(0, 0x10000, memory.Descriptor));
        Assert.Equal(Errno.None, client.SetIrqs(0x24, 2, 0, 1, [], events.Descriptor));
        for (var i = 0; i < 300; i++)
        {
            Assert.True(client.Run(EngineFunction.Job.ReadMemory, 0x123, 1000));
            Assert.True(client.Run(EngineFunction.Job.WriteMemory, 0x4567, 1000));
            Assert.True(client.Run(EngineFunction.Job.Signal));
        }

        var counts = _function.AllocatedAtReads;
        Assert.Equal(0, counts[^1] - counts[counts.Count / 2]);
        Assert.True(events.TryTake(out var fired));
        Assert.Equal(300u, fired);
    }

    [Fact]
    public void A_request_allocates_nothing_on_the_servers_thread()
    {
        using var client = TestClient.Attach(_function);
        for (var i = 0; i < 2000; i++)
        {
            client.ReadRegion(0, 0x80, 4);
            client.WriteRegion(0, 0x88, 1, 2, 3, 4);
        }

        var counts = _function.AllocatedAtReads;
        // What the runtime makes when it compiles a method again lies in the first thousand.
        Assert.Equal(0, counts[1999] - counts[1000]);
    }
}
