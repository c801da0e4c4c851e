using System.Runtime.InteropServices;
using VfioSharp.Backends.VfioUser.Wire;
using VfioSharp.Native;

namespace VfioSharp.Tests.VfioUser;

public sealed class MessageReceiverTests : IDisposable
{
    private const int Longest = 4096;
    private const int MostFds = 3;

    private readonly string _fileName = $"receiver-{Guid.NewGuid():n}";
    private readonly UnixSocket _peer;
    private readonly UnixSocket _socket;
    private readonly MessageReceiver _receiver;

    public MessageReceiverTests()
    {
        (_peer, _socket) = UnixSocket.CreatePair();
        _receiver = new MessageReceiver(_socket, Longest, MostFds);
    }

    public void Dispose()
    {
        _receiver.Dispose();
        _socket.Dispose();
        _peer.Dispose();
    }

    [Fact]
    public void A_message_arrives_as_it_was_sent()
    {
        Send(Message(7, [1, 2, 3]));

        Assert.Equal(ReceiveStatus.Message, _receiver.Receive());
        Assert.Equal(7, _receiver.Header.MessageId);
        Assert.Equal([1, 2, 3], _receiver.Payload.ToArray());
        Assert.Equal(0, _receiver.FdCount);
    }

    [Fact]
    public void Messages_that_come_in_one_piece_are_told_apart()
    {
        Send([.. Message(1, [1]), .. Message(2, []), .. Message(3, [3, 3])]);

        for (var id = 1; id <= 3; id++)
        {
            Assert.Equal(ReceiveStatus.Message, _receiver.TryReceive());
            Assert.Equal(id, _receiver.Header.MessageId);
        }

        Assert.Equal([3, 3], _receiver.Payload.ToArray());
        Assert.Equal(ReceiveStatus.Nothing, _receiver.TryReceive());
    }

    [Fact]
    public void A_message_that_comes_byte_by_byte_is_put_together()
    {
        foreach (var value in Message(9, [5, 6]))
        {
            Assert.Equal(ReceiveStatus.Nothing, _receiver.TryReceive());
            Send([value]);
        }

        Assert.Equal(ReceiveStatus.Message, _receiver.TryReceive());
        Assert.Equal([5, 6], _receiver.Payload.ToArray());
    }

    [Fact]
    public void A_message_as_long_as_the_limit_arrives()
    {
        var payload = Enumerable.Range(0, Longest - VfioUserHeader.SizeInBytes).Select(i => (byte)i).ToArray();
        Send([.. Message(1, [1]), .. Message(2, payload)]);

        Assert.Equal(ReceiveStatus.Message, _receiver.Receive());
        Assert.Equal(ReceiveStatus.Message, _receiver.Receive());
        Assert.Equal(payload, _receiver.Payload.ToArray());
    }

    [Fact]
    public void Descriptors_belong_to_the_message_that_they_were_sent_with()
    {
        using var first = EventFd.Create();
        using var second = EventFd.Create();
        Send(Message(1, [1]));
        Send(Message(2, [2]), first.Descriptor);
        Send(Message(3, [3]));
        Send(Message(4, [4]), second.Descriptor, first.Descriptor);

        int[] expected = [0, 1, 0, 2];
        foreach (var count in expected)
        {
            Assert.Equal(ReceiveStatus.Message, _receiver.TryReceive());
            Assert.Equal(count, _receiver.FdCount);
        }

        using var taken = _receiver.TakeFd(0);
        second.Signal();
        AssertSignalled(taken);
    }

    [Fact]
    public void Descriptors_of_a_message_in_two_pieces_are_not_mixed_with_those_of_the_next()
    {
        using var first = EventFd.Create();
        using var second = EventFd.Create();
        var message = Message(1, [1, 2, 3, 4]);
        Send(message[..18], first.Descriptor);
        Assert.Equal(ReceiveStatus.Nothing, _receiver.TryReceive());
        Send(message[18..]);
        Send(Message(2, []), second.Descriptor);

        Assert.Equal(ReceiveStatus.Message, _receiver.TryReceive());
        Assert.Equal(1, _receiver.FdCount);
        Assert.Equal(ReceiveStatus.Message, _receiver.TryReceive());
        Assert.Equal(1, _receiver.FdCount);
        using var taken = _receiver.TakeFd(0);
        second.Signal();
        AssertSignalled(taken);
    }

    [Fact]
    public void Descriptors_that_nobody_takes_are_closed_with_the_next_message()
    {
        using var file = CreateFile();
        var before = CountOpen();
        for (var i = 0; i < 10; i++)
        {
            Send(Message(1, []), file, file);
            Assert.Equal(ReceiveStatus.Message, _receiver.Receive());
        }

        Send(Message(2, []));
        Assert.Equal(ReceiveStatus.Message, _receiver.Receive());
        Assert.Equal(before, CountOpen());
    }

    [Fact]
    public void More_descriptors_than_a_message_may_bring_are_closed_and_said()
    {
        using var file = CreateFile();
        var before = CountOpen();
        Send(Message(1, []), file, file, file, file);

        Assert.Equal(ReceiveStatus.Message, _receiver.Receive());
        Assert.Equal(MostFds, _receiver.FdCount);
        Assert.True(_receiver.HasLostFds);
        Assert.Equal(before + MostFds, CountOpen());

        Send(Message(2, []));
        Assert.Equal(ReceiveStatus.Message, _receiver.Receive());
        Assert.False(_receiver.HasLostFds);
    }

    [Fact]
    public void Descriptors_of_a_message_that_never_ends_are_closed_with_the_receiver()
    {
        using var file = CreateFile();
        var before = CountOpen();
        Send(Message(1, [1, 2, 3])[..17], file);
        Assert.Equal(ReceiveStatus.Nothing, _receiver.TryReceive());
        Assert.Equal(before + 1, CountOpen());

        _receiver.Dispose();
        Assert.Equal(before, CountOpen());
    }

    [Fact]
    public void A_length_below_a_header_is_said_and_the_next_message_is_read()
    {
        var broken = Message(1, []);
        broken[4] = 15;
        Send([.. broken, .. Message(2, [8])]);

        Assert.Equal(ReceiveStatus.TooShort, _receiver.Receive());
        Assert.Equal(1, _receiver.Header.MessageId);
        Assert.Equal(ReceiveStatus.Message, _receiver.Receive());
        Assert.Equal([8], _receiver.Payload.ToArray());
    }

    [Fact]
    public void A_length_over_the_limit_is_said_every_time()
    {
        Send(Message(1, new byte[Longest]));

        Assert.Equal(ReceiveStatus.TooLong, _receiver.Receive());
        Assert.Equal(ReceiveStatus.TooLong, _receiver.Receive());
    }

    [Fact]
    public void The_end_of_the_connection_is_told_after_the_last_message()
    {
        Send(Message(1, []));
        _peer.Shutdown();

        Assert.Equal(ReceiveStatus.Message, _receiver.Receive());
        Assert.Equal(ReceiveStatus.Closed, _receiver.Receive());
    }

    [Fact]
    public void A_wait_ends_with_the_time_out()
    {
        _socket.SetTimeouts(TimeSpan.FromMilliseconds(20), null);

        Assert.Equal(ReceiveStatus.Nothing, _receiver.Receive());
    }

    [Fact]
    public void Receiving_allocates_nothing()
    {
        var message = Message(1, [1, 2, 3, 4]);
        for (var i = 0; i < 100; i++)
            Exchange();
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 1000; i++)
            Exchange();
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);

        void Exchange()
        {
            _ = _peer.Send(message, default, default);
            _ = _receiver.Receive();
        }
    }

    private static byte[] Message(ushort id, byte[] payload)
    {
        var header = VfioUserHeader.ForCommand(id, VfioUserCommand.RegionWrite, payload.Length);
        var message = new byte[VfioUserHeader.SizeInBytes + payload.Length];
        MemoryMarshal.Write(message, in header);
        payload.CopyTo(message, VfioUserHeader.SizeInBytes);
        return message;
    }

    private void Send(byte[] bytes, params FileDescriptor[] fds) =>
        Assert.Equal(Errno.None, _peer.Send(bytes, default, [.. fds.Select(fd => fd.Number)]));

    private static unsafe void AssertSignalled(FileDescriptor descriptor)
    {
        ulong value;
        Assert.Equal(sizeof(ulong), Libc.read(descriptor, &value, sizeof(ulong)));
        Assert.Equal(1ul, value);
    }

    // By a name of its own: other tests open and close files meanwhile.
    private FileDescriptor CreateFile() => Libc.memfd_create(_fileName, Libc.MFD_CLOEXEC);

    private int CountOpen() => Directory.GetFileSystemEntries("/proc/self/fd").Count(
        entry => new FileInfo(entry).LinkTarget?.Contains(_fileName, StringComparison.Ordinal) == true);
}
