using System.Runtime.InteropServices;
using System.Text;
using VfioSharp.Backends.VfioUser.Wire;
using VfioSharp.Emulation.VfioUser;
using VfioSharp.Native;

namespace VfioSharp.Emulation.Tests.VfioUser;

/// <summary>A message that came: its header, what follows it, and its descriptors, which it owns.</summary>
internal sealed record Answer(VfioUserHeader Header, byte[] Payload, FileDescriptor[] Fds) : IDisposable
{
    public Errno Errno => Header.IsError ? (Errno)Header.Error : Errno.None;

    public void Dispose() => Array.ForEach(Fds, fd => fd.Dispose());
}

/// <summary>A client that sends what a test says, byte by byte, and waits no longer than a test may.</summary>
internal sealed class TestClient : IDisposable
{
    public const string QemuJson =
        """{"capabilities": {"pgsizes": 4096, "max_msg_fds": 16, "max_dma_maps": 65535, "max_data_xfer_size": 1048576, "migration": {"max_bitmap_size": 268435456, "pgsize": 4096}, "write_multiple": true}}""";

    private readonly MessageReceiver _receiver;
    private ushort _id;

    public TestClient(UnixSocket socket)
    {
        Socket = socket;
        socket.SetTimeouts(TimeSpan.FromSeconds(20), TimeSpan.FromSeconds(20));
        _receiver = new MessageReceiver(socket, 128 << 20, 64);
    }

    public UnixSocket Socket { get; }

    /// <summary>The server of a pair, where this is one end of it.</summary>
    public VfioUserServer? Server { get; private init; }

    /// <summary>A client and a server of one connection; the client disposes of the server.</summary>
    public static TestClient Attach(PciFunction function, VfioUserServerOptions? options = null, string? json = QemuJson)
    {
        var (ours, theirs) = UnixSocket.CreatePair();
        var client = new TestClient(ours) { Server = VfioUserServer.Attach(function, theirs.Descriptor, options) };
        if (json is not null)
            client.Negotiate(json);
        return client;
    }

    public static TestClient Connect(string path, bool negotiates = true)
    {
        var client = new TestClient(UnixSocket.Connect(path, null));
        if (negotiates)
            client.Negotiate(QemuJson);
        return client;
    }

    public void Negotiate(string json)
    {
        using var answer = Call(VfioUserCommand.Version, VersionPayload(json));
        Assert.Equal(Errno.None, answer.Errno);
    }

    public static byte[] VersionPayload(string? json, ushort major = 0, ushort minor = 0) =>
        Wire.Pack(major, minor, json is null ? [] : Encoding.UTF8.GetBytes(json + "\0"));

    /// <summary>Sends a command and receives its reply.</summary>
    public Answer Call(VfioUserCommand command, byte[] payload, params FileDescriptor[] fds)
    {
        var id = Send(command, payload, 0, fds);
        var answer = Receive();
        Assert.NotNull(answer);
        Assert.Equal((id, command, true), (answer.Header.MessageId, answer.Header.Command, answer.Header.IsReply));
        Assert.Equal(VfioUserHeader.SizeInBytes + answer.Payload.Length, (int)answer.Header.MessageSize);
        if (answer.Header.IsError)
            Assert.Equal((VfioUserHeader.TypeReply | VfioUserHeader.FlagError, 0, 0), (answer.Header.Flags, answer.Payload.Length, answer.Fds.Length));
        else
            Assert.Equal((VfioUserHeader.TypeReply, 0u), (answer.Header.Flags, answer.Header.Error));
        return answer;
    }

    /// <summary>The error number with which a command is refused; none where it is not.</summary>
    public Errno ErrnoOf(VfioUserCommand command, byte[] payload, params FileDescriptor[] fds)
    {
        using var answer = Call(command, payload, fds);
        return answer.Errno;
    }

    /// <summary>Sends a command and returns its message's number.</summary>
    public ushort Send(VfioUserCommand command, byte[] payload, uint flags = 0, params FileDescriptor[] fds)
    {
        var header = VfioUserHeader.ForCommand(++_id, command, payload.Length);
        header.Flags |= flags;
        Send(header, payload, fds);
        return _id;
    }

    public void Send(in VfioUserHeader header, byte[] payload, params FileDescriptor[] fds)
    {
        var bytes = new byte[VfioUserHeader.SizeInBytes];
        MemoryMarshal.Write(bytes, header);
        Assert.Equal(Errno.None, Socket.Send(bytes, payload, Array.ConvertAll(fds, fd => fd.Number)));
        GC.KeepAlive(fds);
    }

    /// <summary>Sends a command, unless the connection is over.</summary>
    public void TrySend(VfioUserCommand command, byte[] payload)
    {
        var bytes = new byte[VfioUserHeader.SizeInBytes];
        MemoryMarshal.Write(bytes, VfioUserHeader.ForCommand(++_id, command, payload.Length));
        _ = Socket.Send(bytes, payload, default);
    }

    /// <summary>Answers a command of the server.</summary>
    public void Reply(Answer command, byte[] payload) => Send(VfioUserHeader.ForReply(command.Header, payload.Length), payload);

    public void SendRaw(params byte[] bytes) => Assert.Equal(Errno.None, Socket.Send(bytes, default, default));

    /// <summary>The next message; null where the server has closed the connection.</summary>
    public Answer? Receive()
    {
        var status = _receiver.Receive();
        if (status == ReceiveStatus.Closed)
            return null;
        Assert.Equal(ReceiveStatus.Message, status);
        var fds = new FileDescriptor[_receiver.FdCount];
        for (var i = 0; i < fds.Length; i++)
            fds[i] = _receiver.TakeFd(i);
        return new Answer(_receiver.Header, _receiver.Payload.ToArray(), fds);
    }

    public byte[] ReadRegion(uint region, ulong offset, uint count)
    {
        using var answer = Call(VfioUserCommand.RegionRead, Wire.Pack(offset, region, count));
        Assert.Equal(Errno.None, answer.Errno);
        Assert.Equal(Wire.Pack(offset, region, count), answer.Payload[..16]);
        Assert.Equal((int)count, answer.Payload.Length - 16);
        return answer.Payload[16..];
    }

    public void WriteRegion(uint region, ulong offset, params byte[] data)
    {
        using var answer = Call(VfioUserCommand.RegionWrite, Wire.Pack(offset, region, data.Length, data));
        Assert.Equal(Errno.None, answer.Errno);
        Assert.Equal(Wire.Pack(offset, region, data.Length), answer.Payload);
    }

    public Errno Map(ulong address, ulong size, FileDescriptor? fd, uint flags = 3, ulong offset = 0) =>
        ErrnoOf(VfioUserCommand.DmaMap, Wire.Pack(32u, flags, offset, address, size), fd is null ? [] : [fd]);

    public Errno Unmap(ulong address, ulong size, uint flags = 0) => ErrnoOf(VfioUserCommand.DmaUnmap, Wire.Pack(24u, flags, address, size));

    public Errno SetIrqs(uint flags, uint index, uint start, uint count, byte[] data, params FileDescriptor[] fds) =>
        ErrnoOf(VfioUserCommand.DeviceSetIrqs, Wire.Pack(20u + (uint)data.Length, flags, index, start, count, data), fds);

    public void Dispose()
    {
        _receiver.Dispose();
        Socket.Dispose();
        Server?.Dispose();
    }
}
